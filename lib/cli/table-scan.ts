/** All elections of a table, by a scan. It reads the whole table, page by page: the table is the elections' own. */
import { type DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { officeOf } from '../election/office.js';
import type { Office, TenureError } from '../index.js';
import { parseRecord } from '../lease/attributes.js';
import { isTenureError } from '../lease/errors.js';
import type { Item } from '../lease/item.js';
import { partitionKey } from '../lease/record.js';

const PREFIX = partitionKey('');

/** What the scan found; a record that cannot be read hides no other. */
export interface Found {
  readonly offices: readonly Office[];
  readonly malformed: readonly TenureError[];
}

export async function allElections(client: DynamoDBClient, tableName: string): Promise<Found> {
  const offices: Office[] = [];
  const malformed: TenureError[] = [];
  for await (const item of records(client, tableName)) {
    const election = nameOf(item);
    try {
      offices.push(officeOf(election, parseRecord(election, item), Date.now()));
    } catch (error) {
      if (!isTenureError(error)) throw error;
      malformed.push(error);
    }
  }
  return { offices: offices.sort((a, b) => compare(a.election, b.election)), malformed };
}

/** Their names alone. */
export async function electionNames(client: DynamoDBClient, tableName: string): Promise<string[]> {
  const names: string[] = [];
  for await (const item of records(client, tableName, 'pk')) names.push(nameOf(item));
  return names.sort(compare);
}

const nameOf = (item: Item): string => item.pk!.S!.slice(PREFIX.length);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function* records(client: DynamoDBClient, tableName: string, only?: string): AsyncGenerator<Item> {
  let from: Item | undefined;
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({
        TableName: tableName,
        FilterExpression: '#sk = :leader AND begins_with(#pk, :election)',
        ...(only !== undefined && { ProjectionExpression: '#pk' }),
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: { ':leader': { S: 'leader' }, ':election': { S: PREFIX } },
        ExclusiveStartKey: from,
      }),
    );
    yield* page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}
