/**
 * From standby to office (section 6). A standby polls; at a vacancy or an expiry it waits by courtesy, then reads, then
 * writes. Winning is a write of one's own that was applied, nothing else.
 */
import { sleep } from '../../lease/clock.js';
import { isTenureError, type TenureError } from '../../lease/errors.js';
import { Latch, type Once } from '../../lease/latch.js';
import { refusedUnchanged, showsMine, wasNotApplied } from '../../lease/outcome.js';
import { type LeaseRecord, sameVersion } from '../../lease/record.js';
import type { Declaration } from '../../lease/store.js';
import { backoffMs } from '../../lease/timing.js';
import type { Context } from '../context.js';
import { RecordWatcher, type Sighting } from '../record-watcher.js';
import { asTenureError, call } from '../request.js';
import type { Roster } from '../roster/roster.js';
import { Challenges } from './challenges.js';
import { type Bid, Claims, type Won } from './claims.js';
import type { HoldOff } from './hold-off.js';
import { isReserved, judgeWoken, newAttempt, type Verdict, type Woken } from './wake-verdict.js';

/** How often a candidate that leaves looks for claims whose answer was lost. */
const LAST_LOOKS = 3;

/** What was found by a candidate that was woken. */
export interface Considered {
  readonly key: string;
  readonly verdict: Verdict;
  readonly sighting: Sighting;
}

/** How long to stand for office. */
export interface Standing {
  readonly stop: Once;
  /** Go on after a permanent failure too: an operator may repair it. */
  readonly keepTrying: boolean;
  /** For a candidate that was woken: it leaves when others have done something with the office since this version. */
  readonly since?: { readonly key: string; readonly reservedMs: number | undefined };
}

export class Acquisition {
  readonly #watcher: RecordWatcher;
  readonly #claims = new Claims();
  readonly challenges: Challenges;
  /** The version for which the courtesy is over. */
  #courteousFor: string | undefined;
  #failures = 0;
  #failure: TenureError | undefined;
  #wake = new Latch();
  #fenceTerm = 0;
  #value: unknown;

