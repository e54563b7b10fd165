/** What the leader's work is given: the right to lead one term, for as long as it lasts. */

import { checkId } from '../candidate-id.js';
import type { Fence } from '../fence.js';
import { checkKeys } from '../options.js';
import type { Released } from './giving-back.js';
import type { Term } from './term.js';

/**
 * One term in office, from the moment the fence was raised (sections 4 to 7). It proves nothing to others: what this
 * leader does to the world goes through {@link Leadership.fence}, or carries {@link Leadership.term}.
 *
 * @example
 * await election.run(async (leadership) => {
 *   while (!leadership.signal.aborted) {
 *     await documents.send(new UpdateCommand(leadership.fence.stamp(nextStep())));
 *   }
 * });
 */
export class Leadership implements AsyncDisposable {
  readonly #term: Term;
  /** The term: a number that only rises from one leader to the next. The fencing token. */
  readonly term: number;
  /** The candidate's id. */
  readonly id: string;
  /** Fenced writes for DynamoDB (section 7). */
  readonly fence: Fence;

  /** @internal Made by the election alone. */
  constructor(term: Term, fence: Fence) {
    this.#term = term;
    this.term = term.term;
    this.id = term.office.holder;
    this.fence = fence;
  }

  /**
   * Aborts `stepDownMs` before the lease ends, or as soon as the office is
   * lost, given back or handed over: stop then. Its `reason` is a `TenureError` `LeadershipLost`. Reading it looks at
   * the clock, so that it is right even in the turn that blocked the event loop (S9).
   */
  get signal(): AbortSignal {
    return this.#term.signal;
  }

  /**
   * How long this leader may still lead without another heartbeat, in ms; 0 once it may not, and never more again
   * (section 4).
   */
  remainingMs(): number {
    return this.#term.remainingMs();
  }

  /**
   * Passes while this leader holds its lease, by both local clocks (S1, S9). A pause may still come right after it:
   * writes are made safe by {@link fence}, not by asking first.
   * @throws TenureError `LeadershipLost`, with the reason in `details.reason`
   * @example
   * leadership.assertHeld(); // before what no fence protects, and with no promise for what comes after
   */
  assertHeld(): void {
    if (this.#term.remainingMs() <= 0) throw this.#term.lostError('assertHeld() failed');
  }

  /**
   * Proclaims a value (an address, a version); followers see it in `office.value`. It is sent at once, and with each
   * heartbeat until one has landed. Resolves once this value, or one that was proclaimed later, has landed.
   *
   * @param value anything DynamoDB can hold, at most 400 bytes; it is copied. `undefined` takes the last one back
   * @throws TenureError `BadOption` or `RecordTooLarge` for a value that cannot be written, `RequestInvalid` if DynamoDB
   *   refuses it all the same (the leadership goes on), or `LeadershipLost` if the leadership ended first
   * @example
   * await leadership.proclaim({ address: '10.0.0.7:8080' });
   */
  proclaim(value: unknown): Promise<void> {
    return this.#term.proclaim(value);
  }

  /**
   * Gives the office back. Called from within the work, it says that the work has ended: the signal aborts, and the office
   * is vacated as soon as a heartbeat under way has been answered. This candidate then leaves vacancies to others for a
   * while. A second call joins the first.
   *
   * @param options.to the candidate that the vacancy is reserved for, for two heartbeats
   * @returns `released: true` once the vacancy, or a later term, was seen; `false` if the table could not be reached
   *   until the lease ran out: then it costs the others at most one lease. Either way this term never leads again (S10)
   * @throws TenureError `BadOption` if `to` is no id
   * @example
   * const { released } = await leadership.resign({ to: 'worker-2' });
   */
  async resign(options: { to?: string | undefined } = {}): Promise<Released> {
    checkKeys('resign()', options, ['to']);
    const { to } = options;
    return this.#term.resign(to === undefined ? undefined : checkId('to', to));
  }

  /** Resigns. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#term.resign();
  }
}
