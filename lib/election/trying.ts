/** One try to lead, for who is woken (protocol, section 8): what it can be told, and what comes of it. */
import type { LostReason } from '../lease/outcome.js';
import { wholeMs } from '../lease/timing.js';
import type { Trying } from './candidate.js';
import type { Office } from './office.js';
import { checkId } from './options.js';

/** The longest hint of a time, in ms: a day. */
const MAX_HINT_MS = 86_400_000;

/** How one try to lead is made; see `Election.tryRun`. */
export interface TryOptions {
  /** Ends the try, or the term: the work is told to stop at once, and the office is vacated when it has. */
  readonly signal?: AbortSignal;
  /** Whom the vacancy at the end is reserved for. Its own id keeps the office with this candidate, from one call to the next. */
  readonly successor?: string;
  /**
   * How long a vacancy that is reserved for another is left alone, in ms, by the wall clock (a hint). Default: it is
   * watched for the two heartbeats of section 6.
   */
  readonly reservedMs?: number;
  /**
   * Declares a relay: this process is a later runner of the same candidate id. A runner that has led for longer than this,
   * in ms (by the wall clock, a hint), or that is of another `build`, is asked to hand over, and does so in one write.
   */
  readonly relayAfterMs?: number;
}

/**
 * What came of a try: the term that was led and how it ended, or why none was (`why` in words, for logs) and the office as it
 * was last seen.
 */
export type TryResult =
  | { readonly led: true; readonly term: number; readonly reason: LostReason }
  | { readonly led: false; readonly why: string; readonly office: Office };

/** Checks what a try was told. */
export function resolveTrying({ successor, reservedMs, relayAfterMs }: TryOptions): Trying {
  return {
    successor: successor === undefined ? undefined : checkId('successor', successor),
    reservedMs: reservedMs === undefined ? undefined : wholeMs('reservedMs', reservedMs, 0, MAX_HINT_MS),
    relayAfterMs: relayAfterMs === undefined ? undefined : wholeMs('relayAfterMs', relayAfterMs, 0, MAX_HINT_MS),
  };
}
