/**
 * `@deliveryhero/dynamodb-lock`, the package itself, with its defaults but for the times. It has no word for a lost lock: a
 * refused heartbeat is an unhandled rejection, which ends the process unless the program catches all of those.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
import type { System } from './system.js';

type Lock = object;
interface Client {
  lock(group: string, id: string, options: { leaseDurationInMs: number; prolongEveryMs: number }): Promise<Lock>;
  releaseLock(lock: Lock): Promise<void>;
}
interface Package {
  dynamoDBLockClientFactory(
    documents: DynamoDBDocument,
    table: { tableName: string; partitionKey: string; sortKey: string },
  ): Client;
}

export const deliveryhero: System = ({ name, tableName, leaseMs, heartbeatMs, peers }, on) => {
  const theirs: Package = createRequire(join(peers, 'package.json'))('@deliveryhero/dynamodb-lock');
  const documents = DynamoDBDocument.from(new DynamoDBClient({}));
  const client = theirs.dynamoDBLockClientFactory(documents, { tableName, partitionKey: 'pk', sortKey: 'sk' });
  let lock: Lock | undefined;
  process.on('uncaughtExceptionMonitor', () => on.lost('the process ends by an unhandled rejection'));
  const stand = async () => {
    try {
      lock = await client.lock('lock', name, { leaseDurationInMs: leaseMs, prolongEveryMs: heartbeatMs });
    } catch {
      // A request that failed, as a program of its users would see it: it asks again.
      await sleep(heartbeatMs);
      return stand();
    }
    on.elected();
  };
  const release = async (why: string) => {
    if (lock === undefined) return;
    on.lost(why);
    const mine = lock;
    lock = undefined;
    await client.releaseLock(mine);
  };
  void stand();
  return {
    async resign() {
      await release('resigned');
      await sleep(leaseMs);
      void stand();
    },
    close: () => release('closed'),
  };
};
