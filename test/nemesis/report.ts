/** The report of a run: a table, and each violation with what surrounds it. */
import type { Outcome } from './run.js';

export interface Caught {
  readonly name: string;
  /** Undefined: it was not caught. */
  readonly seconds: number | undefined;
  readonly by: string;
}

const grouped = (n: number) => Math.round(n).toLocaleString('en');
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0);
const listed = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${what} ${grouped(count)}`)
    .join(', ') || 'none';

export function violationsOf({ broken }: Outcome): number {
  return sum(broken);
}

export function table(outcome: Outcome, elections: number, processes: number, caught: readonly Caught[]): string {
  const { terms, counts, faults, writes, broken, requests, changes, seconds, recoveredMs, errors, died } = outcome;
  const { first = 0, ...failovers } = terms;
  const rows: [string, string][] = [
    ['elections', `${elections}, on ${processes} processes`],
    ['faults for', `${seconds.toFixed(0)} s`],
    ['failovers', `${grouped(sum(failovers))} (${listed(failovers)})`],
    ['terms led', `${grouped(counts.elected)}, of them ${first} the first of their election`],
    ['claims', grouped(counts.claims)],
    ['changes of records', grouped(changes)],
    ['journal entries', `${grouped(counts.journal)} (writes reported: ${listed(writes)})`],
    ['requests', grouped(requests)],
    ['faults', `${grouped(sum(faults))} (${listed(faults)})`],
    ['errors reported', listed(errors)],
    ...(died > 0 ? [['died', `${grouped(died)} processes ended by themselves`] as [string, string]] : []),
    ['violations', sum(broken) === 0 ? '0' : `${sum(broken)} (${listed(broken)})`],
    ['all led again', recoveredMs === undefined ? 'no' : `${(recoveredMs / 1000).toFixed(1)} s after the last fault`],
    ...caught.map(({ name, seconds: after, by }): [string, string] => [
      'planted',
      `${name}: ${after === undefined ? 'NOT CAUGHT' : `caught after ${after.toFixed(1)} s (${by})`}`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Each violation that is shown, and what happened around it. */
export function findings({ shown, failures }: Outcome): string {
  const violations = shown.map(
    ({ violation: { election, sentence }, around }) => `VIOLATION in ${election}: ${sentence}\n${around.join('\n')}`,
  );
  return [...violations, ...failures.map((failure) => `FAILURE: ${failure}`)].join('\n\n');
}
