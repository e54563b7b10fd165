/** For commands that run until a signal ends them. */
import { anySet } from '../lease/latch.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts at the first signal that asks for the end; from the second one on, the process ends as any other does. */
export function terminationSignal(): AbortSignal {
  const termination = new AbortController();
  const end = () => {
    for (const signal of SIGNALS) process.off(signal, end);
    termination.abort();
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return termination.signal;
}

/** Resolves at that signal. */
export function untilTerminated(): Promise<void> {
  return anySet(terminationSignal());
}
