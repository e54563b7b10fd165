/**
 * The one loop of a candidate (section 6): standby -> contending -> leading -> stepping down -> standby, until stopped.
 * It never throws out of the background, and a lost term ends the work, not the candidate.
 */
import { sleep } from '../../lease/clock.js';
import { TenureError } from '../../lease/errors.js';
import { firstOf, Latch, type Once } from '../../lease/latch.js';
import type { LeaseRecord } from '../../lease/record.js';
import type { Reply } from '../../lease/store.js';
import { backoffMs, MAX_LEASE_MS } from '../../lease/timing.js';
import { freshId } from '../candidate-id.js';
import type { Context } from '../context.js';
import type { CandidateState } from '../events.js';
import { Fence } from '../fence.js';
import { asTenureError } from '../request.js';
import type { Roster } from '../roster/roster.js';
import { Acquisition, type Considered, type Standing } from './acquisition.js';
import { RELAY_RANK } from './challenge-rules.js';
import type { Won } from './claims.js';
import { raiseFence } from './fence-raising.js';
import { leavesToOthers } from './giving-back.js';
import { HoldOff } from './hold-off.js';
import { Leadership } from './leadership.js';
import { Term } from './term.js';
import { patienceMs, type Woken } from './wake-verdict.js';
import { serve, type Work } from './work.js';

/** How one try to lead is made; see `Election.tryRun`. */
export interface Trying extends Pick<Woken, 'relayAfterMs' | 'reservedMs'> {
  /** The candidate that the vacancy at the end is reserved for. */
  readonly successor: string | undefined;
  readonly keepTrying: boolean;
}

/** What came of it: the term that was led, or why none was, and the last failure if requests have failed. */
export type Tried = { readonly term: Term } | { readonly why: string; readonly cause?: TenureError | undefined };

export class Candidate {
  readonly #acquisition: Acquisition;
  readonly #holdOff: HoldOff;
  #state: CandidateState = 'idle';
  #term: Term | undefined;
  /** Why the fence of the last term that was won could not be raised. */
  #fenceFailure: TenureError | undefined;

