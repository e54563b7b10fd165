/** Where the program puts its words: results on standard output, all else on standard error. */

/** Where a command puts its words. */
export interface Terminal {
  /** A line of the result. */
  print(line: string): void;
  /** A line about the result: progress, warnings, what to do. */
  note(line: string): void;
  /** A value as one line of JSON on standard output. */
  json(value: unknown): void;
}

export const terminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value, plainly)}\n`),
};

/** A reader that went away (`tenure watch | head -1`) is the end of the program, and no error. */
export function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.stderr.on('error', () => {});
}

/** What leaders proclaim may hold what JSON has no words for. */
function plainly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Set) return [...value];
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
