/**
 * Start any number of this worker, and one of them works: `npx tsx examples/leader.ts`. It needs a table (TENURE_TABLE) and
 * the usual AWS credentials and Region, or AWS_ENDPOINT_URL_DYNAMODB.
 */
// #region leader
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Election } from 'tenure';

const tableName = process.env.TENURE_TABLE ?? 'tenure';
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort()); // a deploy: hand over without a gap, then exit

await using election = new Election({ name: 'billing', tableName });
election.on('elected', ({ term }) => console.log(`leading term ${term}`));
election.on('lost', ({ term, reason }) => console.log(`term ${term} is over: ${reason}`));
election.on('error', (error) => console.error(error.message));

await election.run(
  async (leadership) => {
    while (!leadership.signal.aborted) {
      // The fence makes it safe: a leader that was paused just here writes nothing once its successor has written.
      const input = leadership.fence.stamp({
        TableName: tableName,
        Key: { pk: 'work#billing', sk: 'invoices' },
        UpdateExpression: 'ADD charged :one',
        ExpressionAttributeValues: { ':one': 1 },
      });
      await documents.send(new UpdateCommand(input));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  },
  { signal: stopping.signal },
);
// #endregion
