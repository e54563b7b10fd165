/**
 * One term, from its holder's side (sections 4 to 6): the lease counted from the stamp, the rhythm of heartbeats, and the
 * end. It is demoted by the clock and by refused writes, never by silence of the table; once it is over, it is for good.
 */
import { aborted, type Instant, sleep } from '../lease/clock.js';
import { TenureError } from '../lease/errors.js';
import type { LostReason } from '../lease/outcome.js';
import { type Challenger, checkFits, checkValue, type LeaseRecord } from '../lease/record.js';
import type { Office } from '../lease/store.js';
import { callLimitMs, leftOfLease } from '../lease/timing.js';
import { judge } from './challenge.js';
import type { Context } from './context.js';
import { lostError } from './lost.js';
import { backoffMs } from './standby.js';
import { HolderWrites } from './writes.js';

/** How long before the heartbeat's place a timed close tells the work to stop (section 6). */
const TIMED_CLOSE_MS = 250;

/** How a term was come by. */
export interface Taken {
  readonly record: LeaseRecord;
  /** When the write that took it was first sent; none for an office that was handed over, which gives no lease by itself. */
  readonly stamp: Instant | undefined;
}

/** Why a term is to be given back. */
export interface Quit {
  readonly reason: 'resigned' | 'yielded' | 'closed';
  /** Reserve the vacancy for this candidate. */
  readonly to?: string;
  /** Hand the office to this challenger, if it stands. */
  readonly challenger?: Challenger;
  /** A close without hurry: stop and vacate where the next heartbeat would have been. */
  readonly timed?: boolean;
}

/** How giving back ended (S10). */
export interface Released {
  /** `false` if nothing was seen to confirm it before the lease ran out. */
  readonly released: boolean;
}

/** What came of one heartbeat: `landed`, or why not. */
type Beaten = 'landed' | 'unknown' | 'ended';

export class Holding {
  readonly office: Office;
  readonly #writes: HolderWrites;
  #latest: LeaseRecord;
  #stamp: Instant | undefined;
  /** When the next heartbeat is due: monotonic ms. */
  #dueAt: number;
  /** Set once the leadership began: from then on an end is an end, and is told. */
  #begun = false;
  #announcing = false;
  #over: LostReason | undefined;
  /** The end was seen in the record: nothing is left to release. */
  #endSeen = false;
  #lostTold = false;
  /** From just before the first sending of a release: the lease is nobody's to use any more, and nothing restores it. */
  #releasing = false;
  #quit: Quit | undefined;
  #released: Promise<Released> | undefined;
  #cancelBeat = () => {};
  #cancelAlarm = () => {};
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  readonly #workEnd = new AbortController();
  readonly #end = new AbortController();
  readonly #judged = new Set<string>();

  constructor(
    private readonly context: Context,
    { record, stamp }: Taken,
  ) {
    const { id, priority, value, timings } = context;
    const { leaseMs, renewMs } = timings;
    this.office = { term: record.term, attempt: record.attempt, holder: id };
    const declare = stamp === undefined ? { leaseMs, renewMs, priority, value } : undefined;
    this.#writes = new HolderWrites(context, this.office, record.beat, declare);
    this.#latest = record;
    this.#stamp = stamp;
    this.#dueAt = stamp === undefined ? this.#now().mono : stamp.mono + renewMs;
    this.#armBeat();
  }

  get term(): number {
    return this.office.term;
  }

  /** Why it is over; undefined while it is not. */
  get over(): LostReason | undefined {
    this.#look();
    return this.#over;
  }

  /** Why it was given back, if it was. */
  get quitting(): Quit | undefined {
    return this.#quit;
  }

  /** Aborts when the work must stop; looks at the clock itself, so that a blocked loop cannot hide the deadline (S9). */
  get signal(): AbortSignal {
    this.#look();
    return this.#stop.signal;
  }

  /** Aborts when the term is over for this holder, whatever the reason. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** What is left of the lease, in ms; 0 from its end on, and from just before the first sending of a release on. */
  remainingMs(): number {
    this.#look();
    return this.#over !== undefined || this.#releasing ? 0 : Math.max(0, this.#left());
  }

