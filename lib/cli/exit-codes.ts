/** How the program ends: one meaning per number, the same for all commands. docs/cli.md has the table. */
export const EXIT = {
  done: 0,
  /** The table could not be used: unreachable, missing, refused, malformed. */
  failed: 1,
  /** The command line cannot be understood, or asks for what cannot be. */
  usage: 2,
  /** Nobody leads, or not in the term that was named: nothing was done. */
  nobody: 3,
  /** It was waited for in vain. */
  timedOut: 4,
  /** `run --on-lost exit`: the leadership was lost. As `EX_TEMPFAIL`: try again. */
  lost: 75,
  /** As shells have it: the command is there and cannot be run, or is not there. */
  notExecutable: 126,
  notFound: 127,
  /** As shells have it: to this, the number of the signal is added. */
  bySignal: 128,
} as const;
