/** Lines with their columns in line. Pure. */

/** @param paint is given each cell after it was padded, so that colours take no room */
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