  /** Begins the leadership, if enough is left to lead at all. It is announced first, so that its end comes after (S9). */
  begin(announce: () => void): boolean {
    if (this.#over !== undefined || this.#stop.signal.aborted || !this.#isEnough()) return false;
    this.#begun = true;
    this.#announcing = true;
    announce();
    this.#announcing = false;
    this.#armAlarm();
    return true;
  }

  /** Renews out of turn, unless the heartbeat under way gave enough: for a newcomer that cannot begin yet. */
  renewNow(): Promise<Beaten> {
    return this.#writes.inLane(async () => (this.#isEnough() ? 'landed' : this.#beat()));
  }

  /** Writes what the leader proclaims; tries again while it leads, for a write of unknown fate may not have landed. */
  async proclaim(value: unknown): Promise<void> {
    checkValue(value);
    checkFits(this.context.election, { ...this.#latest, value });
    for (let tries = 1; ; tries += 1) {
      const beaten = await this.#writes.inLane(() => this.#beat({ value }));
      if (beaten === 'landed') return;
      if (beaten === 'ended') throw this.lostError('proclaim() found the leadership over');
      await sleep(this.context.clock, this.#backoffMs(tries), this.#stop.signal);
    }
  }

  /** The work's own word that it has ended. */
  workEnded(): void {
    this.#workEnd.abort();
  }

  /** Gives the term back without waiting for a heartbeat's place. */
  resign(to?: string): Promise<Released> {
    this.#workEnd.abort();
    this.#hurry.abort();
    return this.quit({ reason: 'resigned', to });
  }

  /** Stops the work, and gives the term back once it has ended. A second call joins the first, and may name a successor. */
  quit(why: Quit): Promise<Released> {
    this.#quit = this.#quit === undefined ? why : { ...this.#quit, to: why.to ?? this.#quit.to };
    this.#released ??= this.#giveBack(this.#quit);
    return this.#released;
  }

  /** Ends the term for this holder: by what a refused write showed (`seen`), or by the clock. */
  end(reason: LostReason, seen = false): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#endSeen = seen;
    this.#tellLost(reason);
    this.#cancelAlarm();
    this.#end.abort();
  }

  /** True if the record still shows this term in office. */
  stillHeld(): Promise<boolean> {
    return this.#writes.stillHeld();
  }

  /** The error for a use of this leadership after its end. */
  lostError(what: string): TenureError {
    return lostError(what, this.context.election, this.term, this.#over ?? this.#quit?.reason ?? 'expired');
  }

  #now(): Instant {
    return this.context.clock.now();
  }

  /** Between two tries of a write that must not wait for the next heartbeat's place; no storm, if all fail at once (S12). */
  #backoffMs(tries: number): number {
    const { timings, chance } = this.context;
    return backoffMs(tries, timings.renewMs, chance.unit());
  }

  #left(): number {
    return this.#stamp === undefined ? 0 : leftOfLease(this.#stamp, this.#now(), this.context.timings);
  }

  #isEnough(): boolean {
    return this.#left() > this.context.timings.stepDownMs;
  }

  /** Looks at the clock and draws the consequences. Every use of the leadership comes through here. */
  #look(): void {
    if (!this.#begun || this.#announcing || this.#over !== undefined) return;
    if (this.#left() <= 0) this.end('expired');
    else if (!this.#isEnough()) this.#stopWork();
  }

  /** From the abort on, no heartbeat is sent. */
  #stopWork(): void {
    this.#cancelBeat();
    if (!this.#stop.signal.aborted) this.#stop.abort(this.lostError('The work was told to stop'));
  }

  /** Demotes first; listeners come after, and can stop nothing. */
  #tellLost(reason: LostReason): void {
    this.#stopWork();
    if (!this.#begun || this.#lostTold) return;
    this.#lostTold = true;
    this.context.emitter.emit('lost', { term: this.term, id: this.office.holder, reason });
  }

  #armBeat(): void {
    this.#cancelBeat();
    if (this.#stop.signal.aborted) return;
    this.#cancelBeat = this.context.clock.after(this.#dueAt - this.#now().mono, () => {
      void this.#writes.inLane(() => this.#beat());
    });
  }

