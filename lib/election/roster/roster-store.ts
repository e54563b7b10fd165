/**
 * The roster of an election: a small item for each candidate that stands, beside the record (section 6). It says which candidate
 * comes next, and is courtesy alone: no decision of safety reads it. Its partition is not the record's, so that a role
 * that may remove what a dead candidate left behind can never remove a record.
 */
import { DeleteItemCommand, QueryCommand, type QueryCommandOutput, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Attributes, any, malformed, may, must, parse, text, whole } from '../../lease/attributes.js';
import type { Sender } from '../../lease/client.js';
import { isTenureError, show, type TenureError } from '../../lease/errors.js';
import { rendered } from '../../lease/expression.js';
import { failureOf } from '../../lease/failure.js';
import { type Item, toItem } from '../../lease/item.js';
import { FORMAT, MAX_ID_BYTES } from '../../lease/record.js';
import type { CallOptions } from '../../lease/store.js';
import { ORDERS, type Order } from '../../names/succession.js';

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
  /** Its last sign of life: its own wall clock, epoch ms, for people and for a first guess at which candidates are gone. */
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
  /** All members, and an error for each malformed item. */
  list(options?: CallOptions): Promise<{ members: readonly Member[]; malformed: readonly TenureError[] }>;
  /** Removes a member, unless it has given another sign of life (or, with `left`, unless another came by that id). */
  remove(member: Member, options?: CallOptions & { readonly left?: boolean }): Promise<void>;
}

/** The partition key of an election's roster. */
export const rosterKey = (election: string): string => `roster#${election}`;

const CANDIDATE = 'candidate#';

export class DynamoRosterStore implements RosterStore {
  constructor(
    private readonly client: Sender,
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
    const what = `order of coming of election ${show(this.election)}`;
    return parse(what, { last: must(whole(1)) }, Attributes).last as number;
  }

  async keep({ id, ...rest }: Member, { signal }: CallOptions = {}): Promise<void> {
    const remove = rest.value === undefined ? ['value'] : [];
    const { update, names, values } = rendered({ when: [], set: { format: FORMAT, ...rest }, remove });
    const command = new UpdateItemCommand({
      TableName: this.tableName,
      Key: this.#key(CANDIDATE + id),
      UpdateExpression: update,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: toItem(values),
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
      const what = `The request to the roster of election ${show(this.election)} in table ${show(this.tableName)}`;
      throw failureOf(what, cause);
    }
  }
}

const MEMBER: Attributes = {
  sk: must(text(1, CANDIDATE.length + MAX_ID_BYTES)),
  order: must(text(1, 32)),
  seq: must(whole(0)),
  beat: must(whole(0)),
  priority: must(whole(Number.MIN_SAFE_INTEGER)),
  everyMs: must(whole(1)),
  joinedAt: must(whole(0)),
  aliveAt: must(whole(0)),
  value: may(any),
};

/** @throws TenureError `MalformedRecord`, with the item in `details.item` */
function parseMember(election: string, item: Item): Member {
  const what = `roster of election ${show(election)}`;
  if (!ORDERS.some((order) => order === item.order?.S)) {
    throw malformed(what, item, 'order', `one of ${ORDERS.map((order) => show(order)).join(', ')}`);
  }
  const { sk, ...member } = parse(what, MEMBER, item) as unknown as Omit<Member, 'id'> & { sk: string };
  return { id: sk.slice(CANDIDATE.length), ...member };
}
