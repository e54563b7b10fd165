/**
 * Builds that are known to be bad: each must be caught by the same nemesis, or its silence about the good one says nothing.
 * One for each eye of the checker: who leads, which terms there are, and what the fence let through.
 */
import type { Patch } from '../simulation/build.js';
import { MUTANTS } from '../simulation/mutants.js';

export interface Plant {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** A known-bad variant of the simulation, by its number. */
function variant(number: number): Plant {
  const found = MUTANTS.find((mutant) => mutant.number === number);
  if (found === undefined)
    throw new Error(`There is no known-bad variant ${number}: test/simulation/mutants.ts moved on.`);
  const { name, patches } = found;
  return { name: `${number} ${name}`, patches };
}

export const PLANTS: readonly Plant[] = [
  variant(23), // steps down only when a renewal fails
  variant(7), // takeover keeps the term
  {
    // Variant 9 is of the simulated table; this one is of the conditions that are sent.
    name: '9 fenced write without condition',
    patches: [
      {
        file: 'lib/election/fence.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the code itself
        find: 'OR ${name} <= ${value})',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of the code itself
        replace: 'OR ${name} <= ${value} OR ${name} > ${value})',
      },
    ],
  },
];
