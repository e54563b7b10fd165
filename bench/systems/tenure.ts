/** Tenure as a user runs it: `run()` with work that stops when its signal aborts. */
import { Election, type Leadership } from '../../lib/index.js';
import type { System } from './system.js';

export const tenure: System = ({ name, tableName, id, leaseMs, heartbeatMs }, on) => {
  const election = new Election({ name, tableName, id, leaseMs, renewMs: heartbeatMs });
  const stop = new AbortController();
  let leadership: Leadership | undefined;
  election.on('lost', ({ reason }) => on.lost(reason));
  const running = election.run(
    async (mine) => {
      leadership = mine;
      on.elected(); // in the work's own first line: the fence is raised by now
      await new Promise<void>((resolve) => {
        if (mine.signal.aborted) resolve();
        else mine.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      on.stopping();
    },
    { signal: stop.signal },
  );
  return {
    async resign() {
      await leadership?.resign();
    },
    async close() {
      stop.abort();
      await running;
      await election.close();
    },
  };
};
