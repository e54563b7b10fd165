/**
 * The `LeaseStore` on DynamoDB. Every write is one conditional `UpdateItem` that returns the new item when it was applied
 * and the present one when it was refused: one round trip both tries and learns. What each compares and sets is in
 * `writes.ts`. No transaction, no delete, no condition on any clock.
 */
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { parseFence, parseRecord } from './attributes.js';
import type { Sender } from './client.js';
import { show } from './errors.js';
import { rendered, type Update } from './expression.js';
import { failureOf } from './failure.js';
import { type Item, toItem } from './item.js';
import { partitionKey } from './record.js';
import type * as write from './store.js';
import type { CallOptions, LeaseStore, Reply } from './store.js';
import * as writes from './writes.js';

/** The record and the fence of one election in one table. */
export class DynamoLeaseStore implements LeaseStore {
  constructor(
    private readonly client: Sender,
    private readonly tableName: string,
    private readonly election: string,
  ) {}

  create(write: write.CreateWrite, options?: CallOptions) {
    return this.#update(writes.create(write), options);
  }

  acquire(write: write.AcquireWrite, options?: CallOptions) {
    return this.#update(writes.acquire(write), options);
  }

  renew(write: write.RenewWrite, options?: CallOptions) {
    return this.#update(writes.renew(write), options);
  }

  resign(write: write.ResignWrite, options?: CallOptions) {
    return this.#update(writes.resign(write), options);
  }

  handOver(write: write.HandOverWrite, options?: CallOptions) {
    return this.#update(writes.handOver(write), options);
  }

  expire(write: write.ExpireWrite, options?: CallOptions) {
    return this.#update(writes.expire(write), options);
  }

  revoke(write: write.RevokeWrite, options?: CallOptions) {
    return this.#update(writes.revoke(write), options);
  }

  challenge(write: write.ChallengeWrite, options?: CallOptions) {
    return this.#update(writes.challenge(write), options);
  }

  withdraw(write: write.WithdrawWrite, options?: CallOptions) {
    return this.#update(writes.withdraw(write), options);
  }

  raise(write: write.RaiseWrite, options?: CallOptions) {
    return this.#send('fence', parseFence, writes.raise(write), options);
  }

  async read({ signal, eventual = false }: CallOptions & { eventual?: boolean } = {}) {
    const item = await this.#get('leader', eventual, signal);
    return item && parseRecord(this.election, item);
  }

  async readFence({ signal }: CallOptions = {}) {
    const item = await this.#get('fence', false, signal);
    return item && parseFence(this.election, item);
  }

  #update(update: Update, options?: CallOptions): Promise<Reply> {
    return this.#send('leader', parseRecord, update, options);
  }

  async #send<R>(
    sk: string,
    parse: (election: string, item: Item) => R,
    update: Update,
    { signal }: CallOptions = {},
  ): Promise<Reply<R>> {
    const { condition, update: expression, names, values } = rendered(update);
    const command = new UpdateItemCommand({
      TableName: this.tableName,
      Key: this.#key(sk),
      ConditionExpression: condition,
      UpdateExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: toItem(values),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    let item: Item | undefined;
    let applied = true;
    try {
      item = (await this.client.send(command, { abortSignal: signal })).Attributes;
    } catch (cause) {
      if (!isRefusal(cause)) throw this.#failure(cause);
      applied = false;
      item = cause.Item; // raw attribute values, even from a document client
    }
    return { applied, record: item && parse(this.election, item) };
  }

  async #get(sk: string, eventual: boolean, signal: AbortSignal | undefined): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.#key(sk), ConsistentRead: !eventual });
    try {
      return (await this.client.send(command, { abortSignal: signal })).Item;
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  #key(sk: string): Item {
    return { pk: { S: partitionKey(this.election) }, sk: { S: sk } };
  }

  #failure(cause: unknown) {
    return failureOf(`The request to table ${show(this.tableName)} for election ${show(this.election)}`, cause);
  }
}

function isRefusal(error: unknown): error is Error & { Item?: Item } {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
