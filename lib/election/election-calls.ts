/** What the methods of an election take and return. */
import type { Challenger } from '../lease/record.js';
import type { Office } from './office.js';
import { bad, checkKeys } from './options.js';

/** When to end; see each method. */
export interface UntilOptions {
  /** Ends it. Default: only `Election.close` does. */
  readonly signal?: AbortSignal | undefined;
}

/** How to stand for one term; see `Election.campaign`. */
export interface CampaignOptions extends UntilOptions {
  /**
   * Go on where a failure is permanent (no such table, access denied, no Region, no credentials). Default `false`: such a
   * failure rejects at once.
   */
  readonly keepTrying?: boolean | undefined;
}

/** What came of a challenge. */
export interface Challenged {
  /** The challenge stands in the record. */
  readonly challenged: boolean;
  /** The office as the answer showed it. */
  readonly office: Office;
  /** Where it was refused: the challenge that stands in the record that refused it, if any. */
  readonly standing: Challenger | undefined;
}

/** Checks the options of a method, and returns the signal among them. */
export function checkSignal(what: string, options: UntilOptions, known?: readonly string[]): AbortSignal | undefined {
  if (known !== undefined) checkKeys(what, options, known);
  const { signal } = options;
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw bad('`signal`', 'an AbortSignal', signal);
}
