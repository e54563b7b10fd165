/** One try to lead, for a candidate that was woken (section 8): its options, and what comes of it. */
import type { TenureError } from '../../lease/errors.js';
import type { LostReason } from '../../lease/outcome.js';
import { wholeMs } from '../../lease/timing.js';
import { checkId } from '../candidate-id.js';
import type { Office } from '../office.js';
import { checkFlag, checkKeys } from '../options.js';
import type { Trying } from './candidate.js';

/** The longest hint of a time, in ms: a day. */
const MAX_HINT_MS = 86_400_000;

/** How one try to lead is made; see `Election.tryRun`. */
export interface TryOptions {
  /** Ends the try, or the term: the work has to stop at once, and the office is vacated when it has. */
  readonly signal?: AbortSignal | undefined;
  /** The candidate that the vacancy at the end is reserved for. Its own id keeps the office with this candidate, from one call to the next. */
  readonly successor?: string | undefined;
  /**
   * How long a vacancy that is reserved for another is left alone, in ms, by the wall clock (a hint). Default: it is
   * watched for the two heartbeats of section 6.
   */
  readonly reservedMs?: number | undefined;
  /**
   * Declares a relay: this process is a later runner of the same candidate id. A runner that has led for longer than this,
   * in ms (by the wall clock, a hint), or that is of another `build`, is asked to hand over, and does so in one write.
   */
  readonly relayAfterMs?: number | undefined;
  /**
   * Go on where a failure is permanent (no such table, access denied, no credentials), until `signal` aborts or the patience
   * of a try is over. Default `false`: such a failure is thrown at once.
   */
  readonly keepTrying?: boolean | undefined;
}

/**
 * What came of a try: the term that was led and how it ended, or why none was (`why` in words, for logs), the office as it
 * was last seen, and the last failure if requests have failed (`cause`).
 */
export type TryResult =
  | { readonly led: true; readonly term: number; readonly reason: LostReason }
  | {
      readonly led: false;
      readonly why: string;
      readonly office: Office;
      readonly cause?: TenureError | undefined;
    };

/** Checks the options of a try. */
export function resolveTrying(options: TryOptions): Trying {
  checkKeys('tryRun()', options, ['signal', 'successor', 'reservedMs', 'relayAfterMs', 'keepTrying']);
  const { successor, reservedMs, relayAfterMs, keepTrying } = options;
  return {
    keepTrying: checkFlag('keepTrying', keepTrying),
    successor: successor === undefined ? undefined : checkId('successor', successor),
    reservedMs: reservedMs === undefined ? undefined : wholeMs('reservedMs', reservedMs, 0, MAX_HINT_MS),
    relayAfterMs: relayAfterMs === undefined ? undefined : wholeMs('relayAfterMs', relayAfterMs, 0, MAX_HINT_MS),
  };
}
