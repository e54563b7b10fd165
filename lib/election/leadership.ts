/** What the leader's work is given: the right to lead one term, for as long as it lasts. */
import type { Fence } from './fence.js';
import type { Holding, Released } from './holding.js';
import { checkId } from './options.js';

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
  readonly #holding: Holding;
  /** The term: a number that only rises from one leader to the next. The fencing token. */
  readonly term: number;
  /** The candidate's id. */
  readonly id: string;
  /** Fenced writes for DynamoDB (section 7). */
  readonly fence: Fence;

  /** @internal Made by the election alone. */
  constructor(holding: Holding, fence: Fence) {
    this.#holding = holding;
    this.term = holding.term;
    this.id = holding.office.holder;
    this.fence = fence;
  }

  /**
   * An `AbortSignal`, for whatever takes one. Aborts `stepDownMs` before the lease ends, or as soon as the office is
   * lost, given back or handed over: stop then. Its `reason` is a `TenureError` `LeadershipLost`. Reading it looks at
   * the clock, so that it is right even in the turn that blocked the event loop (S9).
   */
  get signal(): AbortSignal {
    return this.#holding.signal;
  }

  /**
   * How long this leader may still lead without another heartbeat, in ms; 0 once it may not, and never more again
   * (section 4).
   */
  remainingMs(): number {
    return this.#holding.remainingMs();
  }

  /**
   * Passes while this leader holds its lease, by both local clocks (S1, S9). A pause may still come right after it:
   * writes are made safe by {@link fence}, not by asking first.
   * @throws TenureError `LeadershipLost`, with the reason in `details.reason`
   * @example
   * leadership.assertHeld(); // before what no fence protects, and with no promise for what comes after
   */
  assertHeld(): void {
    if (this.#holding.remainingMs() <= 0) throw this.#holding.lostError('assertHeld() failed');
  }

  /**
   * Proclaims a value (an address, a version) with the next write of the record; followers see it in `office.value`.
   * Resolves once it has landed. Extends the lease as a heartbeat does (section 3).
   *
   * @param value anything DynamoDB can hold, at most 400 bytes; `undefined` takes the last one back
   * @throws TenureError `BadOption`, `RecordTooLarge`, or `LeadershipLost` if the leadership ended first
   * @example
   * await leadership.proclaim({ address: '10.0.0.7:8080' });
   */
  proclaim(value: unknown): Promise<void> {
    return this.#holding.proclaim(value);
  }

  /**
   * Gives the office back. From within the work it is the work's own word that it has ended: the signal aborts, and the
   * office is vacated as soon as a heartbeat under way has been answered. This candidate then leaves vacancies to others
   * for a while. A second call joins the first.
   *
   * @param options.to the candidate that the vacancy is reserved for, for two heartbeats
   * @returns `released: true` once the vacancy, or a later term, was seen; `false` if the table could not be reached
   *   until the lease ran out: then it costs the others at most one lease. Either way this term never leads again (S10)
   * @throws TenureError `BadOption` if `to` is no id
   * @example
   * const { released } = await leadership.resign({ to: 'worker-2' });
   */
  async resign({ to }: { to?: string } = {}): Promise<Released> {
    return this.#holding.resign(to === undefined ? undefined : checkId('to', to));
  }

  /** Resigns. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holding.resign();
  }
}