  constructor(
    private readonly context: Context,
    private readonly roster: Roster | undefined,
  ) {
    this.#holdOff = new HoldOff(context.clock, context.timings.leaseMs);
    this.#acquisition = new Acquisition(
      context,
      roster,
      this.#holdOff,
      (state) => this.#setState(state),
      () => this.becomeAnother(),
    );
  }

  get state(): CandidateState {
    return this.#state;
  }

  /** The term being led, from its acquisition to its end. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Why nothing was won so far, if requests have failed. */
  get failure(): TenureError | undefined {
    return this.#acquisition.failure ?? this.#fenceFailure;
  }

  wake(): void {
    this.#acquisition.wake();
  }

  /** @param to the candidate that the office is asked for. Default: this one if it stands, else any */
  challenge(seen: LeaseRecord, rank: number, why: string, to?: string): Promise<Reply> {
    const mayStand = to === undefined || to === this.context.id;
    const stands = mayStand && (this.#state === 'standby' || this.#state === 'contending');
    return this.#acquisition.challenges.ask(seen, rank, { why, stands, ...(!stands && to !== undefined && { to }) });
  }

  /** Stands for office until `stop` is set; every term that is won runs the work once. Never two works at a time. */
  async run(work: Work, stop: Once): Promise<void> {
    while (!stop.isSet) {
      const led = await this.elect({ stop, keepTrying: true });
      if (led === undefined) break;
      await serve(this.context, led.term, led.leadership, work, stop, { reason: 'closed', timed: true });
    }
    this.idle();
  }

  /** Leads one term, if nobody is seen to lead (section 8); for a candidate that would rather not run at all. */
  async tryRun(work: Work, stop: Once, { successor, keepTrying, ...trying }: Trying): Promise<Tried> {
    const found = await this.#consider(trying, stop, keepTrying);
    if (found === undefined) throw this.#nothingSeen();
    const { verdict } = found;
    if (verdict.do === 'leave') return { why: verdict.why };
    if (verdict.do === 'relay') await this.#askToHandOver(found.sighting.record!, verdict.why);
    else await sleep(this.context.clock, verdict.pauseMs, stop);
    const led = await this.#electUnlessTaken(stop, found, trying.reservedMs, keepTrying);
    if (led === undefined) return { why: this.#whoLeads(), cause: this.failure };
    await serve(this.context, led.term, led.leadership, work, stop, { reason: 'closed', to: successor });
    this.idle();
    return { term: led.term };
  }

  /**
   * Stands until a leadership has begun. Undefined if `stop` or `enough` was set first, or another has taken the office.
   * @throws TenureError a permanent failure, unless it is to keep trying
   */
  async elect(
    standing: Standing,
    enough: Once = new Latch(),
  ): Promise<{ term: Term; leadership: Leadership } | undefined> {
    const until = firstOf(standing.stop, enough);
    this.#fenceFailure = undefined;
    this.#acquisition.forgetFailure();
    try {
      for (;;) {
        const won = await this.#acquisition.win({ ...standing, stop: until });
        if (won === undefined) break;
        const leadership = await this.#begin(won, standing);
        if (leadership !== undefined) return { term: this.#term!, leadership };
        this.#term = undefined;
      }
    } catch (error) {
      this.#term = undefined;
      this.idle();
      throw error;
    } finally {
      until.release();
    }
    this.idle();
    return undefined;
  }

  /** Gives the present term back, in the place of its next heartbeat. Resolves when it is over. */
  async close(): Promise<void> {
    await this.#term?.quit({ reason: 'closed', timed: true });
  }

  /** Nobody stands any more. */
  idle(state: 'idle' | 'closed' = 'idle'): void {
    if (this.#state !== 'closed') this.#setState(state);
  }

  /** This process turned out to be a copy, or may be one: what it held and claimed is not its own. */
  becomeAnother(): void {
    this.context.id = freshId(this.context.id, this.context.chance);
    this.#term?.end('cloned');
    this.#acquisition.forget();
    this.roster?.enterAnew();
  }

  /** From the acquisition to the beginning of the work: the fence is raised, and enough of the lease is left. */
  async #begin(won: Won, { stop, keepTrying }: Standing): Promise<Leadership | undefined> {
    const { context } = this;
    const term = new Term(context, won);
    this.#term = term;
    this.#setState('contending');
    if (!stop.isSet) {
      const raised = await raiseFence(context, term, stop);
      this.#fenceFailure = raised.is === 'given up' ? raised.failure : undefined;
      if (raised.is === 'ahead') await this.#fenceIsAhead(term, raised.term);
      else if (raised.is === 'cloned') this.#isCloned(term);
      else if (raised.is === 'given up' && !stop.isSet && term.over === undefined) {
        this.#holdOff.begin(term.term);
        await term.quit({ reason: 'resigned' });
        if (raised.failure?.permanent && !keepTrying) throw raised.failure;
      }
    }
    if (term.over === undefined && !stop.isSet && (await term.secured(stop)) && !stop.isSet) {
      const announce = () => {
        this.#setState('leading');
        context.emitter.emit('elected', { term: term.term, id: term.office.holder });
      };
      if (term.begin(announce)) return this.#leadershipOf(term);
    }
    if (term.over === undefined) await term.quit({ reason: 'resigned' });
    else if (term.over === 'cloned') this.#isCloned(term);
    return undefined;
  }

  #leadershipOf(term: Term): Leadership {
    const { election, tableName, multiRegion, emitter } = this.context;
    const { attempt } = term.office;
    const onRefused = (laterTerm: number) => emitter.emit('fenced', { term: term.term, laterTerm });
    const fence = new Fence({ tableName, election, term: term.term, attempt, multiRegion, onRefused });
    this.#follow(term);
    return new Leadership(term, fence);
  }

  /**
   * The fence is at a later term, or at this one under another attempt. If the record is this candidate's all the same
   * (it was restored, the fence was not), the office is acquired again above the fence; else it is another's.
   */
  async #fenceIsAhead(term: Term, fenceTerm: number): Promise<void> {
    this.#acquisition.fenceSeenAt(fenceTerm);
    const { emitter, election } = this.context;
    try {
      if (!(await term.stillHeld())) return term.end('superseded', true);
      const message =
        `The fence of election "${election}" is at term ${fenceTerm}, but its record was behind: term ${term.term} was ` +
        'just acquired. The record was restored or edited; the office is acquired again above the fence.';
      emitter.emit('error', new TenureError('TermFell', message, { details: { fenceTerm, term: term.term } }));
    } catch (cause) {
      // Not known to be held: giving it back changes nothing unless it is.
      emitter.emit('error', asTenureError(cause, `Reading the record of election "${election}"`));
    }
    await term.quit({ reason: 'resigned', to: this.context.id });
  }

  /** What goes on beside the work, for as long as the term does. */
  #follow(term: Term): void {
    const { clock } = this.context;
    const began = clock.now().mono;
    void this.#acquisition.challenges.health.watch(term.stopped, () => void term.quit({ reason: 'resigned' }));
    term.stopped.onceSet(() => this.#setState('stepping down'));
    term.ended.onceSet(() => {
      this.#holdOff.led(clock.now().mono - began);
      if (leavesToOthers(term.quitting) && term.over !== 'expired') this.#holdOff.begin(term.term);
      if (term.over === 'cloned') this.#isCloned(term);
      else this.roster?.rejoin();
    });
  }

  /** Another process runs with a copy of this one's memory, and was quicker: this one goes on under a name of its own. */
  #isCloned(term: Term): void {
    if (term.office.holder === this.context.id) this.becomeAnother();
  }

  /** The first look; again and again where that was asked for, for as long as the candidate would stand. */
  async #consider(me: Pick<Woken, 'relayAfterMs' | 'reservedMs'>, stop: Once, keepTrying: boolean) {
    const { clock, timings, chance } = this.context;
    const until = clock.now().mono + patienceMs(timings.leaseMs, timings);
    for (let looks = 1; ; looks += 1) {
      const found = await this.#acquisition.consider(me);
      if (found !== undefined || !keepTrying || stop.isSet || clock.now().mono >= until) return found;
      await sleep(clock, backoffMs(looks, timings.renewMs, chance.unit()), stop);
    }
  }

  async #electUnlessTaken(
    stop: Once,
    { key, sighting }: Considered,
    reservedMs: number | undefined,
    keepTrying: boolean,
  ) {
    const { clock, timings } = this.context;
    const leaseMs = Math.min(MAX_LEASE_MS, Math.max(timings.leaseMs, sighting.record?.leaseMs ?? 0));
    const enough = new Latch();
    const cancel = clock.after(patienceMs(leaseMs, timings), () => enough.set());
    try {
      return await this.elect({ stop, keepTrying, since: { key, reservedMs } }, enough);
    } finally {
      cancel();
    }
  }

  async #askToHandOver(record: LeaseRecord, why: string): Promise<void> {
    try {
      await this.#acquisition.challenges.ask(record, RELAY_RANK, { why, stands: true });
    } catch (cause) {
      // It may have landed all the same: the challenge is looked for, and the office taken if it is handed over.
      this.context.emitter.emit('error', asTenureError(cause, 'Asking the earlier invocation to hand over'));
    }
  }

  #nothingSeen(): TenureError {
    const { failure } = this.#acquisition;
    if (failure?.permanent) return failure;
    const { election } = this.context;
    const message = `The record of election "${election}" could not be read, so nothing was tried: ${failure?.message ?? ''}`;
    return new TenureError('RequestFailed', message, { cause: failure });
  }

  #whoLeads(): string {
    const record = this.context.view.latest;
    if (record?.holder !== undefined) return `${record.holder} leads term ${record.term}`;
    if (record?.successor !== undefined && record.successor !== this.context.id)
      return `the office is reserved for ${record.successor}`;
    return 'the office was not won in time';
  }

  #setState(state: CandidateState): void {
    const was = this.#state;
    if (was === state || was === 'closed') return;
    this.#state = state;
    this.context.emitter.emit('state', { state, was });
  }
}
