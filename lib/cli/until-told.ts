/** For commands that serve: they end when they are told to. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves at the first signal to end; from the second one on, the process ends as any other does. */
export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    const told = () => {
      for (const signal of SIGNALS) process.off(signal, told);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, told);
  });
}
