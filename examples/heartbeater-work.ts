/** The work of a `Heartbeater`: a module that exports `lead`. The constructs bundle it into each candidate's function. */
// #region heartbeater-work
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Leadership } from 'tenure';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function lead(leadership: Leadership): Promise<void> {
  while (!leadership.signal.aborted) {
    const charge = leadership.fence.stamp({
      TableName: process.env.WORK_TABLE,
      Key: { id: 'invoices' },
      UpdateExpression: 'SET leader = :leader ADD charged :one',
      ExpressionAttributeValues: { ':leader': leadership.id, ':one': 1 },
    });
    try {
      await documents.send(new UpdateCommand(charge));
      await wait(1_000, undefined, { signal: leadership.signal });
    } catch (error) {
      if (leadership.signal.aborted || leadership.fence.refused(error)) return; // deposed: the successor goes on
      throw error;
    }
  }
}
// #endregion
