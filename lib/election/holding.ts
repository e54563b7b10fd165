/**
 * One term, from its holder's side (sections 4 to 6): the lease counted from the stamp, the heartbeats, the serialised
 * writes, and the end. It is demoted by the clock and by refused writes, never by silence of the table; and once it is
 * over it is over for good.
 */
import { aborted, type Instant, sleep } from '../lease/clock.js';
import { TenureError } from '../lease/errors.js';
import { endOf, fateOfRelease, fateOfRenewal, type LostReason } from '../lease/outcome.js';
import { type Challenger, checkFits, checkValue, type LeaseRecord } from '../lease/record.js';
import type { Declaration, Office, Reply } from '../lease/store.js';
import { callLimitMs, leftOfLease } from '../lease/timing.js';
import { judge } from './challenge.js';
import { asTenureError, type Context, call } from './context.js';

/** How long before the heartbeat's place a timed close tells the work to stop (section 6). */
const TIMED_CLOSE_MS = 250;
/** Between two tries of a release: short, for nobody leads meanwhile. */
const RELEASE_RETRY_MS = 50;

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

/** How giving back ended: false if nothing was seen to confirm it before the lease ran out. */
export interface Released {
  readonly released: boolean;
}

/** What came of one beat-raising write: `landed`, or why not. */
type Beaten = 'landed' | 'unknown' | 'ended';

export class Holding {
  readonly office: Office;
  #beat: number;
  #stamp: Instant | undefined;
  /** Set once the leadership began: from then on an end is an end, and is told. */
  #begun = false;
  #over: LostReason | undefined;
  #lostTold = false;
  /** The end was seen in the record: nothing is left to release. */
  #endSeen = false;
  /** From just before the first sending of a release: the lease is nobody's to use any more, and nothing restores it. */
  #releasing = false;
  #declare: Declaration | undefined;
  #latest: LeaseRecord;
  /** When the next heartbeat is due: monotonic ms. */
  #dueAt: number;
  #lane: Promise<unknown> = Promise.resolve();
  #cancelBeat = () => {};
  #cancelAlarm = () => {};
  #quit: Quit | undefined;
  #released: Promise<Released> | undefined;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  readonly #workEnd = new AbortController();
  readonly #end = new AbortController();
  readonly #judged = new Set<string>();

  constructor(
    private readonly context: Context,
    { record, stamp }: Taken,
  ) {
    this.office = { term: record.term, attempt: record.attempt, holder: context.id };
    this.#beat = record.beat;
    this.#latest = record;
    this.#stamp = stamp;
    const { leaseMs, renewMs } = context.timings;
    if (stamp === undefined) this.#declare = { leaseMs, renewMs, priority: context.priority, value: context.value };
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

  /** Begins the leadership, if enough is left to lead at all. From here on the end is told, once. */
  begin(): boolean {
    if (this.#over !== undefined || this.#stop.signal.aborted) return false;
    if (this.#left() <= this.context.timings.stepDownMs) return false;
    this.#begun = true;
    this.#armAlarm();
    return true;
  }

  /** Renews out of turn: a newcomer whose lease is not enough yet. */
  renewNow(): Promise<Beaten> {
    return this.#inLane(() => this.#raiseBeat('renew'));
  }

  /** Writes what the leader proclaims; tries again while it leads, for a write of unknown fate may not have landed. */
  async proclaim(value: unknown): Promise<void> {
    checkValue(value);
    checkFits(this.context.election, { ...this.#latest, value });
    for (;;) {
      const beaten = await this.#inLane(() => this.#raiseBeat('proclaim', { value }));
      if (beaten === 'landed') return;
      if (beaten === 'ended') throw this.lostError('proclaim() found the leadership over');
      await sleep(this.context.clock, RELEASE_RETRY_MS, this.#stop.signal);
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
    this.#cancelBeat();
    this.#cancelAlarm();
    this.#tellLost(reason);
    this.#end.abort();
  }

  /** The error for a use of this leadership after its end. */
  lostError(what: string): TenureError {
    const reason = this.#over ?? this.#quit?.reason ?? 'expired';
    const advice: Record<LostReason, string> = {
      superseded: 'another candidate leads, or the record was replaced',
      expired: 'its lease ran out before a heartbeat landed',
      revoked: 'an operator, or proof of death, revoked it',
      resigned: 'it was resigned',
      yielded: 'it was handed over to a challenger',
      closed: 'the election was closed',
    };
    return new TenureError(
      'LeadershipLost',
      `${what}: ${this.office.holder} leads term ${this.term} of election "${this.context.election}" no more; ` +
        `${advice[reason]}. Stop the work of this term.`,
      { details: { election: this.context.election, term: this.term, reason } },
    );
  }

  #now(): Instant {
    return this.context.clock.now();
  }

  #left(): number {
    return this.#stamp === undefined ? 0 : leftOfLease(this.#stamp, this.#now(), this.context.timings);
  }

  /** Looks at the clock and draws the consequences. Every use of the leadership comes through here. */
  #look(): void {
    if (!this.#begun || this.#over !== undefined) return;
    const left = this.#left();
    if (left <= 0) this.end('expired');
    else if (left <= this.context.timings.stepDownMs) this.#stopWork();
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
      void this.#inLane(() => this.#raiseBeat('renew'));
    });
  }

  #armAlarm(): void {
    this.#cancelAlarm();
    if (!this.#begun || this.#over !== undefined) return;
    const until = this.#stop.signal.aborted ? 0 : this.context.timings.stepDownMs;
    this.#cancelAlarm = this.context.clock.after(this.#left() - until, () => {
      this.#look();
      this.#armAlarm();
    });
  }

  /** All writes of one leadership are serialised. What runs in the lane never throws. */
  #inLane<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lane.then(write);
    this.#lane = result;
    return result;
  }

