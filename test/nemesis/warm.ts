/**
 * Warms the engine up before anybody counts on it, and sees how quick it is on this machine at this time. A Java program
 * that has just started answers its first requests hundreds of times slower than later ones, and candidates would only
 * crowd it with repetitions.
 */
import {
  DeleteTableCommand,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { createTable } from '../../lib/lease/table.js';
import { engineClient } from '../../lib/local/engine.js';

const TABLE = 'nemesis-warm-up';
const AT_A_TIME = 8;
/** How many rounds of three requests in each of the lanes an engine that has just started needs. */
export const ROUNDS = 150;
const LIMIT_MS = 15_000;

/** @returns how many requests a second it answers in the end */
export async function warmUp(endpoint: string, signal: AbortSignal, rounds: number): Promise<number> {
  const client = engineClient(endpoint);
  const answeredAt: number[] = [];
  const send = async (sent: Promise<unknown>) => {
    await sent;
    answeredAt.push(performance.now());
  };
  try {
    await createTable({ client, tableName: TABLE, stream: false });
    const until = performance.now() + LIMIT_MS;
    const lanes = Array.from({ length: AT_A_TIME }, async (_, lane) => {
      const Key = { pk: { S: `lane ${lane}` }, sk: { S: 'warm' } };
      const change = {
        TableName: TABLE,
        Key,
        UpdateExpression: 'SET beat = :beat',
        ConditionExpression: 'attribute_not_exists(beat) OR beat < :beat',
      };
      for (let n = 1; n <= 2 * rounds && performance.now() < until; n += 2) {
        signal.throwIfAborted();
        await send(
          client.send(new UpdateItemCommand({ ...change, ExpressionAttributeValues: { ':beat': { N: `${n}` } } })),
        );
        await send(client.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true })));
        const Update = { ...change, ExpressionAttributeValues: { ':beat': { N: `${n + 1}` } } };
        await send(client.send(new TransactWriteItemsCommand({ TransactItems: [{ Update }] })));
      }
    });
    await Promise.all(lanes);
    await client.send(new DeleteTableCommand({ TableName: TABLE }));
    const last = answeredAt.slice(-answeredAt.length / 3);
    return (last.length * 1000) / (last.at(-1)! - last[0]!);
  } finally {
    client.destroy();
  }
}
