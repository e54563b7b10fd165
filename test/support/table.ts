/** A table of its own for a test file, on the engine that runs. */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import type { Item } from '../../lib/lease/item.js';
import { partitionKey } from '../../lib/lease/record.js';
import { createTable } from '../../lib/lease/table.js';
import { engineClient } from '../../lib/local/engine.js';

export interface TestTable {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Another client, e.g. through a fault proxy (`endpoint`) or with other settings. */
  clientAt(endpoint: string, overrides?: DynamoDBClientConfig): DynamoDBClient;
  /** The raw item as it stands, strongly consistent. */
  item(election: string, sk?: string): Promise<Item | undefined>;
  /** Puts an item by hand, as a careless operator would. */
  put(election: string, item: Item, sk?: string): Promise<void>;
  /** Sets one attribute by hand, past all conditions. */
  set(election: string, attribute: string, value: Item[string], sk?: string): Promise<void>;
}

/**
 * @param endpoint the main engine's by default
 * @param stream whether changes are streamed: each that is kept makes DynamoDB Local slower, for all tests that follow
 */
export async function freshTable(
  endpoint: string = inject('engines').main.endpoint,
  { stream = false }: { stream?: boolean } = {},
): Promise<TestTable> {
  const client = engineClient(endpoint);
  const tableName = `tenure-${randomBytes(6).toString('hex')}`;
  await createTable({ client, tableName, stream });
  const key = (election: string, sk: string) => ({ pk: { S: partitionKey(election) }, sk: { S: sk } });
  return {
    endpoint,
    client,
    tableName,
    clientAt: (at, overrides) => engineClient(at, overrides),
    async item(election, sk = 'leader') {
      const command = new GetItemCommand({ TableName: tableName, Key: key(election, sk), ConsistentRead: true });
      return (await client.send(command)).Item;
    },
    async put(election, item, sk = 'leader') {
      await client.send(new PutItemCommand({ TableName: tableName, Item: { ...item, ...key(election, sk) } }));
    },
    async set(election, attribute, value, sk = 'leader') {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: key(election, sk),
          UpdateExpression: 'SET #a = :v',
          ExpressionAttributeNames: { '#a': attribute },
          ExpressionAttributeValues: { ':v': value },
        }),
      );
    },
  };
}
