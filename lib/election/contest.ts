/**
 * From standby to office (section 6): looks at the record, waits, and contends. At a vacancy or an expiry it waits by
 * courtesy, then reads, then writes. Winning is a write of one's own that was applied, nothing else.
 */
import { type Instant, sleep } from '../lease/clock.js';
import { showsMine } from '../lease/outcome.js';
import { type Challenger, checkFits, type LeaseRecord } from '../lease/record.js';
import type { Declaration, Office, Reply } from '../lease/store.js';
import { REFUSED_AFTER_BEATS, STANDING_MS } from './challenge.js';
import { asTenureError, type Context, call } from './context.js';
import { ailment } from './health.js';
import type { Taken } from './holding.js';
import { backoffMs } from './standby.js';
import { Watcher } from './watcher.js';
import { isReserved, judgeWoken, type Verdict, type Woken, withBuild } from './woken.js';

/** How often an acquisition of unknown fate is looked for by who does not want the office any more. */
const LAST_LOOKS = 3;

/** An acquisition of one version. Whatever is sent again for it keeps the attempt, and counts from the first sending. */
interface Bid {
  readonly key: string;
  readonly attempt: string;
  /** When it was first sent. */
  stamp: Instant | undefined;
}

/** A challenge of one term. Its attempt is remembered until a later term is seen: the office may still be handed to it. */
interface Challenge {
  readonly term: number;
  readonly holder: string;
  readonly attempt: string;
  readonly rank: number;
  /** The leader's, when the challenge landed as far as is known. */
  beat: number;
  standing: boolean;
}

/** What a challenger says of itself. */
export type Asking = Pick<Challenger, 'why' | 'stands' | 'to'>;

/** What was found by who was woken. */
export interface Considered {
  readonly key: string;
  readonly record: LeaseRecord | undefined;
  readonly verdict: Verdict;
}

/** What ends the standing of who would rather not run: what others have done with the office since this version. */
export interface Since extends Pick<Woken, 'reservedMs'> {
  readonly key: string;
}

export class Contest {
  readonly #watcher: Watcher;
  #bid: Bid | undefined;
  #challenge: Challenge | undefined;
  #challengedTerm = 0;
  /** The version whose courtesy was waited out. */
  #courteous: string | undefined;
  #failures = 0;
  #wake = new AbortController();
  #holdOff = { until: 0, term: 0 };
  #challengeHoldOffUntil = 0;
  #fenceTerm = 0;

  constructor(
    private readonly context: Context,
    private readonly told: (state: 'standby' | 'contending') => void,
  ) {
    this.#watcher = new Watcher(context);
  }

  /** Told of a vacancy by other means: look now. */
  wake(): void {
    this.#wake.abort();
  }

  /** Leaves vacancies to others for `ms`, until a later term than this one is seen; and challenges nobody for all of it. */
  holdOff(ms: number, term: number): void {
    const until = this.context.clock.now().mono + ms;
    this.#holdOff = { until, term };
    this.#challengeHoldOffUntil = until;
  }

  /** A fence was found at this term: the next acquisition goes above it. */
  fenceSeenAt(term: number): void {
    this.#fenceTerm = Math.max(this.#fenceTerm, term);
  }