  #armAlarm(): void {
    this.#cancelAlarm();
    if (!this.#begun || this.#over !== undefined) return;
    const until = this.#stop.signal.aborted ? 0 : this.context.timings.stepDownMs;
    // Whole milliseconds: a rounding error left over would ring at once, again and again.
    this.#cancelAlarm = this.context.clock.after(Math.ceil(this.#left() - until), () => {
      this.#look();
      this.#armAlarm();
    });
  }

  /** One heartbeat or proclamation, in the lane. The next is due one period after this one was sent. */
  async #beat(proclaim?: { value: unknown }): Promise<Beaten> {
    this.#look();
    if (this.#over !== undefined || this.#stop.signal.aborted) return 'ended';
    const { renewMs, requestTimeoutMs } = this.context.timings;
    const leftMs = this.#left();
    this.#dueAt = this.#now().mono + renewMs;
    this.#armBeat();
    const limitMs = this.#begun ? callLimitMs(requestTimeoutMs, leftMs) : requestTimeoutMs;
    const { fate, sent, record } = await this.#writes.renew(limitMs, proclaim);
    if (fate.is === 'over') return this.#refused(fate.reason, record);
    return fate.is === 'landed' ? this.#landed(fate.record, sent, leftMs) : 'unknown';
  }

  #landed(record: LeaseRecord, sent: Instant, leftMs: number): Beaten {
    this.#look(); // an answer that comes after the deadline restores nothing
    if (this.#over !== undefined) return 'ended';
    const { view, emitter } = this.context;
    this.#stamp = sent;
    this.#latest = record;
    this.#armAlarm();
    view.see(record);
    const latencyMs = this.#now().mono - sent.mono;
    emitter.emit('heartbeat', { term: this.term, beat: record.beat, sentAt: sent.wall, latencyMs, leftMs });
    this.#considerChallenge(record.challenger);
    return 'landed';
  }

  #refused(reason: LostReason, record: LeaseRecord | undefined): Beaten {
    const { view, emitter, election } = this.context;
    if (record === undefined) {
      const message =
        `The record of election "${election}" is gone: term ${this.term} ends. The table was replaced or the item ` +
        'deleted, and fencing tokens may repeat unless the fence survived.';
      emitter.emit('error', new TenureError('RecordVanished', message, { details: { term: this.term } }));
    } else view.see(record);
    this.end(reason, true);
    return 'ended';
  }

  /** Judges each challenge once, and yields if it must. */
  #considerChallenge(challenger: Challenger | undefined): void {
    if (challenger === undefined || !this.#begun || this.#judged.has(challenger.attempt)) return;
    this.#judged.add(challenger.attempt);
    const { id, priority, yieldTo, emitter } = this.context;
    const yields = judge(challenger, { id, priority, yieldTo });
    emitter.emit('challenged', { term: this.term, challenger, yields });
    // Where nobody stands to be handed the office, it falls vacant where all standbys look.
    if (yields) void this.quit({ reason: 'yielded', challenger, timed: !challenger.stands });
  }

  async #giveBack({ timed = false }: Quit): Promise<Released> {
    const { clock, emitter } = this.context;
    // Fixed when the close is asked for: a later proclaim does not move it.
    const place = timed && this.#begun ? this.#dueAt : undefined;
    const reach = (at: number, ...signals: AbortSignal[]) =>
      sleep(clock, at - this.#now().mono, this.#hurry.signal, this.#end.signal, ...signals);
    if (place !== undefined) await reach(place - TIMED_CLOSE_MS, this.#stop.signal);
    this.#look();
    const expiring = this.#begun && this.#stop.signal.aborted;
    this.#stopWork();
    this.#armAlarm();
    if (this.#begun) await aborted(this.#workEnd.signal, this.#end.signal);
    if (place !== undefined) await reach(place);
    const released = await this.#writes.inLane(() => this.#release(expiring));
    emitter.emit('released', { term: this.term, released });
    return { released };
  }

  /** Vacates or hands over, again and again until that is seen to have landed or the lease has run out. */
  async #release(expiring: boolean): Promise<boolean> {
    this.#look();
    if (this.#over !== undefined) return this.#endSeen;
    const { clock, timings, view } = this.context;
    const { reason } = this.#quit!;
    this.#releasing = true;
    this.#tellLost(expiring ? 'expired' : reason);
    const until = this.#now().mono + (this.#begun ? this.#left() : timings.leaseMs);
    let challenger = this.#quit!.challenger;
    let landed = false;
    for (let tries = 1; ; tries += 1) {
      const limitMs = callLimitMs(timings.requestTimeoutMs, until - this.#now().mono);
      const heir = reason === 'yielded' && challenger?.stands ? challenger : undefined;
      const to = this.#quit!.to ?? (reason === 'yielded' && heir === undefined ? challenger?.to : undefined);
      const { fate, record } = await this.#writes.release(limitMs, heir, to);
      if (record !== undefined) {
        view.see(record);
        challenger = record.challenger; // a stronger one may have come between: then the office goes to that one
      }
      landed = fate.is !== 'unclear';
      if (landed || this.#now().mono >= until) break;
      if (record === undefined || challenger?.attempt === heir?.attempt) {
        await sleep(clock, Math.min(this.#backoffMs(tries), until - this.#now().mono));
      }
    }
    this.end(expiring ? 'expired' : reason, landed);
    return landed;
  }
}
