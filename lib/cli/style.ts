/** How lines look on a terminal: colours, or none (by NO_COLOR, by `--no-color`, and where no terminal shows them), and columns. Pure. */

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

export type Style = Record<keyof typeof CODES, (text: string) => string>;

/**
 * @param isTerminal whether the stream is a terminal
 * @param color false for `--no-color`
 */
export function styleOf(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean, color: boolean): Style {
  const shown = color && isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
  const painter = ([on, off]: readonly [number, number]) =>
    shown ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text;
  return {
    bold: painter(CODES.bold),
    dim: painter(CODES.dim),
    red: painter(CODES.red),
    green: painter(CODES.green),
    yellow: painter(CODES.yellow),
  };
}

/**
 * Aligns the cells of rows in columns.
 * @param paint is given each cell after it was padded, so that colours take no room
 */
export function inColumns(
  rows: readonly (readonly string[])[],
  paint = (cell: string, _row: number) => cell,
): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length);
  return rows.map((row, r) =>
    row
      .map((cell, n) => paint(n === row.length - 1 ? cell : cell.padEnd(widths[n]!), r))
      .join('  ')
      .trimEnd(),
  );
}
