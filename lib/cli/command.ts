/** What every command is given and returns: the contract between `program.ts` and the files in `commands`. */
import type { Command } from 'commander';
import type { Connection, SharedOptions } from './connection.js';
import type { Style } from './style.js';
import type { Terminal } from './terminal.js';

/** One call of a command. */
export interface CommandCall<O> extends Terminal {
  /** The arguments that are no options. */
  readonly words: readonly string[];
  readonly options: O & SharedOptions;
  readonly connection: Connection;
  readonly style: Style;
}

/** What a command does; it returns the exit code. */
type CommandAction<O> = (call: CommandCall<O>) => Promise<number>;

/** Turns that into an action for commander. */
export type ToAction = <O>(run: CommandAction<O>) => (...given: unknown[]) => Promise<void>;

/** Registers a command on the program. */
export type RegisterCommand = (program: Command, toAction: ToAction) => void;
