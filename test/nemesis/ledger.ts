/** The engine itself, past all proxies: the tables of a run, what came to stand in them, and the operator's hand. */

import { randomBytes } from 'node:crypto';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { Election } from '../../lib/election/election.js';
import { parseFence, parseRecord } from '../../lib/lease/attributes.js';
import { isTenureError } from '../../lib/lease/errors.js';
import { partitionKey } from '../../lib/lease/record.js';
import { createTable } from '../../lib/lease/table.js';
import type { FencedBy } from '../../lib/local/candidate-messages.js';
import { engineClient } from '../../lib/local/engine.js';
import type { Checker } from './checker.js';
import type { EventLog } from './event-log.js';
import { createJournal, journalKey, nameOf } from './journal.js';
import { Stream } from './stream.js';

const AT_A_TIME = 8;

export class Ledger {
  readonly tableName: string;
  /** Entries of the journals, as they were last read. */
  entries = 0;
  /** Writes that were reported as accepted: by election and kind of fence, how many in each term. */
  readonly #accepted = new Map<string, Map<number, number>>();
  readonly #operators = new Map<string, Election>();

  private constructor(
    private readonly client: DynamoDBClient,
    private readonly stream: Stream,
    name: string,
    private readonly elections: readonly string[],
  ) {
    this.tableName = name;
  }

  static async open(endpoint: string, elections: readonly string[]): Promise<Ledger> {
    const client = engineClient(endpoint);
    const tableName = `nemesis-${randomBytes(4).toString('hex')}`;
    await createTable({ client, tableName });
    await createJournal(client, tableName);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    return new Ledger(client, new Stream(endpoint, Table!.LatestStreamArn!), tableName, elections);
  }

  accept(election: string, by: FencedBy, term: number): void {
    const key = `${election} ${by}`;
    const terms = this.#accepted.get(key) ?? new Map<number, number>();
    this.#accepted.set(key, terms.set(term, (terms.get(term) ?? 0) + 1));
  }

  /** Removes the present leader, as an operator without knowledge of its state. @returns false if there was none */
  async revoke(name: string): Promise<boolean> {
    const operator = this.#operator(name);
    return answered(async () => {
      const { term, holder } = await operator.leader();
      return holder !== undefined && (await operator.revoke({ term, holder })).revoked;
    });
  }

  /** Asks the present leader to give the office back. @returns false if there was none */
  async challenge(name: string): Promise<boolean> {
    return answered(async () => (await this.#operator(name).challenge({ why: 'nemesis' })).challenged);
  }

  /** What has happened to the records since it was last read, passed to the checker. */
  async readHistory(checker: Checker, eventLog: EventLog): Promise<void> {
    const { history } = checker;
    const names = new Map(this.elections.map((name) => [partitionKey(name), name]));
    for (const { pk, sk, item } of await this.stream.read()) {
      const election = names.get(pk);
      if (election === undefined) continue;
      if (sk === 'fence') history.changeFence(election, item && parseFence(election, item));
      if (sk !== 'leader') continue;
      const record = item && parseRecord(election, item);
      if (record === undefined || record.transition !== undefined) {
        const { term, beat, transition, holder } = record ?? {};
        eventLog.note(`record ${term}.${beat} ${transition ?? 'removed'}, holder ${holder ?? 'nobody'}`, election);
      }
      history.change(election, record);
    }
  }

  async readJournals(checker: Checker): Promise<void> {
    let entries = 0;
    const places = this.elections.flatMap((name) => (['stamp', 'check'] as const).map((by) => ({ name, by })));
    const inTurn = Array.from({ length: AT_A_TIME }, async () => {
      for (let place = places.pop(); place !== undefined; place = places.pop()) {
        const { name, by } = place;
        // Before the list is read: what is accepted meanwhile need not be in it.
        const accepted = new Map(this.#accepted.get(`${name} ${by}`));
        const terms = await this.#readJournal(name, by);
        checker.readJournal(name, by, terms, accepted);
        entries += terms.length;
      }
    });
    await Promise.all(inTurn);
    this.entries = entries;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#operators.values()].map((operator) => operator.close()));
    this.stream.close();
    // Their many changes would slow the engine down for the next run.
    for (const TableName of [this.tableName, nameOf(this.tableName)]) {
      await this.client.send(new DeleteTableCommand({ TableName }));
    }
    this.client.destroy();
  }

  async #readJournal(election: string, by: FencedBy): Promise<number[]> {
    const { pk, sk, TableName } = journalKey(this.tableName, election, by);
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
    );
    return Item === undefined ? [] : (unmarshall(Item).terms as number[]);
  }

  #operator(name: string): Election {
    const { tableName, client } = this;
    const operator = this.#operators.get(name) ?? new Election({ name, tableName, client, id: 'operator' });
    this.#operators.set(name, operator);
    return operator;
  }
}

/** An operator that gets no answer from a busy engine in time has done nothing. */
async function answered(ask: () => Promise<boolean>): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (isTenureError(error, 'RequestFailed')) return false;
    throw error;
  }
}
