/**
 * The roster of an election: a small item for each candidate that stands, beside the record (section 6). It says who
 * comes next, and is courtesy alone: no decision of safety reads it. Its partition is not the record's, so that who may
 * remove what is left of a dead candidate can never remove a record.
 */
import {
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { ORDERS, type Order } from '../names/succession.js';
import { isTenureError, show, TenureError } from './errors.js';
import { Names } from './expression.js';
import { FORMAT, type Item, plainValue, Reader, toItem } from './record.js';
import type { CallOptions } from './store.js';

/** One candidate that stands, as it says itself. */
export interface Member {
  /** The candidate's id. */
  readonly id: string;
  /** Its place in the order of coming: drawn when it began to stand, and anew when a term of its own has ended. */
  readonly seq: number;
  /** Rises with every sign of life. */
  readonly beat: number;
  /** Its rank, higher first. */
  readonly priority: number;
  /** By which order it stands back. */
  readonly order: Order;
  /** How often it gives a sign of life, in ms. */
  readonly everyMs: number;
  /** Since when it stands: its own wall clock, epoch ms, for people. */
  readonly joinedAt: number;
  /** Its last sign of life: its own wall clock, epoch ms, for people and for a first guess at who is gone. */
  readonly aliveAt: number;
  /** What it would proclaim as leader: its address, its version. */
  readonly value?: unknown;
}

/** The roster of one election in one table. What cannot be reached or read rejects with a `TenureError`, as `LeaseStore`. */
export interface RosterStore {
  /** The next number in the order of coming: never given twice. */
  draw(options?: CallOptions): Promise<number>;
  /** A sign of life. */
  keep(member: Member, options?: CallOptions): Promise<void>;
  /** All there are, and an error for each item that is none. */
  list(options?: CallOptions): Promise<{ members: readonly Member[]; malformed: readonly TenureError[] }>;
  /** Removes a member, unless it has given another sign of life (or, with `left`, unless another came by that id). */
  remove(member: Member, options?: CallOptions & { readonly left?: boolean }): Promise<void>;
}

/** The partition key of an election's roster. */
export const rosterKey = (election: string): string => `roster#${election}`;

const CANDIDATE = 'candidate#';

export class DynamoRosterStore implements RosterStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly election: string,
  ) {}

  async draw({ signal }: CallOptions = {}): Promise<number> {
    const command = new UpdateItemCommand({
      TableName: this.tableName,
      Key: this.#key('sequence'),
      UpdateExpression: 'ADD #last :one',
      ExpressionAttributeNames: { '#last': 'last' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    });
    const { Attributes = {} } = await this.#sent(() => this.client.send(command, { abortSignal: signal }));
    return new Reader(`order of coming of election ${show(this.election)}`, Attributes).integer('last', 1);
  }

  async keep({ id, ...rest }: Member, { signal }: CallOptions = {}): Promise<void> {
    const names = new Names();
    const set = Object.entries({ format: FORMAT, ...rest }).filter(([, value]) => value !== undefined);
    const assignments = set.map(([name, value]) => `${names.name(name)} = ${names.value(value)}`);
    const removal = rest.value === undefined ? ` REMOVE ${names.name('value')}` : '';
    const command = new UpdateItemCommand({
      TableName: this.tableName,
      Key: this.#key(CANDIDATE + id),
      UpdateExpression: `SET ${assignments.join(', ')}${removal}`,
      ExpressionAttributeNames: names.names,
      ExpressionAttributeValues: toItem(names.values),
    });
    await this.#sent(() => this.client.send(command, { abortSignal: signal }));
  }

  async list({ signal }: CallOptions = {}) {
    const members: Member[] = [];
    const malformed: TenureError[] = [];
    let from: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.tableName,
        KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :candidate)',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: { ':pk': { S: rosterKey(this.election) }, ':candidate': { S: CANDIDATE } },
        ConsistentRead: true,
        ExclusiveStartKey: from,
      });
      const page: QueryCommandOutput = await this.#sent(() => this.client.send(command, { abortSignal: signal }));
      for (const item of page.Items ?? []) {
        try {
          members.push(parseMember(this.election, item));
        } catch (error) {
          if (!isTenureError(error)) throw error;
          malformed.push(error);
        }
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return { members, malformed };
  }

  async remove({ id, seq, beat }: Member, { signal, left = false }: CallOptions & { left?: boolean } = {}) {
    const command = new DeleteItemCommand({
      TableName: this.tableName,
      Key: this.#key(CANDIDATE + id),
      ConditionExpression: left ? '#seq = :seq' : '#seq = :seq AND #beat = :beat',
      ExpressionAttributeNames: { '#seq': 'seq', ...(!left && { '#beat': 'beat' }) },
      ExpressionAttributeValues: { ':seq': { N: `${seq}` }, ...(!left && { ':beat': { N: `${beat}` } }) },
    });
    await this.#sent(() =>
      this.client.send(command, { abortSignal: signal }).catch((error) => {
        if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
      }),
    );
  }

  #key(sk: string): Item {
    return { pk: { S: rosterKey(this.election) }, sk: { S: sk } };
  }

  async #sent<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      if (isTenureError(cause)) throw cause;
      const { name, message } = cause instanceof Error ? cause : { name: typeof cause, message: show(cause) };
      const what = `The roster of election ${show(this.election)} in table ${show(this.tableName)}`;
      if (name === 'ResourceNotFoundException') {
        throw new TenureError('TableMissing', `${what}: there is no such table (${message}).`, { cause });
      }
      const denied =
        name === 'AccessDeniedException' ? ' Grant it with `grantRoster()`, or leave out `succession`.' : '';
      throw new TenureError('RequestFailed', `${what} cannot be reached: ${name}: ${message}.${denied}`, {
        cause,
        details: { name },
      });
    }
  }
}

/** @throws TenureError `MalformedRecord`, with the item in `details.item` */
function parseMember(election: string, item: Item): Member {
  const read = new Reader(`roster of election ${show(election)}`, item);
  const id = read.text('sk').slice(CANDIDATE.length);
  const order = read.oneOf('order', ORDERS);
  return {
    id,
    seq: read.integer('seq', 0),
    beat: read.integer('beat', 0),
    priority: read.integer('priority', Number.MIN_SAFE_INTEGER),
    order,
    everyMs: read.integer('everyMs', 1),
    joinedAt: read.integer('joinedAt', 0),
    aliveAt: read.integer('aliveAt', 0),
    ...(item.value !== undefined && { value: plainValue(item.value) }),
  };
}
