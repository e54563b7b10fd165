/**
 * The heartbeats of one term (sections 4 to 6). One loop sends them all, one at a time, on a grid of fixed places; one that
 * gets no answer is sent again before its next place, until one lands or the lease is over.
 */
import { tryLimitMs } from '../../lease/client.js';
import type { Instant } from '../../lease/clock.js';
import { sleep } from '../../lease/clock.js';
import { isTenureError } from '../../lease/errors.js';
import { Latch, type Once } from '../../lease/latch.js';
import type { LostReason } from '../../lease/outcome.js';
import type { LeaseRecord } from '../../lease/record.js';
import type { Context } from '../context.js';
import type { Proclamation } from './proclamation.js';
import type { TermWrites } from './term-writes.js';

/** Between two tries of a heartbeat: the first comes at once, the second after this, and so on, doubling. */
const FIRST_PAUSE_MS = 50;
/** The shortest of the pauses, for leases under a second. */
const LEAST_PAUSE_MS = 25;
/** A timer that rings so much too early has rung for its place. */
const TIMER_ERROR_MS = 1;

/** What the heartbeats are for. */
export interface Renewed {
  /** Set when no heartbeat is wanted any more. */
  readonly stopped: Once;
  /** Looks at the clock first: false once no heartbeat may be sent. */
  mayRenew(): boolean;
  readonly begun: boolean;
  /** What is left of the lease, in ms. */
  leftMs(): number;
  /** False if the answer came too late. */
  landed(record: LeaseRecord, sent: Instant, leftMs: number): boolean;
  refused(reason: LostReason, record: LeaseRecord | undefined): void;
}

export class Renewals {
  /** The next place of the grid: monotonic ms. */
  #place: number;
  #failures = 0;
  #retryAt = 0;
  #asked = new Latch();
  #settled = new Latch();
  /** Resolves when none is under way, and none will be sent. */
  readonly ended: Promise<void>;

  /** @param firstAt where the first one is due: monotonic ms */
  constructor(
    private readonly context: Context,
    private readonly writes: TermWrites,
    private readonly proclamation: Proclamation,
    private readonly term: Renewed,
    firstAt: number,
  ) {
    this.#place = firstAt;
    this.ended = this.#run();
  }

  /** When the next heartbeat is due: monotonic ms. */
  get place(): number {
    return this.#place;
  }

  /** Sends one out of turn, unless one that failed is being sent again already. Resolves when the next one is answered, or not. */
  ask(): Once {
    this.#asked.set();
    return this.#settled;
  }

  async #run(): Promise<void> {
    const { clock } = this.context;
    while (!this.term.stopped.isSet) {
      const asked = this.#asked;
      const isRetry = this.#failures > 0;
      const at = isRetry ? Math.min(this.#retryAt, this.#place) : this.#place;
      await sleep(clock, at - clock.now().mono, this.term.stopped, ...(isRetry ? [] : [asked]));
      if (!this.term.mayRenew()) break;
      if (asked.isSet) this.#asked = new Latch();
      await this.#beat();
    }
    this.#settled.set();
  }

  async #beat(): Promise<void> {
    const { clock, timings } = this.context;
    this.#passPlaces();
    const leftMs = this.term.leftMs();
    const tryMs = tryLimitMs(timings.requestTimeoutMs);
    const limitMs = this.term.begun ? Math.min(tryMs, leftMs) : tryMs;
    const { wanted } = this.proclamation;
    const { fate, sent, record, failure } = await this.writes.renew(limitMs, wanted);
    if (fate.is === 'landed') {
      this.#failures = 0;
      if (this.term.landed(fate.record, sent, leftMs) && wanted !== undefined) this.proclamation.landed(wanted);
    } else if (fate.is === 'over') {
      this.term.refused(fate.reason, record);
    } else if (
      wanted !== undefined &&
      (isTenureError(failure, 'RequestInvalid') || isTenureError(failure, 'WrongKey'))
    ) {
      this.proclamation.refused(wanted, failure);
      this.#failures = 1;
      this.#retryAt = clock.now().mono;
    } else {
      this.#failures += 1;
      this.#retryAt = clock.now().mono + this.#pauseMs();
    }
    const settled = this.#settled;
    this.#settled = new Latch();
    settled.set();
  }

  /** The grid stays where it is, whatever is sent beside it: standbys have learned its places. */
  #passPlaces(): void {
    const { clock, timings } = this.context;
    const late = clock.now().mono - this.#place;
    if (late < -TIMER_ERROR_MS) return;
    this.#place += timings.renewMs * (Math.floor(Math.max(0, late) / timings.renewMs) + 1);
  }

  /** Nothing before the first try again; then longer each time, but short enough to meet the end of an outage soon. */
  #pauseMs(): number {
    if (this.#failures === 1) return 0;
    const { timings, chance } = this.context;
    const most = Math.max(LEAST_PAUSE_MS, timings.requestTimeoutMs / 4);
    return Math.min(most, FIRST_PAUSE_MS * 2 ** Math.min(10, this.#failures - 2)) * (0.75 + chance.unit() / 4);
  }
}
