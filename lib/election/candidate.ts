/**
 * The one loop of a candidate (section 6): standby -> contending -> leading -> stepping down -> standby, until stopped.
 * It never throws out of the background, and a lost term ends the work, not the candidate.
 */
import { aborted, sleep, whenAborted } from '../lease/clock.js';
import { isTenureError, show, TenureError } from '../lease/errors.js';
import type { LeaseRecord } from '../lease/record.js';
import type { Reply } from '../lease/store.js';
import { MAX_LEASE_MS, waitMs } from '../lease/timing.js';
import { RELAY_RANK } from './challenge.js';
import { type Considered, Contest, type Since } from './contest.js';
import { asTenureError, type Context, call } from './context.js';
import type { CandidateState } from './events.js';
import { Fence } from './fence.js';
import { watchHealth } from './health.js';
import { Holding, type Quit, type Taken } from './holding.js';
import { Leadership } from './leadership.js';
import type { Woken } from './woken.js';

/** The hold-off doubles up to this many leases; a term of as many leases takes it back to one. */
const MOST_HOLD_OFF = 10;
/** Between two tries to raise the fence or to renew a lease that is not enough yet: doubles from here. */
const FIRST_RETRY_MS = 25;

/**
 * What a leader does for a term. It must stop when `leadership.signal` aborts; when it returns, or its promise settles, the
 * office is given back. What it throws becomes an `error` event (`WorkFailed`). Section 6, the end of work.
 */
export type Work = (leadership: Leadership) => unknown;

/** How one try to lead is made; see `Election.tryRun`. */
export interface Trying extends Pick<Woken, 'relayAfterMs' | 'reservedMs'> {
  /** Whom the vacancy at the end is reserved for. */
  readonly successor: string | undefined;
}

/** What came of it: the term that was led, or why none was. */
export type Tried = { readonly holding: Holding } | { readonly why: string };

export class Candidate {
  readonly #contest: Contest;
  #state: CandidateState = 'idle';
  #holding: Holding | undefined;
  #holdOffLeases = 1;

  constructor(private readonly context: Context) {
    this.#contest = new Contest(context, (state) => this.#setState(state));
  }

  get state(): CandidateState {
    return this.#state;
  }

  /** The term being led, from its acquisition to its end. */
  get holding(): Holding | undefined {
    return this.#holding;
  }

  wake(): void {
    this.#contest.wake();
  }

  /** @param to whom the office is asked for; default: for itself if it stands, else for whoever comes */
  challenge(seen: LeaseRecord, rank: number, why: string, to?: string): Promise<Reply> {
    const mayStand = to === undefined || to === this.context.id;
    const stands = mayStand && (this.#state === 'standby' || this.#state === 'contending');
    return this.#contest.challenge(seen, rank, { why, stands, ...(!stands && { to }) });
  }

  /** Stands for office until `stop` aborts; every term that is won runs the work once. Never two works at a time. */
  async run(work: Work, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const leadership = await this.elect(stop);
      if (leadership === undefined) break;
      await this.#serve(leadership, this.#holding!, work, stop, { reason: 'closed', timed: true });
    }
    this.idle();
  }

