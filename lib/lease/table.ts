/** The lease table for development and tests. The CDK app makes the real one, with backups and protection. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { AnyDynamoDBClient } from './client.js';
import { show, TenureError } from './errors.js';

/**
 * Creates the table of the elections (`pk` and `sk`, both text, on demand), and resolves when it can be used.
 * A table that exists is left as it is, after its key was checked. For development and tests.
 *
 * @param options.client its endpoint and Region are used
 * @param options.tableName the table's name
 * @param options.stream whether the table has the stream that tells of changes (`tenure watch`, `status`, `history`, the
 * console). Default: true. Many tests on one DynamoDB Local run faster without: each change that its streams keep makes
 * every later write slower, to a third after 7,000 changes
 * @throws TenureError `BadOption` for an option that cannot be used, or a table of that name with another key; what the SDK throws
 * @example
 * await createTable({ client: new DynamoDBClient({ endpoint: 'http://127.0.0.1:8000' }), tableName: 'tenure' });
 */
export async function createTable(options: {
  client: AnyDynamoDBClient;
  tableName: string;
  stream?: boolean | undefined;
}): Promise<void> {
  const { client, tableName, stream } = checked(options);
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } }),
      }),
    );
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName: tableName });
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const key = keyOf(Table);
  if (key !== 'pk HASH S, sk RANGE S') {
    throw new TenureError(
      'BadOption',
      `Table ${show(tableName)} exists with another key: expected pk (HASH, S) and sk (RANGE, S), found ${key}. ` +
        'Choose another `tableName`; this one was left untouched.',
    );
  }
}

function keyOf(table: TableDescription | undefined): string {
  const types = new Map(table?.AttributeDefinitions?.map((a) => [a.AttributeName, a.AttributeType]));
  return (table?.KeySchema ?? [])
    .map((k) => `${k.AttributeName} ${k.KeyType} ${types.get(k.AttributeName)}`)
    .join(', ');
}

function checked(options: { client: AnyDynamoDBClient; tableName: string; stream?: boolean | undefined }) {
  const refuse = (what: string, expected: string, found: unknown) => {
    throw new TenureError('BadOption', `${what} of createTable() must be ${expected}, but is ${show(found)}.`);
  };
  if (typeof options !== 'object' || options === null)
    refuse('The options', 'an object { client, tableName }', options);
  const { client, tableName, stream = true, ...others } = options;
  if (Object.keys(others).length > 0) refuse('The options', 'client, tableName and stream', Object.keys(others));
  if (typeof (client as { send?: unknown } | null)?.send !== 'function') refuse('`client`', 'a DynamoDBClient', client);
  if (typeof tableName !== 'string' || tableName === '') refuse('`tableName`', 'the name of a table', tableName);
  if (typeof stream !== 'boolean') refuse('`stream`', 'true or false', stream);
  return { client: client as DynamoDBClient, tableName, stream };
}
