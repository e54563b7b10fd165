/** What a known-bad variant is, and how it is caught. */
import type { Patch } from './build.js';

export interface Mutant {
  /** Its number, the same for ever. */
  readonly number: number;
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Killed by these seeds (limit), a directed scenario, or the check on a real engine. */
  readonly by:
    | { readonly seeds: number; readonly from?: number }
    | { readonly scenario: string }
    | { readonly engine: true };
}

/** How a place of this file is changed. */
export const at =
  (file: string) =>
  (find: string, replace: string): Patch => ({ file, find, replace });

/** Tried from `from` on: where a rare one is known to die, so that this need not be found anew each time. */
export const seeds = (seeds: number, from = 1) => ({ seeds, from });