  /** One look, for who was woken: whether it is worth while to stand. Undefined if nothing could be seen. */
  async consider(me: Pick<Woken, 'relayAfterMs' | 'reservedMs'>): Promise<Considered | undefined> {
    const before = this.#watcher.sighting;
    if (!(await this.#watcher.look())) return undefined;
    const { key, record, since } = this.#watcher.sighting!;
    const { clock, id, build } = this.context;
    const now = clock.now();
    const seenBefore = before?.key === key && record !== undefined && now.mono - since.mono > record.renewMs;
    return { key, record, verdict: judgeWoken(record, now.wall, { ...me, id, build, seenBefore }) };
  }

  /**
   * Stands until the office is taken, or until `stop` aborts.
   * @param since for who would rather not run: a leader's sign of life, or a vacancy kept for another, ends the standing
   */
  async stand(stop: AbortSignal, since?: Since): Promise<Taken | undefined> {
    this.#courteous = undefined;
    this.told('standby');
    while (!stop.aborted) {
      await this.#beCourteous(stop);
      if (stop.aborted) break;
      if (!(await this.#watcher.look())) {
        await this.#pause(this.#watcher.nextAt, stop);
        continue;
      }
      const mine = this.#recognise();
      if (mine === undefined && since !== undefined && this.#isTaken(since)) break;
      const taken = mine ?? (await this.#act(stop));
      if (taken !== undefined) return taken;
    }
    return this.#lastLooks();
  }

  /** Asks the leader to hand over. `rank` above its own is for operators and relays. */
  async challenge(seen: LeaseRecord, rank: number, { why, stands, to }: Asking): Promise<Reply> {
    const { context } = this;
    const favour = to === undefined ? {} : { to };
    const challenger: Challenger = { id: context.id, attempt: this.#newAttempt(), rank, why, stands, ...favour };
    checkFits(context.election, { ...seen, challenger });
    const write = { term: seen.term, holder: seen.holder!, challenger };
    if (stands) {
      this.#challengedTerm = seen.term;
      const { term, beat } = seen;
      const { attempt } = challenger;
      this.#challenge = { term, holder: write.holder, attempt, rank, beat, standing: true };
    }
    const reply = await call(context, 'challenge', context.timings.requestTimeoutMs, (o) =>
      context.store.challenge(write, o),
    );
    if (reply.record !== undefined) context.view.see(reply.record);
    const applied = reply.applied || reply.record?.challenger?.attempt === challenger.attempt;
    // A heartbeat that landed before the challenge leaves nothing unanswered.
    if (applied && this.#challenge?.attempt === challenger.attempt) this.#challenge.beat = reply.record!.beat;
    if (stands && !applied && this.#challenge?.attempt === challenger.attempt) this.#challenge = undefined;
    if (stands && applied) this.wake(); // from now on it looks more often
    return { applied, record: reply.record };
  }

  /**
   * Somebody leads, has shown it since that version, and was not asked to hand over to this candidate; or has led since,
   * and keeps the office. A term may be over between two looks.
   */
  #isTaken(since: Since): boolean {
    const { key, record } = this.#watcher.sighting!;
    if (record === undefined || key === since.key) return false;
    if (record.holder !== undefined) return !this.#stillStanding(record);
    const { id, clock } = this.context;
    return isReserved(record, clock.now().wall, { id, reservedMs: since.reservedMs });
  }

  /** Before the read that precedes a write: the wait by which one write meets no other. */
  async #beCourteous(stop: AbortSignal): Promise<void> {
    const plan = this.#plan();
    const key = this.#watcher.sighting?.key;
    if (plan?.do !== 'contend' || this.#courteous === key) return;
    this.told('contending');
    await sleep(this.context.clock, plan.courtesyMs, stop);
    this.#courteous = key;
  }

  #plan() {
    const seen = this.#watcher.sighting?.record;
    if (seen !== undefined && seen.term > this.#holdOff.term) this.#holdOff = { until: 0, term: 0 };
    return this.#watcher.plan(this.#holdOff.until);
  }

  /** After a look: writes, challenges, or waits for the next one. */
  async #act(stop: AbortSignal): Promise<Taken | undefined> {
    const plan = this.#plan();
    const { key, record } = this.#watcher.sighting!;
    if (plan?.do === 'contend') {
      if (this.#courteous !== key || stop.aborted) return undefined;
      return this.#bidFor(key, record, stop);
    }
    this.told('standby');
    const standing = this.#stillStanding(record);
    if (!standing && !stop.aborted && record !== undefined && (await this.#mayChallenge(record))) {
      await this.#challengeByPriority(record);
    }
    const until = Math.min(plan?.until ?? 0, this.#watcher.nextAt, this.#nextStandingLook());
    await this.#pause(until, stop);
    return undefined;
  }

  #nextStandingLook(): number {
    return this.#challenge?.standing ? this.context.clock.now().mono + STANDING_MS : Number.POSITIVE_INFINITY;
  }

  /** Tries to take the version that was just read. At most one refused write per vacancy: a refusal shows a later one. */
  async #bidFor(key: string, record: LeaseRecord | undefined, stop: AbortSignal): Promise<Taken | undefined> {
    const { clock, chance, emitter, id, timings, election } = this.context;
    try {
      const fenceTerm = record === undefined ? await this.#survivingFence() : this.#fenceTerm;
      if (this.#bid?.key !== key) this.#bid = { key, attempt: this.#newAttempt(), stamp: undefined };
      const bid = this.#bid;
      const { attempt } = bid;
      const office = { term: Math.max(record?.term ?? 0, fenceTerm) + 1, attempt, holder: id };
      const reply = await this.#sendBid(record, office, bid);
      this.#failures = 0;
      if (reply.record !== undefined && (reply.applied || showsMine(reply.record, id, attempt))) {
        this.context.view.see(reply.record);
        return this.#taken(reply.record, bid.stamp);
      }
      this.#watcher.refused(reply.record);
      this.#bid = undefined;
    } catch (cause) {
      emitter.emit('error', asTenureError(cause, `Acquiring election "${election}"`));
      this.#failures += 1;
      // The first time it is read back at once: the bid may have won.
      if (this.#failures > 1) await sleep(clock, backoffMs(this.#failures, timings.renewMs, chance.unit()), stop);
    }
    return undefined;
  }

  /** The stamp is taken when the bid's turn has come, before its first attempt is sent; and never again (section 5). */
  #sendBid(seen: LeaseRecord | undefined, office: Office, bid: Bid): Promise<Reply> {
    const { store, clock, timings, priority, value, notices } = this.context;
    const { leaseMs, renewMs, requestTimeoutMs } = timings;
    const declare: Declaration = { leaseMs, renewMs, priority, value };
    const now = () => {
      bid.stamp ??= clock.now();
      notices.mail({ term: office.term, beat: 0, attempt: office.attempt });
      return Math.round(clock.now().wall);
    };
    return seen === undefined
      ? call(this.context, 'create', requestTimeoutMs, (o) => store.create({ office, declare, at: now() }, o))
      : call(this.context, 'acquire', requestTimeoutMs, (o) => store.acquire({ seen, office, declare, at: now() }, o));
  }

  #newAttempt(): string {
    return withBuild(this.context.chance.attempt(), this.context.build);
  }

  /** Where a fence survived its record, terms go on above it: a fencing token is never given twice. */
  async #survivingFence(): Promise<number> {
    const { store, timings } = this.context;
    const fence = await call(this.context, 'readFence', timings.requestTimeoutMs, (o) => store.readFence(o));
    return Math.max(fence?.term ?? 0, this.#fenceTerm);
  }

  /** One's own name proves nothing: only an attempt that this candidate sent, and has not used up, does. */
  #recognise(): Taken | undefined {
    const { record, key } = this.#watcher.sighting!;
    const { id } = this.context;
    if (showsMine(record, id, this.#bid?.attempt)) return this.#taken(record!, this.#bid!.stamp);
    if (showsMine(record, id, this.#challenge?.attempt)) return this.#taken(record!, undefined);
    if (this.#bid !== undefined && this.#bid.key !== key) this.#bid = undefined;
    if (this.#challenge !== undefined && record !== undefined && record.term > this.#challenge.term) {
      this.#challenge = undefined;
    }
    return undefined;
  }

  #taken(record: LeaseRecord, stamp: Instant | undefined): Taken {
    this.#bid = undefined;
    this.#challenge = undefined;
    this.#courteous = undefined;
    this.#holdOff = { until: 0, term: 0 };
    return { record, stamp };
  }

  /** A term that is not wanted any more is given back, not abandoned: so look whether a bid of unknown fate has won it. */
  async #lastLooks(): Promise<Taken | undefined> {
    const { clock, timings } = this.context;
    for (let look = 0; look < LAST_LOOKS && this.#bid !== undefined; look += 1) {
      if (look > 0) await sleep(clock, Math.min(timings.renewMs, 50 * 2 ** look));
      if (!(await this.#watcher.look())) continue;
      const taken = this.#recognise();
      if (taken !== undefined) return taken;
    }
    this.#bid = undefined;
    return undefined;
  }

  async #mayChallenge(record: LeaseRecord): Promise<boolean> {
    const { clock, priority } = this.context;
    if (record.holder === undefined || priority <= record.priority || record.term === this.#challengedTerm)
      return false;
    if (clock.now().mono < this.#challengeHoldOffUntil) return false;
    if (record.challenger !== undefined && record.challenger.rank >= priority) return false;
    return (await ailment(this.context)) === undefined;
  }

  async #challengeByPriority(record: LeaseRecord): Promise<void> {
    const { emitter, priority } = this.context;
    try {
      await this.challenge(record, priority, { why: 'priority', stands: true });
    } catch (cause) {
      emitter.emit('error', asTenureError(cause, 'Challenging the leader'));
    }
  }

  /** Whether to go on looking for the office that was asked for; it is still taken if it is handed over later. */
  #stillStanding(record: LeaseRecord | undefined): boolean {
    const mine = this.#challenge;
    if (!mine?.standing) return false;
    // A look that was under way when the challenge landed shows none, or the weaker one before it: that is no refusal.
    const other = record?.challenger;
    const isReplaced = other !== undefined && other.attempt !== mine.attempt && other.rank >= mine.rank;
    mine.standing =
      record !== undefined &&
      record.term === mine.term &&
      record.holder === mine.holder &&
      !isReplaced &&
      record.beat < mine.beat + REFUSED_AFTER_BEATS;
    return mine.standing;
  }

  async #pause(untilMono: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.context;
    await sleep(clock, untilMono - clock.now().mono, stop, this.#wake.signal);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}
