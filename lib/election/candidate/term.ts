/**
 * One term, from its holder's side (sections 4 to 6): the lease counted from the stamp, the work that is asked to stop, and
 * the end. It is demoted by the clock and by refused writes, never by silence of the table; once it is over, it is for good.
 */
import { type Instant, sleep } from '../../lease/clock.js';
import type { TenureError } from '../../lease/errors.js';
import { anySet, Latch, type Once } from '../../lease/latch.js';
import type { LostReason } from '../../lease/outcome.js';
import type { Challenger, LeaseRecord } from '../../lease/record.js';
import type { Tenancy } from '../../lease/store.js';
import { leftOfLease } from '../../lease/timing.js';
import { checkFits, copyValue } from '../../lease/value.js';
import type { Context } from '../context.js';
import { judge } from './challenge-rules.js';
import type { Won } from './claims.js';
import { lostError, vanishedError } from './ended-errors.js';
import { type Quit, type Released, releaseOffice } from './giving-back.js';
import { Proclamation } from './proclamation.js';
import { Renewals, type Renewed } from './renewals.js';
import { StopSignal } from './stop-signal.js';
import { TermPhase } from './term-phase.js';
import { TermWrites } from './term-writes.js';

/** How long before the heartbeat's place a timed close asks the work to stop (section 6). */
const TIMED_CLOSE_MS = 250;

export class Term implements Renewed {
  readonly office: Tenancy;
  readonly #phase = new TermPhase();
  readonly #writes: TermWrites;
  readonly #renewals: Renewals;
  readonly #proclamation = new Proclamation();
  readonly #workEnded = new Latch();
  readonly #hurry = new Latch();
  readonly #judged = new Set<string>();
  readonly #signal = new StopSignal(this.stopped, () => this.lostError('The work has to stop'));
  #stamp: Instant | undefined;
  #latest: LeaseRecord;
  #begun = false;
  /** While listeners hear of the beginning, nothing ends: they would hear of it in the wrong order. */
  #announcing = false;
  /** What has ended it meanwhile. */
  #endedMeanwhile: LostReason | undefined;
  #quit: Quit | undefined;
  #released: Promise<Released> | undefined;
  /** Why it is over, or why it will be: the reason of what came first. */
  #reason: LostReason | undefined;
  /** The end was seen in the record: nothing is left to release. */
  #endSeen = false;
  #cancelAlarm = () => {};

