/** Arguments of programs that are started by npm: read by Node's own parser, and refused in a sentence, never in a stack. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Arguments that cannot be used: the message is for people, and says what was expected. */
export class BadArguments extends Error {}

/**
 * @param command how the program is called, for the message
 * @throws BadArguments for an option that is not known, or has no value
 */
export function parseArguments<O extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: O,
  command: string,
): ReturnType<typeof parseArgs<{ args: string[]; options: O }>>['values'] {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    // Only the first sentence of Node's: the rest is advice on things that do not exist here.
    const [what] = (error as Error).message.split(/\.\s|\n/);
    throw new BadArguments(`${what?.replace(/\.$/, '')}. Expected are the options of: ${command} -- --help`);
  }
}

/** A whole number from `least` to `most`. @throws BadArguments */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw unusable(option, text, `a whole number from ${least} to ${most}`);
}

/** One of a list; undefined if the option is left out. @throws BadArguments */
export function oneOf<T extends string>(option: string, text: string | undefined, all: readonly T[]): T | undefined {
  const found = all.find((name) => name === text);
  if (text === undefined || found !== undefined) return found;
  throw unusable(option, text, `one of ${all.join(', ')}`);
}

export function unusable(option: string, found: string | undefined, expected: string): BadArguments {
  return new BadArguments(`${option} must be ${expected}, but is ${JSON.stringify(found)}.`);
}
