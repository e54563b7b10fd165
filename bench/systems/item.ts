/** One item with a version, and its conditional writes: what both of the loops with others' timings stand on. */
import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';

export interface Seen {
  readonly owner: string;
  readonly version: string;
  readonly leaseMs: number;
}

/** The default client of the SDK, with its defaults: three attempts of each call. */
export class VersionedItem {
  readonly #client = new DynamoDBClient({});

  constructor(
    private readonly tableName: string,
    private readonly name: string,
  ) {}

  async read(): Promise<Seen | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.tableName, Key: this.#key(), ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    return { owner: Item.owner?.S ?? '', version: Item.version?.S ?? '', leaseMs: Number(Item.leaseMs?.N) };
  }

  /** Writes a new version over `over` (undefined: there is no item yet). Returns it; undefined if it was refused. */
  async write(owner: string, leaseMs: number, over: string | undefined): Promise<string | undefined> {
    const version = randomUUID();
    const put = new PutItemCommand({
      TableName: this.tableName,
      Item: { ...this.#key(), owner: { S: owner }, version: { S: version }, leaseMs: { N: `${leaseMs}` } },
      ...condition(over),
    });
    return (await applied(this.#client.send(put))) ? version : undefined;
  }

  async remove(over: string): Promise<void> {
    const remove = new DeleteItemCommand({ TableName: this.tableName, Key: this.#key(), ...condition(over) });
    await applied(this.#client.send(remove));
  }

  #key() {
    return { pk: { S: this.name }, sk: { S: 'lock' } };
  }
}

function condition(over: string | undefined) {
  if (over === undefined) return { ConditionExpression: 'attribute_not_exists(pk)' };
  return {
    ConditionExpression: '#version = :over',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':over': { S: over } },
  };
}

async function applied(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