  /** Leads one term, if nobody is seen to lead (section 8); for who would rather not run at all. */
  async tryRun(work: Work, stop: AbortSignal, trying: Trying): Promise<Tried> {
    const found = await this.#contest.consider(trying);
    if (found === undefined) {
      const { election } = this.context;
      const message = `The record of election "${election}" could not be read, so nothing was tried. Try again later.`;
      throw new TenureError('RequestFailed', message);
    }
    const { verdict } = found;
    if (verdict.do === 'leave') return { why: verdict.why };
    if (verdict.do === 'relay') await this.#askToHandOver(found.record!, verdict.why);
    else await sleep(this.context.clock, verdict.pauseMs, stop);
    const leadership = await this.#electUnlessTaken(stop, found, trying.reservedMs);
    if (leadership === undefined) return { why: this.#whoLeads() };
    const holding = this.#holding!;
    const { successor } = trying;
    await this.#serve(leadership, holding, work, stop, { reason: 'closed', to: successor }, successor);
    this.idle();
    return { holding };
  }

  /**
   * Stands until a leadership has begun, or until `stop` aborts; with `unlessTaken`, until `enough` aborts or another has
   * taken the office since that version.
   */
  async elect(stop: AbortSignal, unlessTaken?: Since & { enough: AbortSignal }): Promise<Leadership | undefined> {
    const until = unlessTaken === undefined ? stop : AbortSignal.any([stop, unlessTaken.enough]);
    for (;;) {
      const taken = await this.#contest.stand(until, unlessTaken);
      if (taken === undefined) {
        this.idle();
        return undefined;
      }
      const leadership = await this.#begin(taken, stop);
      if (leadership !== undefined) return leadership;
      this.#holding = undefined;
    }
  }

  /** Gives the present term back, in the place of its next heartbeat. Resolves when it is over. */
  async close(): Promise<void> {
    await this.#holding?.quit({ reason: 'closed', timed: true });
  }

  /** Nobody stands any more. */
  idle(state: 'idle' | 'closed' = 'idle'): void {
    if (this.#state !== 'closed') this.#setState(state);
  }

  /** From the acquisition to the beginning of the work: the fence is raised, and enough of the lease is left. */
  async #begin(taken: Taken, stop: AbortSignal): Promise<Leadership | undefined> {
    const { context } = this;
    const holding = new Holding(context, taken);
    this.#holding = holding;
    this.#setState('contending');
    const began = context.clock.now().mono;
    if (!(await this.#raiseFence(holding, stop))) return undefined;
    let pause = FIRST_RETRY_MS;
    const announce = () => {
      this.#setState('leading');
      context.emitter.emit('elected', { term: holding.term, id: context.id });
    };
    while (stop.aborted || !holding.begin(announce)) {
      if (holding.over !== undefined) return undefined;
      if (stop.aborted || context.clock.now().mono - began > context.timings.leaseMs) {
        await holding.quit({ reason: 'resigned' });
        return undefined;
      }
      if ((await holding.renewNow()) !== 'unknown') continue;
      await sleep(context.clock, pause, stop, holding.ended);
      pause = Math.min(pause * 2, context.timings.renewMs);
    }
    const { election, tableName, multiRegion, emitter } = context;
    const { term, attempt } = holding.office;
    const onRefused = (laterTerm: number) => emitter.emit('fenced', { term, laterTerm });
    const fence = new Fence({ tableName, election, term, attempt, multiRegion, onRefused });
    this.#follow(holding);
    return new Leadership(holding, fence);
  }

  /** Raises the fence to this term before its work begins (section 6); true once it stands there as one's own. */
  async #raiseFence(holding: Holding, stop: AbortSignal): Promise<boolean> {
    const { store, clock, timings, emitter } = this.context;
    const { term, attempt } = holding.office;
    const until = clock.now().mono + timings.leaseMs;
    let pause = FIRST_RETRY_MS;
    while (holding.over === undefined && !stop.aborted && clock.now().mono < until) {
      try {
        const reply = await call(this.context, 'raise', timings.requestTimeoutMs, (o) =>
          store.raise({ term, attempt }, o),
        );
        const fence = reply.record;
        if (reply.applied || (fence?.term === term && fence.attempt === attempt)) return true;
        if (fence !== undefined) {
          await this.#fenceIsAhead(holding, fence.term);
          return false;
        }
      } catch (cause) {
        emitter.emit('error', asTenureError(cause, `Raising the fence to term ${term}`));
      }
      await sleep(clock, pause, stop, holding.ended);
      pause = Math.min(pause * 2, timings.renewMs);
    }
    if (holding.over !== undefined) return false;
    if (!stop.aborted) {
      const message = `The fence could not be raised to term ${term} within one lease: the office is vacated.`;
      emitter.emit('error', new TenureError('FenceBlocked', message, { details: { term } }));
      this.#holdOff(holding);
    }
    await holding.quit({ reason: 'resigned' });
    return false;
  }

  /**
   * The fence is at a later term, or at this one under another attempt. If the record is this candidate's all the same
   * (it was restored, the fence was not), the office is acquired again above the fence; else it is another's.
   */
  async #fenceIsAhead(holding: Holding, fenceTerm: number): Promise<void> {
    this.#contest.fenceSeenAt(fenceTerm);
    if (await holding.stillHeld()) {
      const { emitter, election } = this.context;
      const message =
        `The fence of election "${election}" is at term ${fenceTerm}, but its record was behind: term ${holding.term} was ` +
        'just acquired. The record was restored or edited; the office is acquired again above the fence.';
      emitter.emit('error', new TenureError('TermFell', message, { details: { fenceTerm, term: holding.term } }));
      await holding.quit({ reason: 'resigned', to: this.context.id });
    } else {
      holding.end('superseded', true);
    }
  }

  /** What goes on beside the work, for as long as the term does. */
  #follow(holding: Holding): void {
    const began = this.context.clock.now().mono;
    void watchHealth(this.context, holding.signal, () => void holding.quit({ reason: 'resigned' }));
    whenAborted(holding.signal, () => this.#setState('stepping down'));
    whenAborted(holding.ended, () => {
      const { leaseMs } = this.context.timings;
      if (this.context.clock.now().mono - began >= MOST_HOLD_OFF * leaseMs) this.#holdOffLeases = 1;
      if (leavesToOthers(holding.quitting) && holding.over !== 'expired') this.#holdOff(holding);
      this.context.roster?.rejoin();
    });
  }

  /** Who resigned leaves vacancies to others, longer each time. */
  #holdOff(holding: Holding): void {
    this.#contest.holdOff(this.#holdOffLeases * this.context.timings.leaseMs, holding.term);
    this.#holdOffLeases = Math.min(MOST_HOLD_OFF, this.#holdOffLeases * 2);
  }

