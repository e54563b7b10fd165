/**
 * `dynamodb-lock-client`, the package itself, "fail open" as its README recommends for locks that outlive a crash, on the
 * AWS SDK for JavaScript v2 that it needs. Its defaults, but for the times, and for the tries, which never end here.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.js';

interface Lock {
  on(event: 'error', listener: (error: Error) => void): void;
  release(done: (error?: Error) => void): void;
}
interface Client {
  acquireLock(id: object, done: (error: Error | undefined, lock: Lock) => void): void;
}
interface Package {
  readonly FailOpen: new (config: object) => Client;
}
interface Sdk2 {
  readonly DynamoDB: { readonly DocumentClient: new (config: object) => object };
}

export const dynamodbLockClient: System = ({ name, tableName, endpoint, leaseMs, heartbeatMs, peers }, on) => {
  process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
  const require = createRequire(join(peers, 'package.json'));
  const { FailOpen }: Package = require('dynamodb-lock-client');
  const { DynamoDB }: Sdk2 = require('aws-sdk');
  const dynamodb = new DynamoDB.DocumentClient({ endpoint, region: process.env.AWS_REGION });
  const client = new FailOpen({
    dynamodb,
    lockTable: tableName,
    partitionKey: 'pk',
    sortKey: 'sk',
    leaseDurationMs: leaseMs,
    heartbeatPeriodMs: heartbeatMs,
    retryCount: 1_000_000,
  });
  let lock: Lock | undefined;
  let closed = false;
  const stand = () =>
    client.acquireLock({ pk: name, sk: 'lock' }, (error, won) => {
      if (closed) return;
      if (error !== undefined && error !== null) return stand();
      lock = won;
      on.elected();
      won.on('error', () => {
        if (lock !== won) return;
        lock = undefined;
        on.lost('a heartbeat failed'); // and no further one is sent: the lock stands until its lease has run out
        stand();
      });
    });
  const release = async (why: string) => {
    const mine = lock;
    lock = undefined;
    if (mine === undefined) return;
    on.lost(why);
    await new Promise<void>((resolve) => mine.release(() => resolve()));
  };
  stand();
  return {
    async resign() {
      await release('resigned');
      await sleep(leaseMs);
      stand();
    },
    async close() {
      closed = true;
      await release('closed');
    },
  };
};
