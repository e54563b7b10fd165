/**
 * A function of your own that works in the leader alone: several may be woken for the same thing, and one does it. Its
 * environment and its grants come from `connect()` of the constructs; see docs/functions.md.
 */
// #region leader-only
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Election, leaderOnly } from 'tenure';

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const election = Election.fromEnvironment();
election.on('error', (error) => console.error(error.message));

export const handler = leaderOnly(
  election,
  async (event: { customers: string[] }, leadership) => {
    let reminded = 0;
    for (const customer of event.customers) {
      if (leadership.signal.aborted) break; // the office is lost, or the invocation's time is nearly up
      const reminder = leadership.fence.stamp({
        TableName: process.env.WORK_TABLE,
        Key: { id: customer },
        UpdateExpression: 'ADD reminders :one',
        ExpressionAttributeValues: { ':one': 1 },
      });
      await documents.send(new UpdateCommand(reminder));
      reminded += 1;
    }
    return { reminded };
  },
  { otherwise: (office) => ({ leftTo: office.holder ?? office.successor }) },
);
// #endregion