  constructor(
    private readonly context: Context,
    { record, stamp, handedOver }: Won,
  ) {
    const { id, priority, value, timings } = context;
    const { leaseMs, renewMs } = timings;
    this.office = { term: record.term, attempt: record.attempt, holder: id };
    this.#writes = new TermWrites(
      context,
      this.office,
      record,
      handedOver ? { leaseMs, renewMs, priority, value } : undefined,
    );
    this.#latest = record;
    this.#stamp = stamp;
    const firstAt = stamp === undefined ? this.#now().mono : stamp.mono + renewMs;
    this.#renewals = new Renewals(context, this.#writes, this.#proclamation, this, firstAt);
  }

  get term(): number {
    return this.office.term;
  }

  /** Why it is over; undefined while it is not. */
  get over(): LostReason | undefined {
    this.#look();
    return this.#phase.is('over') ? this.#reason : undefined;
  }

  /** Why it was given back, if it was. */
  get quitting(): Quit | undefined {
    return this.#quit;
  }

  /** Aborts when the work must stop; looks at the clock itself, so that a blocked loop cannot hide the deadline (S9). */
  get signal(): AbortSignal {
    this.#look();
    return this.#signal.signal;
  }

  /** Set when the work must stop, and no heartbeat is sent any more. */
  get stopped(): Once {
    return this.#phase.reached('stopping');
  }

  /** Set when the term is over for this holder, whatever the reason. */
  get ended(): Once {
    return this.#phase.reached('over');
  }

  /** What is left of the lease, in ms; 0 from its end on, and from just before the first sending of a release on. */
  remainingMs(): number {
    this.#look();
    return this.#phase.is('leading', 'stopping') ? Math.max(0, this.leftMs()) : 0;
  }

  /**
   * Resolves true once enough of the lease is left to begin. A term that was recognised in the record has none yet: it
   * renews first. False if that took longer than a lease, or the term is over.
   */
  async secured(stop: Once): Promise<boolean> {
    const until = this.#now().mono + this.context.timings.leaseMs;
    while (!this.#phase.is('over') && !stop.isSet && this.#now().mono < until) {
      if (this.#isEnough()) return true;
      await anySet(this.#renewals.ask(), stop, this.ended);
    }
    return false;
  }

  /** Begins the leadership, if enough is left to lead at all. It is announced first, so that its end comes after (S9). */
  begin(announce: () => void): boolean {
    if (!this.#phase.is('acquired') || !this.#isEnough()) return false;
    this.#begun = this.#phase.enter('leading');
    this.#announcing = true;
    announce();
    this.#announcing = false;
    if (this.#endedMeanwhile !== undefined) this.end(this.#endedMeanwhile);
    this.#look();
    this.#armAlarm();
    return true;
  }

  /**
   * Proclaims a value with the next write. Resolves once it, or a later one, has landed.
   * @throws TenureError `BadOption`, `RecordTooLarge`, `RequestInvalid`, or `LeadershipLost`
   */
  async proclaim(value: unknown): Promise<void> {
    const copy = copyValue(value);
    checkFits(this.context.election, { ...this.#latest, value: copy });
    if (!this.mayRenew()) throw this.lostError('proclaim() found the leadership over');
    const landed = this.#proclamation.want(copy);
    this.#renewals.ask();
    await landed;
  }

  /** The work says that it has ended. */
  workEnded(): void {
    this.#workEnded.set();
  }

  /** Gives the term back without waiting for a heartbeat's place. */
  resign(to?: string): Promise<Released> {
    this.#workEnded.set();
    this.#hurry.set();
    return this.quit({ reason: 'resigned', to });
  }

  /** Stops the work, and gives the term back once it has ended. A second call joins the first, and may name a successor. */
  quit(why: Quit): Promise<Released> {
    this.#quit = this.#quit === undefined ? why : { ...this.#quit, to: why.to ?? this.#quit.to };
    this.#released ??= this.#giveBack(this.#quit);
    return this.#released;
  }

  /** Ends the term for this holder: by what the record showed (`seen`), or by the clock. */
  end(reason: LostReason, seen = false): void {
    if (this.#phase.is('over')) return;
    if (this.#announcing) {
      this.#endedMeanwhile = reason;
      return;
    }
    this.#endSeen = seen;
    this.#enter('over', reason);
  }

  /** True if the record still shows this term in office. */
  stillHeld(): Promise<boolean> {
    return this.#writes.stillHeld();
  }

  /** The error for a use of this leadership after its end. */
  lostError(what: string): TenureError {
    return lostError(what, this.context.election, this.term, this.#reason ?? this.#quit?.reason ?? 'expired');
  }

  /** A heartbeat may be sent: the work has not been asked to stop. */
  mayRenew(): boolean {
    this.#look();
    return this.#phase.is('acquired', 'leading');
  }

  /** The work has begun: an answer that comes after the deadline is of no use. */
  get begun(): boolean {
    return this.#begun;
  }

  landed(record: LeaseRecord, sent: Instant, leftMs: number): boolean {
    this.#look(); // an answer that comes after the deadline restores nothing
    if (this.#phase.is('releasing', 'over')) return false;
    const { view, emitter } = this.context;
    this.#stamp = sent;
    this.#latest = record;
    this.#armAlarm();
    view.see(record);
    const latencyMs = this.#now().mono - sent.mono;
    emitter.emit('heartbeat', { term: this.term, beat: record.beat, sentAt: sent.wall, latencyMs, leftMs });
    this.#considerChallenge(record.challenger);
    return true;
  }

  refused(reason: LostReason, record: LeaseRecord | undefined): void {
    const { view, emitter, election } = this.context;
    if (record === undefined) emitter.emit('error', vanishedError(election, this.term));
    else view.see(record);
    this.end(reason, reason !== 'cloned');
  }

  #now(): Instant {
    return this.context.clock.now();
  }

  leftMs(): number {
    return this.#stamp === undefined ? 0 : leftOfLease(this.#stamp, this.#now(), this.context.timings);
  }

  #isEnough(): boolean {
    return this.leftMs() > this.context.timings.stepDownMs;
  }

  /** Looks at the clock and draws the consequences. Every use of the leadership comes through here. */
  #look(): void {
    if (this.#announcing || !this.#phase.is('leading', 'stopping')) return;
    const leftMs = this.leftMs();
    if (leftMs <= 0) this.end('expired');
    else if (this.#phase.is('leading') && leftMs <= this.context.timings.stepDownMs) this.#enter('stopping', 'expired');
  }

  /** Demotes first; listeners come after, and can stop nothing. The first reason stands. */
  #enter(next: 'stopping' | 'releasing' | 'over', reason: LostReason): void {
    const wasTold = !this.#begun || this.#phase.is('releasing', 'over');
    this.#reason = next === 'over' || this.#reason === undefined ? reason : this.#reason;
    this.#phase.enter(next);
    this.#armAlarm();
    this.#proclamation.end(() => this.lostError('proclaim() found the leadership over'));
    if (!wasTold && next !== 'stopping') {
      this.context.emitter.emit('lost', { term: this.term, id: this.office.holder, reason });
    }
  }

  #armAlarm(): void {
    this.#cancelAlarm();
    if (!this.#phase.is('leading', 'stopping')) return;
    const until = this.#phase.is('stopping') ? 0 : this.context.timings.stepDownMs;
    // Whole milliseconds: a rounding error left over would ring at once, again and again.
    this.#cancelAlarm = this.context.clock.after(Math.ceil(this.leftMs() - until), () => {
      this.#look();
      this.#armAlarm();
    });
  }

  /** Judges each challenge once, and yields if it must. */
  #considerChallenge(challenger: Challenger | undefined): void {
    if (challenger === undefined || !this.#begun || this.#judged.has(challenger.attempt)) return;
    this.#judged.add(challenger.attempt);
    const { id, priority, yieldTo, emitter } = this.context;
    const yields = judge(challenger, { id, priority, yieldTo });
    emitter.emit('challenged', { term: this.term, challenger, yields });
    if (!yields) return;
    if (this.#quit?.reason === 'yielded')
      this.#quit = { ...this.#quit, challenger }; // a later one corrects it
    // Where nobody stands to be handed the office, it becomes vacant where all standbys look.
    else void this.quit({ reason: 'yielded', challenger, timed: !challenger.stands });
  }

  async #giveBack({ timed = false, reason }: Quit): Promise<Released> {
    const { clock } = this.context;
    const place = timed && this.#begun ? this.#renewals.place : undefined;
    const reach = (at: number, ...until: Once[]) =>
      sleep(clock, at - this.#now().mono, this.#hurry, this.ended, ...until);
    if (place !== undefined) await reach(place - TIMED_CLOSE_MS, this.stopped);
    this.#look();
    const expiring = this.#phase.is('stopping');
    if (this.#phase.is('leading')) this.#enter('stopping', reason);
    if (this.#begun) await anySet(this.#workEnded, this.ended);
    if (place !== undefined) await reach(place);
    this.#look();
    if (this.#phase.is('over')) return this.#announced({ released: this.#endSeen });
    this.#enter('releasing', expiring ? 'expired' : reason);
    await this.#renewals.ended;
    if (!this.#phase.is('over')) await this.#release(expiring ? 'expired' : reason);
    return this.#announced({ released: this.#endSeen && this.#reason !== 'cloned' });
  }

  #announced(released: Released): Released {
    this.context.emitter.emit('released', { term: this.term, ...released });
    return released;
  }

  async #release(reason: LostReason): Promise<void> {
    const until = this.#now().mono + (this.#begun ? this.leftMs() : this.context.timings.leaseMs);
    const fate = await releaseOffice(this.context, this.#writes, () => this.#quit!, until, this.ended);
    this.end(fate.is === 'over' ? fate.reason : reason, fate.is !== 'unclear');
  }
}
