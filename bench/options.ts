/** The options of `npm run bench`, and how much it measures: in full, or `--quick` to see that it works. */
import { parseArgs } from 'node:util';

export const PARTS = ['failover', 'handover', 'requests', 'lost-replies', 'scale'] as const;
export type Part = (typeof PARTS)[number];

/** How often each thing is measured, for each system. */
export interface Amount {
  readonly crashes: number;
  readonly closes: number;
  readonly resigns: number;
  readonly quietMs: number;
  readonly lostReplies: number;
  /** How long each process of many elections is watched once all of them lead. */
  readonly scaleMs: number;
}

const FULL: Amount = { crashes: 24, closes: 16, resigns: 12, quietMs: 45_000, lostReplies: 8, scaleMs: 20_000 };
const QUICK: Amount = { crashes: 3, closes: 3, resigns: 3, quietMs: 12_000, lostReplies: 2, scaleMs: 6_000 };

export interface Options {
  readonly quick: boolean;
  readonly only: readonly Part[];
  readonly amount: Amount;
}

export const USAGE = `npm run bench [-- --quick] [-- --only ${PARTS.join(',')}]`;

/** @throws Error that says what was not understood, and how it is used */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const only = values.only === undefined ? [...PARTS] : values.only.split(',').map(partNamed);
  return { quick: values.quick, only, amount: values.quick ? QUICK : FULL };
}

function partNamed(name: string): Part {
  const part = PARTS.find((one) => one === name.trim());
  if (part === undefined) throw new Error(`There is no part "${name}". Use: ${USAGE}`);
  return part;
}
