/**
 * Post-dated notices (section 8): with every write that begins or extends a lease its writer mails the death notice of
 * the version that it is about to write, to come out when that version's lease has run out. The write never waits for it.
 */
import { isTenureError, show, TenureError } from '../../lease/errors.js';
import type { Timings } from '../../lease/timing.js';
import { waitMs } from '../../lease/timing.js';
import { MAX_NOTICE_DELAY_S, MAX_NOTICED_LEASE_MS } from '../../names/limits.js';
import type { Emitter } from '../events.js';

/**
 * A post-dated death notice (section 8): one version of a record, and the attempt it belongs to, because term t + 1, beat 0
 * is not unique before its acquisition.
 */
export interface Notice {
  /** The election's name. */
  readonly election: string;
  /** The term of the version. */
  readonly term: number;
  /** The number of the version's write within its term. */
  readonly beat: number;
  /** The acquisition that the term belongs to. */
  readonly attempt: string;
  /**
   * The marks of writes that its writer knows of, this one's included: a clone of the writer counts its lease from a time of
   * its own. Absent in notices of older versions.
   */
  readonly marks?: readonly string[] | undefined;
}

/** Takes a notice to its queue, to come out after `delayS` whole seconds. Rejects where it could not; no lease hangs on it. */
export type Post = (notice: Notice, delayS: number) => Promise<void>;

/** By how much the notice of a version is delayed, in whole seconds: what is missing, the watchdog waits out. */
export function noticeDelayS(leaseMs: number, drift: number): number {
  return Math.min(MAX_NOTICE_DELAY_S, Math.floor(waitMs(leaseMs, drift) / 1000));
}

/** The notices of one candidate. Each may be lost: then the tick, or a standby that runs, sees the expiry. */
export class Notices {
  readonly #underWay = new Set<Promise<void>>();
  #toldTooLong = false;

  constructor(
    private readonly election: string,
    private readonly timings: Timings,
    private readonly emitter: Emitter,
    private readonly post: Post | undefined,
  ) {}

  /** Mails the notice of a version, and goes on at once. */
  mail(version: Omit<Notice, 'election'>): void {
    if (this.post === undefined || this.#isTooLong()) return;
    const notice: Notice = { election: this.election, ...version };
    const { leaseMs, drift } = this.timings;
    const { post } = this;
    // A post that throws is like one whose promise rejects: the heartbeat beside it goes on.
    const mailing = (async () => post(notice, noticeDelayS(leaseMs, drift)))()
      .catch((cause) => this.#failed(notice, cause))
      .finally(() => this.#underWay.delete(mailing));
    this.#underWay.add(mailing);
  }

  /** Resolves when none is under way any more: a function that ends is frozen with whatever it still does. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #isTooLong(): boolean {
    const { leaseMs } = this.timings;
    if (leaseMs < MAX_NOTICED_LEASE_MS) return false;
    if (!this.#toldTooLong) {
      this.#toldTooLong = true;
      const message =
        `A lease of ${leaseMs} ms has no notices: a message can be delayed by ${MAX_NOTICE_DELAY_S} s at most. Its ` +
        `expiry is seen by standbys and by the minute tick; for notices, choose a lease under ${MAX_NOTICED_LEASE_MS} ms.`;
      this.emitter.emit('error', new TenureError('NoticeFailed', message, { details: { leaseMs } }));
    }
    return true;
  }

  #failed({ election, term, beat }: Notice, cause: unknown): void {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
    const message =
      `The death notice of election "${election}", term ${term}, beat ${beat}, could not be mailed (${why}). The lease ` +
      'is not touched by that; if this candidate dies now, standbys or the minute tick find out.';
    const error = isTenureError(cause) ? cause : new TenureError('NoticeFailed', message, { cause });
    this.emitter.emit('error', error);
  }
}