  /** One heartbeat or proclamation: its lease counts from the stamp that is taken before the first attempt is sent. */
  async #raiseBeat(operation: 'renew' | 'proclaim', proclaim?: { value: unknown }): Promise<Beaten> {
    this.#look();
    if (this.#over !== undefined || this.#stop.signal.aborted) return 'ended';
    const { store, clock, timings, emitter } = this.context;
    this.#beat += 1;
    const beat = this.#beat;
    const declare = this.#declare;
    const leftMs = this.#left();
    const sent = clock.now();
    this.#dueAt = sent.mono + timings.renewMs;
    this.#armBeat();
    let reply: Reply;
    try {
      const limit = callLimitMs(timings.requestTimeoutMs, this.#begun ? leftMs : timings.requestTimeoutMs);
      const write = { office: this.office, beat, at: Math.round(sent.wall), declare, proclaim };
      reply = await call(this.context, operation, limit, (options) => store.renew(write, options));
    } catch (cause) {
      emitter.emit('error', asTenureError(cause, `A heartbeat of term ${this.term}`));
      return 'unknown';
    }
    const fate = fateOfRenewal(this.office, beat, reply);
    if (fate.is === 'over') return this.#refused(fate.reason, reply.record);
    if (fate.is === 'unclear') return 'unknown';
    this.#declare = undefined;
    return this.#landed(fate.record, sent, leftMs);
  }

  #landed(record: LeaseRecord, sent: Instant, leftMs: number): Beaten {
    this.#look(); // an answer that comes after the deadline restores nothing
    if (this.#over !== undefined) return 'ended';
    const { view, emitter, clock } = this.context;
    this.#stamp = sent;
    this.#latest = record;
    this.#armAlarm();
    view.see(record);
    const latencyMs = clock.now().mono - sent.mono;
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
    if (yields) void this.quit({ reason: 'yielded', challenger });
  }

  async #giveBack({ timed = false }: Quit): Promise<Released> {
    const { clock, emitter } = this.context;
    // Fixed when the close is asked for: a later proclaim does not move it.
    const vacateAt = this.#dueAt;
    const wait = (until: number) =>
      sleep(clock, until - this.#now().mono, this.#hurry.signal, this.#end.signal, this.#stop.signal);
    const inPlace = timed && this.#begun;
    if (inPlace) await wait(vacateAt - TIMED_CLOSE_MS);
    this.#look();
    const expiring = this.#begun && this.#stop.signal.aborted && this.#over === undefined;
    this.#stopWork();
    this.#armAlarm();
    if (this.#begun) await aborted(this.#workEnd.signal, this.#end.signal);
    if (inPlace) await sleep(clock, vacateAt - this.#now().mono, this.#hurry.signal, this.#end.signal);
    const released = await this.#inLane(() => this.#release(expiring));
    emitter.emit('released', { term: this.term, released });
    return { released };
  }

  /** Vacates or hands over, until that is seen to have landed or the lease has run out. */
  async #release(expiring: boolean): Promise<boolean> {
    this.#look();
    if (this.#over !== undefined) return this.#endSeen;
    const { clock, timings, emitter, view } = this.context;
    this.#releasing = true;
    const reason = expiring ? 'expired' : this.#quit!.reason;
    this.#tellLost(reason);
    let challenger = this.#quit!.challenger;
    const until = this.#now().mono + Math.max(this.#left(), this.#begun ? 0 : timings.leaseMs);
    let landed = false;
    while (!landed && this.#now().mono < until) {
      try {
        const reply = await this.#sendRelease(challenger, until);
        const fate = fateOfRelease(this.office, reply);
        landed = fate.is !== 'unclear';
        if (reply.record !== undefined) view.see(reply.record);
        if (landed) break;
        challenger = reply.record?.challenger; // a stronger one came between: the office goes to that one
      } catch (cause) {
        emitter.emit('error', asTenureError(cause, `Giving back term ${this.term}`));
      }
      await sleep(clock, Math.min(RELEASE_RETRY_MS, until - this.#now().mono));
    }
    this.end(reason, landed);
    return landed;
  }

  #sendRelease(challenger: Challenger | undefined, until: number): Promise<Reply> {
    const { store, timings } = this.context;
    const now = this.#now();
    const at = Math.round(now.wall);
    const limit = callLimitMs(timings.requestTimeoutMs, until - now.mono);
    const { office } = this;
    if (challenger?.stands && this.#quit!.reason === 'yielded') {
      return call(this.context, 'handOver', limit, (o) => store.handOver({ office, challenger, at }, o));
    }
    this.#beat += 1;
    const write = { office, beat: this.#beat, at, successor: this.#quit!.to };
    return call(this.context, 'resign', limit, (o) => store.resign(write, o));
  }

  /** True if the record still shows this term in office: for who finds the fence above its term. */
  async stillHeld(): Promise<boolean> {
    const { store, timings } = this.context;
    const record = await call(this.context, 'read', timings.requestTimeoutMs, (o) => store.read(o));
    return record !== undefined && endOf(this.office, record) === undefined;
  }
}
