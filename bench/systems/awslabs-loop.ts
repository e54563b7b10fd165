/**
 * A loop with the timings of awslabs' `dynamodb-lock-client` (Java, 1.4.0), written from its documentation: a heartbeat
 * thread with a rhythm of its own, waiters that read once per refresh period (its default, 1 s) and count a lease from the
 * read that first showed a version, endlessly; a refused heartbeat gives the lock up; a release deletes the item.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { VersionedItem } from './item.js';
import type { System } from './system.js';

const REFRESH_MS = 1_000;

export const awslabsLoop: System = ({ name, tableName, id, leaseMs, heartbeatMs }, on) => {
  const item = new VersionedItem(tableName, name);
  let mine: string | undefined;
  let closed = false;
  let writing: Promise<unknown> = Promise.resolve();

  const won = (version: string | undefined) => {
    if (version === undefined) return false;
    mine = version;
    on.elected();
    return true;
  };

  const stand = async () => {
    let watched: { version: string; at: number } | undefined;
    while (!closed) {
      const seen = await item.read();
      if (closed) return;
      if (seen === undefined) {
        if (won(await item.write(id, leaseMs, undefined))) return;
      } else if (seen.version !== watched?.version) {
        watched = { version: seen.version, at: performance.now() };
      } else if (performance.now() - watched.at > seen.leaseMs) {
        if (won(await item.write(id, leaseMs, seen.version))) return;
      }
      await sleep(REFRESH_MS);
    }
  };

  const beat = async () => {
    while (!closed) {
      const began = performance.now();
      const held = mine;
      if (held !== undefined) {
        const sent = item.write(id, leaseMs, held);
        writing = sent;
        const next = await sent;
        if (mine === held) {
          mine = next;
          if (next === undefined) {
            on.lost('a heartbeat was refused');
            void stand();
          }
        }
      }
      await sleep(Math.max(0, heartbeatMs - (performance.now() - began)));
    }
  };

  const release = async (why: string) => {
    await writing; // a release waits for the heartbeat under way, whose version it has to name
    const held = mine;
    if (held === undefined) return;
    mine = undefined;
    on.lost(why);
    await item.remove(held);
  };

  void stand();
  void beat();
  return {
    async resign() {
      await release('resigned');
      await sleep(leaseMs);
      void stand();
    },
    async close() {
      closed = true;
      await release('closed');
    },
  };
};
