/** What came of one part, and the table that is printed of all of them. */

export interface Result {
  readonly part: string;
  /** How much was looked at: states, traces, variants. */
  readonly looked: string;
  readonly seconds: number;
  readonly fine: boolean;
  /** What was found, or what there is to say. */
  readonly detail: string;
}

export const grouped = (n: number): string => Math.round(n).toLocaleString('en');

export function tableOf(results: readonly Result[]): string {
  const rows = [
    ['part', 'looked at', 'seconds', 'result'],
    ...results.map(({ part, looked, seconds, fine, detail }) => [
      part,
      looked,
      seconds.toFixed(1),
      `${fine ? 'holds' : 'FAILED'}${detail === '' ? '' : `: ${detail}`}`,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 2 ? cell.padStart(widths[2]!) : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
