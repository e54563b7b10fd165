/** What may come next on a command line, from the program itself: no list is kept beside it. */
import type { Argument, Command, Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  readonly about: string;
}

/** What is in the table that the line is about; asked only where it may stand. `given` are the words before. */
export interface Names {
  elections(given: readonly string[]): Promise<string[]>;
  /** The standbys of an election, where candidates are listed. */
  standbys(given: readonly string[], election: string): Promise<string[]>;
}

/** @param words all words after the program's name; the last one is being written, and may be empty */
export async function suggest(program: Command, words: readonly string[], names: Names): Promise<Suggestion[]> {
  const current = words.at(-1) ?? '';
  const { command, operands, awaiting, verbatim } = walk(program, words.slice(0, -1));
  if (verbatim) return []; // a command of the user's own
  const matching = (found: Suggestion[]) => found.filter(({ value }) => value.startsWith(current));
  const given = words.slice(0, -1);
  if (awaiting?.long === '--to' && operands[0] !== undefined) {
    return matching((await names.standbys(given, operands[0])).map((value) => ({ value, about: 'stands by' })));
  }
  if (awaiting !== undefined) return matching(choices(awaiting));
  const [, flag, start] = /^(--[^=]+)=(.*)$/.exec(current) ?? [];
  if (flag !== undefined) {
    const option = optionsOf(command).find(({ long }) => long === flag);
    return choices(option)
      .map((choice) => ({ ...choice, value: `${flag}=${choice.value}` }))
      .filter(({ value }) => value.startsWith(`${flag}=${start}`));
  }
  if (current.startsWith('-')) {
    return matching(
      optionsOf(command).map((option) => ({ value: option.long ?? option.short!, about: option.description })),
    );
  }
  const subcommands = command.createHelp().visibleCommands(command);
  if (subcommands.length > 0) {
    return matching(subcommands.map((sub) => ({ value: sub.name(), about: sub.summary() || sub.description() })));
  }
  const argument = argumentAt(command, operands.length);
  if (argument === undefined) return [];
  if (argument.argChoices) return matching(choices(argument));
  if (argument.name() !== 'election') return [];
  const elections = (await names.elections(given)).filter((name) => !operands.includes(name));
  return matching(elections.map((value) => ({ value, about: 'an election' })));
}

/** Where the words before the current one lead. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  const operands: string[] = [];
  let awaiting: Option | undefined;
  for (const word of words) {
    if (awaiting !== undefined) {
      awaiting = undefined;
      continue;
    }
    if (word === '--') return { command, operands, awaiting, verbatim: true };
    if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
      if (option?.required) awaiting = option;
      continue;
    }
    const next = command.commands.find((sub) => sub.name() === word || sub.aliases().includes(word));
    if (next !== undefined) command = next;
    else operands.push(word);
  }
  return { command, operands, awaiting, verbatim: false };
}

/** Its own, and those of the commands above it. */
function optionsOf(command: Command): Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...globalOptions(command)];
}

function globalOptions(command: Command): Option[] {
  const parent = command.parent;
  return parent === null
    ? []
    : [...parent.options.filter(({ hidden, long }) => !hidden && long !== '--version'), ...globalOptions(parent)];
}

function argumentAt(command: Command, n: number): Argument | undefined {
  const known = command.registeredArguments;
  const last = known.at(-1);
  return known[n] ?? (last?.variadic ? last : undefined);
}

const choices = (of: { argChoices?: readonly string[] } | undefined): Suggestion[] =>
  (of?.argChoices ?? []).map((value) => ({ value, about: '' }));