  constructor(
    private readonly context: Context,
    private readonly roster: Roster | undefined,
    private readonly holdOff: HoldOff,
    private readonly tell: (state: 'standby' | 'contending') => void,
    /** A copy of this process goes on in its name: it draws a new id, and forgets what is the copy's. */
    private readonly isCloned: () => void,
  ) {
    this.#watcher = new RecordWatcher(context);
    this.challenges = new Challenges(context, this.#claims, () => this.wake());
    this.#value = context.value;
  }

  /** The last failure since a read and a write went through. */
  get failure(): TenureError | undefined {
    return this.#watcher.failure ?? this.#failure;
  }

  /** What has failed before is not why this time nothing was won. */
  forgetFailure(): void {
    this.#failure = undefined;
  }

  /** Look now instead of at the next heartbeat's place. */
  wake(): void {
    this.#wake.set();
  }

  /** A fence was found at this term: the next acquisition goes above it. */
  fenceSeenAt(term: number): void {
    this.#fenceTerm = Math.max(this.#fenceTerm, term);
  }

  /** What was claimed and seen belongs to the process of which this one is a copy. */
  forget(): void {
    this.#claims.clear();
    this.#watcher.forget();
    this.wake();
  }

  /** One look, for a candidate that was woken: whether it is worth while to stand. Undefined if nothing could be seen. */
  async consider(me: Pick<Woken, 'relayAfterMs' | 'reservedMs'>): Promise<Considered | undefined> {
    const before = this.#watcher.sighting;
    const sighting = await this.#watcher.look();
    if (sighting === undefined) return undefined;
    const { key, record, since } = sighting;
    const { clock, id, build } = this.context;
    const now = clock.now();
    const seenBefore = before?.key === key && record !== undefined && now.mono - since.mono > record.renewMs;
    return { key, sighting, verdict: judgeWoken(record, now.wall, { ...me, id, build, seenBefore }) };
  }

  /**
   * Stands until the office is won. Undefined if `stop` is set first, or another has taken the office since.
   * @throws TenureError a permanent failure, unless it is to keep trying
   */
  async win({ stop, keepTrying, since }: Standing): Promise<Won | undefined> {
    this.#courteousFor = undefined;
    this.tell('standby');
    let fatal: TenureError | undefined;
    while (!stop.isSet && fatal === undefined) {
      // 1. At a vacancy or an expiry, wait by courtesy; then look, so that one write meets no other.
      await this.#beCourteous(stop);
      if (stop.isSet) break;
      const seen = await this.#watcher.look();
      if (seen === undefined) {
        fatal = this.#fatal(keepTrying);
        if (fatal === undefined) await this.#pause(this.#watcher.nextAt, stop);
        continue;
      }
      // 2. A claim whose answer was lost, or that the leader has granted, has won already.
      const won = this.#recognise(seen.record);
      if (won !== undefined) return won;
      // 3. A candidate that would rather not run leaves when somebody leads.
      if (since !== undefined && this.#isTaken(seen, since)) {
        this.#failure = undefined; // it is not why the office was not won
        break;
      }
      // 4. Free, or expired: the electing write.
      const plan = this.#plan();
      if (plan?.do === 'contend') {
        if (this.#courteousFor !== seen.key || stop.isSet) continue;
        const taken = await this.#acquire(seen, stop);
        if (taken !== undefined) return taken;
        fatal = this.#fatal(keepTrying);
        continue;
      }
      // 5. Held: ask for it by priority, and look again at the next heartbeat's place.
      this.tell('standby');
      this.#failure = undefined;
      if (!stop.isSet) await this.challenges.byPriority(seen.record, this.holdOff.mayChallenge);
      await this.#pause(Math.min(plan?.until ?? 0, this.#watcher.nextAt, this.challenges.nextLookAt), stop);
    }
    const taken = await this.#leave();
    if (taken === undefined && fatal !== undefined) throw fatal;
    return taken;
  }

  /** The electing write: one conditional update of the version that was just read. */
  async #acquire(seen: Sighting, stop: Once): Promise<Won | undefined> {
    const { context } = this;
    const { store, notices, priority, timings, view } = context;
    const { leaseMs, renewMs } = timings;
    const { key, record } = seen;
    let bid: Bid | undefined;
    let sentBefore = false;
    try {
      const above = record === undefined ? await this.#survivingFence() : this.#fenceTerm;
      if (stop.isSet) return undefined;
      const { id } = context;
      const claim = this.#claims.bid(key, record?.term ?? 0, () => newAttempt(context));
      bid = claim;
      sentBefore = claim.stamp !== undefined;
      const office = { term: Math.max(record?.term ?? 0, above) + 1, attempt: claim.attempt, holder: id };
      const declare: Declaration = { leaseMs, renewMs, priority, value: this.#value };
      const reply = await call(context, record === undefined ? 'create' : 'acquire', (options, sent) => {
        claim.stamp ??= sent; // sent again, it counts from the first sending
        notices.mail({ term: office.term, beat: 0, attempt: office.attempt, marks: [office.attempt] });
        const at = Math.round(sent.wall);
        return record === undefined
          ? store.create({ office, declare, at }, options)
          : store.acquire({ seen: record, office, declare, at }, options);
      });
      if (context.id !== id) return undefined; // this process turned out to be a clone: what it has sent is forgotten
      if (reply.record !== undefined && reply.applied) {
        view.see(reply.record);
        return this.#won({ record: reply.record, stamp: claim.stamp, handedOver: false });
      }
      if (showsMine(reply.record, id, claim.attempt)) {
        view.see(reply.record);
        return this.#recognise(reply.record);
      }
      if (reply.record !== undefined && sameVersion(reply.record, record)) {
        throw refusedUnchanged(`Acquiring election "${context.election}"`, reply.record);
      }
      this.#failures = 0;
      this.#failure = undefined;
      this.#claims.drop(claim);
      this.#watcher.refused(reply.record);
    } catch (cause) {
      if (bid !== undefined && !sentBefore && wasNotApplied(cause)) this.#claims.drop(bid); // nothing to look for
      await this.#acquireFailed(asTenureError(cause, `Acquiring election "${context.election}"`), stop);
    }
    return undefined;
  }

  async #acquireFailed(failure: TenureError, stop: Once): Promise<void> {
    const { clock, chance, emitter, timings } = this.context;
    emitter.emit('error', failure);
    this.#failure = failure;
    this.#failures += 1;
    if (isTenureError(failure, 'RequestInvalid')) this.#value = undefined; // better a leader that proclaims nothing than none
    // After the first lost answer the record is read at once: the bid may have won.
    const isLost = failure.code === 'RequestFailed' && this.#failures === 1;
    if (!isLost) await sleep(clock, backoffMs(this.#failures, timings.renewMs, chance.unit()), stop);
  }

  /** Where a fence survived its record, terms go on above it: a fencing token is never given twice. */
  async #survivingFence(): Promise<number> {
    const { store } = this.context;
    const fence = await call(this.context, 'readFence', (options) => store.readFence(options));
    return Math.max(fence?.term ?? 0, this.#fenceTerm);
  }

  #recognise(record: LeaseRecord | undefined): Won | undefined {
    const claim = this.#claims.wonBy(record, this.context.id);
    if (claim !== undefined) {
      const isUsed = record!.mark !== undefined && record!.mark !== claim.attempt;
      if (!isUsed) return this.#won({ record: record!, stamp: undefined, handedOver: claim.kind === 'challenge' });
      this.isCloned(); // it was this process's claim, too, and has been renewed by another memory
      return undefined;
    }
    this.#claims.prune(record);
    this.#claims.judgePending(record);
    return undefined;
  }

  #won(won: Won): Won {
    this.#failures = 0;
    this.#failure = undefined;
    this.#claims.clear(); // all of them were for terms up to this one
    this.#courteousFor = undefined;
    this.holdOff.lift();
    return won;
  }

  /**
   * On the way out nothing is left behind: challenges are withdrawn, and what has won is returned, to be given back. A claim
   * whose answer was lost is looked for a few times; a table that does not answer is not asked for long.
   */
  async #leave(): Promise<Won | undefined> {
    const { clock, timings } = this.context;
    const until = clock.now().mono + 2 * timings.requestTimeoutMs;
    for (let look = 0; look < LAST_LOOKS && !this.#claims.isEmpty; look += 1) {
      if (look > 0 && clock.now().mono >= until) break;
      if (look > 0) await sleep(clock, Math.min(timings.renewMs, 50 * 2 ** look));
      await this.challenges.withdraw();
      const seen = this.#claims.isEmpty ? undefined : await this.#watcher.look();
      const won = seen && this.#recognise(seen.record);
      if (won !== undefined) return won;
      if (seen !== undefined) this.#claims.dropDeadBids(seen.key);
    }
    this.#claims.clear();
    return undefined;
  }