  /** Who was woken does not stay for ever: two leases see out any expiry, and the next tick comes anyway. */
  async #electUnlessTaken(
    stop: AbortSignal,
    { key, record }: Considered,
    reservedMs: number | undefined,
  ): Promise<Leadership | undefined> {
    const { clock, timings } = this.context;
    const leaseMs = Math.min(MAX_LEASE_MS, Math.max(timings.leaseMs, record?.leaseMs ?? 0));
    const enough = new AbortController();
    const cancel = clock.after(2 * waitMs(leaseMs, timings.drift) + 2 * timings.renewMs, () => enough.abort());
    try {
      return await this.elect(stop, { key, reservedMs, enough: enough.signal });
    } finally {
      cancel();
    }
  }

  async #askToHandOver(record: LeaseRecord, why: string): Promise<void> {
    try {
      await this.#contest.challenge(record, RELAY_RANK, { why, stands: true });
    } catch (cause) {
      // It may have landed all the same: the challenge is looked for, and the office taken if it is handed over.
      this.context.emitter.emit('error', asTenureError(cause, 'Asking the earlier invocation to hand over'));
    }
  }

  #whoLeads(): string {
    const record = this.context.view.latest;
    if (record?.holder !== undefined) return `${record.holder} leads term ${record.term}`;
    if (record?.successor !== undefined && record.successor !== this.context.id)
      return `the office is reserved for ${record.successor}`;
    return 'the office was not won in time';
  }

  /** Runs the work of one term to its end, and gives the term back once the work has ended. */
  async #serve(
    leadership: Leadership,
    holding: Holding,
    work: Work,
    stop: AbortSignal,
    whenStopped: Quit,
    successor?: string,
  ): Promise<void> {
    const close = () => void holding.quit(whenStopped);
    if (stop.aborted) close();
    stop.addEventListener('abort', close, { once: true });
    const done = new AbortController();
    const working = (async () => work(leadership))()
      .catch((cause) => this.#workThrew(holding, cause))
      .finally(() => {
        done.abort();
        holding.workEnded();
      });
    await Promise.race([working, this.#overran(holding, stop, done.signal)]);
    await holding.quit({ reason: 'resigned', to: successor });
    stop.removeEventListener('abort', close);
  }

  /** Reports work that goes on after its lease has ended. Resolves only when nobody waits for that work any more. */
  async #overran(holding: Holding, stop: AbortSignal, done: AbortSignal): Promise<void> {
    const { clock, timings, emitter, election } = this.context;
    await aborted(holding.ended, done);
    await sleep(clock, timings.stepDownMs, done);
    if (!done.aborted) {
      const message =
        `The work of term ${holding.term} of election "${election}" goes on after its lease has ended: it did not stop ` +
        'when `leadership.signal` aborted. Others may lead meanwhile; this candidate stands again when it has ended.';
      emitter.emit('error', new TenureError('WorkOverran', message, { details: { term: holding.term } }));
    }
    await aborted(stop, done);
  }

  #workThrew(holding: Holding, cause: unknown): void {
    const aborts = isTenureError(cause, 'LeadershipLost') || (cause instanceof Error && cause.name === 'AbortError');
    if (aborts && holding.signal.aborted) return; // the work stopped as it was told to
    const { emitter, election } = this.context;
    const message = `The work of term ${holding.term} of election "${election}" failed, and the office is resigned: `;
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
    emitter.emit('error', new TenureError('WorkFailed', message + what, { cause, details: { term: holding.term } }));
  }

  #setState(state: CandidateState): void {
    const was = this.#state;
    if (was === state || was === 'closed') return;
    this.#state = state;
    this.context.emitter.emit('state', { state, was });
  }
}

/** A hand over binds nobody, nor does a close; nor a vacancy that is reserved for oneself, which the plan knows. */
function leavesToOthers(quit: Quit | undefined): boolean {
  if (quit === undefined || quit.reason === 'closed') return false;
  return quit.reason === 'resigned' || !quit.challenger?.stands;
}
