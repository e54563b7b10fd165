/** The payment story: what the fence prevents is seen to happen without it. */
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, test } from 'vitest';
import { freshTable } from '../support/table.js';
import { endPrograms, Program } from './program.js';

const SUBSCRIBERS = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gus'];

afterEach(endPrograms);

// Caught: a fence that lets the late payment pass; a story in which nothing would happen without it.
test('story.ts: without the fence eve is charged twice, with it everybody once', async () => {
  const table = await freshTable();
  const story = new Program('billing/story.ts', table.endpoint, { TENURE_TABLE: table.tableName });
  expect(await story.exited, story.output).toEqual({ code: 0, signal: null });

  const documents = DynamoDBDocumentClient.from(table.client);
  const [unfenced, fenced] = await Promise.all(
    ['unfenced', 'fenced'].map(async (which) => {
      const ledger = new RegExp(`^ *the ledger (\\S+-${which}):$`, 'm').exec(story.output)?.[1];
      const query = new QueryCommand({
        TableName: table.tableName,
        KeyConditionExpression: 'pk = :ledger',
        ExpressionAttributeValues: { ':ledger': `ledger#${ledger}` },
        ConsistentRead: true,
      });
      return (await documents.send(query)).Items ?? [];
    }),
  );
  const charged = (payments: Record<string, unknown>[] | undefined) => payments?.map(({ subscriber }) => subscriber);
  expect(charged(fenced)).toEqual(SUBSCRIBERS);
  expect(charged(unfenced)).toEqual(['ann', 'bob', 'cat', 'dan', 'eve', 'eve', 'fay', 'gus']);

  const eve = unfenced!.filter(({ subscriber }) => subscriber === 'eve');
  expect(eve.map(({ by }) => by)).toEqual(['ben', 'cleo']);
  expect(eve[0]!.term).toBeLessThan(eve[1]!.term);
  expect(fenced!.map(({ by }) => by)).toEqual(['ada', 'ada', 'ben', 'ben', 'cleo', 'cleo', 'cleo']);

  expect(story.output).toContain('the payment of eve is ACCEPTED');
  expect(story.output).toContain('the payment of eve is REFUSED');
  expect(story.output).toContain('7 subscribers, 8 payments, 80 charged');
  expect(story.output).toContain('7 subscribers, 7 payments, 70 charged');
});
