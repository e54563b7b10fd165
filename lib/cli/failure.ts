/** How the program ends: the exit codes, and an end that a command has foreseen. */

/** One meaning per number, the same for all commands. docs/cli.md has the table. */
export const EXIT = {
  done: 0,
  /** The table could not be used: unreachable, missing, refused, malformed. */
  failed: 1,
  /** The command line cannot be understood, or asks for what is not possible. */
  usage: 2,
  /** No candidate leads, or not in the term that was named: nothing was done. */
  nobody: 3,
  /** What was waited for did not happen in time. */
  timedOut: 4,
  /** `run --on-lost exit`: the leadership was lost. As `EX_TEMPFAIL`: try again. */
  lost: 75,
  /** As shells have it: the command is there and cannot be run, or is not there. */
  notExecutable: 126,
  notFound: 127,
  /** As shells have it: to this, the number of the signal is added. */
  bySignal: 128,
} as const;

/** A message for people, and the exit code. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

export const usage = (message: string): Failure => new Failure(message, EXIT.usage);
