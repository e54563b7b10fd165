/** Colours, or none: by NO_COLOR, by `--no-color`, and by whether anybody sees them. Pure. */

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
