/** What the functions need of AWS Lambda: the remaining time of an invocation, and when it has failed. */
import type { TryResult } from '../election/candidate/try.js';
import { realClock } from '../lease/clock.js';
import { END_MARGIN_MS } from '../names/limits.js';

/** The part of a function's context that is needed. */
export interface LambdaContext {
  /** What is left of the invocation, in ms. */
  getRemainingTimeInMillis(): number;
}

/**
 * A signal that aborts early enough before the invocation's end for the work to stop and the office to be given back:
 * 10 s, or a quarter of the time if that is less. If a leader is cut off instead, the others have to wait for its lease.
 */
export function beforeTheEnd(context: LambdaContext): { readonly signal: AbortSignal; cancel(): void } {
  const leftMs = context.getRemainingTimeInMillis();
  const controller = new AbortController();
  const cancel = realClock.after(leftMs - Math.min(END_MARGIN_MS, leftMs / 4), () => controller.abort());
  return { signal: controller.signal, cancel };
}

/** Throws the failure that a try ended with where nobody is seen to lead: the invocation has failed. */
export function failIfUnled(tried: TryResult): void {
  if (!tried.led && tried.cause !== undefined && tried.office.holder === undefined) throw tried.cause;
}
