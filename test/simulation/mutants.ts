/**
 * Known-bad variants of the shipping code (and of the simulated table, where the variant is of a condition): each one
 * place changed, in a build of its own. Each must be killed: by seeds, by a directed scenario where it is rare, or on a
 * real engine where it is about expressions. Numbers that are missing belonged to mistakes that the code of today has no
 * place for.
 *
 * One mistake has no variant: a turn of the gate that is kept for a pause between two tries. The simulated table lets all
 * requests in at once, and the code has no pause inside a turn: `call()` takes a turn anew for each try, and what pauses is
 * outside of it.
 */
import type { Mutant } from './mutant.js';
import { CANDIDATE_MUTANTS } from './mutants-candidate.js';
import { HOLDER_MUTANTS } from './mutants-holder.js';
import { TABLE_MUTANTS } from './mutants-table.js';

export type { Mutant } from './mutant.js';

export const MUTANTS: readonly Mutant[] = [...TABLE_MUTANTS, ...HOLDER_MUTANTS, ...CANDIDATE_MUTANTS].sort(
  (a, b) => a.number - b.number,
);
