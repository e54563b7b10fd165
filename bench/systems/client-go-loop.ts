/**
 * A loop with the timings of client-go's `leaderelection`: its defaults of 15, 10 and 2 s keep their proportion to the lease,
 * so at 3 s it renews every 0.4 s. Written from its documentation, on a DynamoDB item instead of a Kubernetes Lease:
 * waiters read every 1 to 2.2 retry periods at random; a refused renewal is settled by a read; a release writes an empty
 * holder (`ReleaseOnCancel`), which the others find at their next try.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Seen, VersionedItem } from './item.js';
import type { System } from './system.js';

const JITTER = 1.2;

export const clientGoLoop: System = ({ name, tableName, id, leaseMs }, on) => {
  const item = new VersionedItem(tableName, name);
  const renewDeadlineMs = (leaseMs * 10) / 15;
  const retryMs = (leaseMs * 2) / 15;
  let observed: (Seen & { at: number }) | undefined;
  let stopped = false;
  let trying: Promise<unknown> = Promise.resolve();

  const observe = (seen: Seen) => {
    if (observed?.version !== seen.version) observed = { ...seen, at: performance.now() };
  };
  const put = async (over: string | undefined): Promise<boolean> => {
    const version = await item.write(id, leaseMs, over);
    if (version !== undefined) observe({ owner: id, version, leaseMs });
    return version !== undefined;
  };
  const isFresh = () => observed !== undefined && performance.now() - observed.at < observed.leaseMs;

  const acquireOrRenew = async (): Promise<boolean> => {
    if (observed?.owner === id && isFresh() && (await put(observed.version))) return true;
    const seen = await item.read();
    if (seen === undefined) return put(undefined);
    observe(seen);
    if (seen.owner !== '' && seen.owner !== id && isFresh()) return false;
    return put(seen.version);
  };

  const acquire = async () => {
    while (!stopped) {
      if (await acquireOrRenew()) return;
      await sleep(retryMs * (1 + Math.random() * JITTER));
    }
  };

  /** Renews until that fails for the whole deadline, or until it is stopped. */
  const renew = async () => {
    let last = performance.now();
    while (!stopped && performance.now() - last < renewDeadlineMs) {
      const tried = acquireOrRenew();
      trying = tried;
      if (await tried) last = performance.now();
      if (!stopped) await sleep(retryMs);
    }
    if (!stopped) on.lost('it could not renew within its deadline');
  };

  const run = async () => {
    stopped = false;
    await acquire();
    if (stopped) return;
    on.elected();
    await renew();
    if (!stopped) void run();
  };

  const release = async (why: string) => {
    stopped = true;
    await trying;
    if (observed?.owner !== id) return;
    on.lost(why);
    await item.write('', leaseMs, observed.version);
    observed = undefined;
  };

  void run();
  return {
    async resign() {
      await release('resigned');
      await sleep(leaseMs);
      void run();
    },
    close: () => release('closed'),
  };
};
