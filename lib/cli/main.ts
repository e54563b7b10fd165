/** The command line from arguments to exit code. An error ends in words for people, never in a stack. */
import { CommanderError } from 'commander';
import { quietSdk } from '../local/quiet-sdk.js';
import { explainError } from './explain-error.js';
import { EXIT } from './failure.js';
import { type Ending, makeProgram } from './program.js';
import { endWithTheReader, terminal } from './terminal.js';

/** @returns the exit code; docs/cli.md lists them */
export async function main(argv: readonly string[]): Promise<number> {
  quietSdk();
  endWithTheReader();
  const ending: Ending = { exitCode: EXIT.done };
  try {
    await makeProgram(ending).parseAsync([...argv], { from: 'user' });
    return ending.exitCode;
  } catch (error) {
    // Commander has said it already; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const where = ending.connection ?? { tableName: 'tenure', place: 'at AWS' };
    const { message, exitCode } = explainError(error, where);
    terminal.note(`tenure: ${message}`);
    return exitCode;
  }
}
