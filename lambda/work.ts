/**
 * The demo's work: a counter that only the leader raises, in a table of its own, every few seconds or once for each duty.
 * Each write carries the term as its fence, so that the counter's term never goes back. Replace it by your own module
 * that exports `lead`. Without a table (`WORK_TABLE`) it only holds the office.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Leadership } from '../lib/index.js';

const EVERY_MS = 5_000;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function lead(leadership: Leadership): Promise<void> {
  const onDuty = process.env.TENURE_MODE === 'duty';
  if (!process.env.WORK_TABLE) return onDuty ? undefined : aborted(leadership);
  while (!leadership.signal.aborted) {
    const step = leadership.fence.stamp({
      TableName: process.env.WORK_TABLE,
      Key: { id: process.env.TENURE_ELECTION },
      UpdateExpression: 'SET #leader = :leader, #at = :at ADD #count :one',
      ExpressionAttributeNames: { '#leader': 'leader', '#at': 'at', '#count': 'count' },
      ExpressionAttributeValues: { ':leader': leadership.id, ':at': new Date().toISOString(), ':one': 1 },
    });
    try {
      await documents.send(new UpdateCommand(step), { abortSignal: leadership.signal });
      if (onDuty) return;
      await wait(EVERY_MS, undefined, { signal: leadership.signal });
    } catch (error) {
      if (leadership.signal.aborted || leadership.fence.refused(error)) return;
      throw error;
    }
  }
}

function aborted({ signal }: Leadership): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