  /**
   * Somebody leads, has shown it since that version, and was not asked to hand over to this candidate; or has led since,
   * and keeps the office. A term may be over between two looks.
   */
  #isTaken({ key, record }: Sighting, since: NonNullable<Standing['since']>): boolean {
    if (record === undefined || key === since.key) return false;
    if (record.holder !== undefined) return !this.#claims.isPending;
    const { id, clock } = this.context;
    return isReserved(record, clock.now().wall, { id, reservedMs: since.reservedMs });
  }

  async #beCourteous(stop: Once): Promise<void> {
    const plan = this.#plan();
    const key = this.#watcher.sighting?.key;
    if (plan?.do !== 'contend' || this.#courteousFor === key) return;
    this.tell('contending');
    await sleep(this.context.clock, plan.courtesyMs, stop);
    this.#courteousFor = key;
  }

  #plan() {
    const record = this.#watcher.sighting?.record;
    return this.#watcher.plan(this.roster?.place(record), this.holdOff.untilFor(record));
  }

  /** A permanent failure ends the standing, or is said once where nobody listens. */
  #fatal(keepTrying: boolean): TenureError | undefined {
    const { failure } = this;
    if (failure?.permanent !== true) return undefined;
    if (!keepTrying) return failure;
    this.context.emitter.warnUnheard(failure);
    return undefined;
  }

  async #pause(untilMono: number, stop: Once): Promise<void> {
    const { clock } = this.context;
    await sleep(clock, untilMono - clock.now().mono, stop, this.#wake);
    if (this.#wake.isSet) this.#wake = new Latch();
  }
}
