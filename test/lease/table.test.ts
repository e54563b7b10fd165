/** The table for development and tests: made once, left alone afterwards, and refused if its key is another. */
import { randomBytes } from 'node:crypto';
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTable } from '../../lib/lease/table.js';
import { engineClient } from '../../lib/local/engine.js';

let client: DynamoDBClient;
beforeAll(() => {
  client = engineClient(inject('engines').main.endpoint);
});
afterAll(() => client.destroy());

const fresh = () => `table-${randomBytes(6).toString('hex')}`;

test('has the key of the protocol, and a stream of both images', async () => {
  const tableName = fresh();
  await createTable({ client, tableName });
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
});

test('is left as it is when it is there already; a document client does as well', async () => {
  const tableName = fresh();
  await createTable({ client, tableName });
  await client.send(
    new PutItemCommand({ TableName: tableName, Item: { pk: { S: 'p' }, sk: { S: 's' }, kept: { N: '1' } } }),
  );
  const documents = DynamoDBDocumentClient.from(client);
  await createTable({ client: documents, tableName });
  const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key: { pk: 'p', sk: 's' } }));
  expect(Item).toMatchObject({ kept: 1 });
});

test('made by several at a time is one table', async () => {
  const tableName = fresh();
  await Promise.all(Array.from({ length: 5 }, () => createTable({ client, tableName })));
});

test.each([
  ['one part', [['pk', 'S']], 'pk HASH S'],
  [
    'a number',
    [
      ['pk', 'S'],
      ['sk', 'N'],
    ],
    'pk HASH S, sk RANGE N',
  ],
  [
    'other names',
    [
      ['PK', 'S'],
      ['SK', 'S'],
    ],
    'PK HASH S, SK RANGE S',
  ],
] as const)('with a key of %s is refused', async (_, key, found) => {
  const tableName = fresh();
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: key.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
      KeySchema: key.map(([AttributeName], n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  await expect(createTable({ client, tableName })).rejects.toMatchObject({
    code: 'BadOption',
    message: expect.stringContaining(`expected pk (HASH, S) and sk (RANGE, S), found ${found}`),
  });
});

test('any other failure is passed on', async () => {
  await expect(createTable({ client, tableName: 'no/name' })).rejects.toMatchObject({ name: 'ValidationException' });
});

test('a description without a key is not a lease table', async () => {
  const send = async (command: object) =>
    command instanceof DescribeTableCommand ? { Table: { TableStatus: 'ACTIVE' } } : {};
  const odd = { send, config: {} } as unknown as DynamoDBClient;
  await expect(createTable({ client: odd, tableName: 't' })).rejects.toMatchObject({ code: 'BadOption' });
});

const standIn = { send: () => Promise.reject(new Error('it was sent')) };
test.each<[string, unknown, RegExp]>([
  [
    'no options',
    undefined,
    /The options of createTable\(\) must be an object \{ client, tableName \}, but is undefined/,
  ],
  [
    'an unknown option',
    { client: standIn, tableName: 't', streams: true },
    /must be client, tableName and stream, but is \["streams"\]/,
  ],
  ['no client', { tableName: 't' }, /`client` of createTable\(\) must be a DynamoDBClient, but is undefined/],
  [
    'no name',
    { client: standIn, tableName: '' },
    /`tableName` of createTable\(\) must be the name of a table, but is ""/,
  ],
  [
    'a flag that is none',
    { client: standIn, tableName: 't', stream: 'yes' },
    /`stream` of createTable\(\) must be true or false/,
  ],
])('%s: refused before anything is sent', async (_, options, message) => {
  await expect(createTable(options as Parameters<typeof createTable>[0])).rejects.toMatchObject({
    code: 'BadOption',
    message: expect.stringMatching(message),
  });
});
