/**
 * The work of the leaders: two items per election to which every write appends its term, one fenced by `stamp()` and one
 * by `check()`. The lists are the table's own order of what it accepted, lost replies and late landings included.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Fence } from '../../lib/election/fence.js';
import { leaseClientConfig } from '../../lib/lease/client.js';
import { createTable } from '../../lib/lease/table.js';
import type { FencedBy } from '../../lib/local/candidate-messages.js';
import type { Outcome } from './messages.js';

/** The table of the journals that belongs to a table of elections. */
export const nameOf = (tableName: string) => `${tableName}-journal`;

/** Where a list is. */
export const journalKey = (tableName: string, election: string, by: FencedBy) => ({
  TableName: nameOf(tableName),
  pk: election,
  sk: by,
});

/** A table of its own, without a stream: the lists grow long, and the engine would keep each state of each. */
export function createJournal(client: DynamoDBClient, tableName: string): Promise<void> {
  return createTable({ client, tableName: nameOf(tableName), stream: false });
}

/** A write that is prepared and not sent. */
type Ready = () => Promise<Outcome>;

export class Journal {
  readonly #client: DynamoDBClient;
  readonly #documents: DynamoDBDocumentClient;

  constructor(
    private readonly tableName: string,
    requestTimeoutMs: number,
  ) {
    this.#client = new DynamoDBClient(leaseClientConfig(requestTimeoutMs));
    this.#documents = DynamoDBDocumentClient.from(this.#client);
  }

  prepare(by: FencedBy, election: string, fence: Fence): Ready {
    const { TableName, pk, sk } = journalKey(this.tableName, election, by);
    const append = appending(fence.term, { TableName, pk, sk });
    if (by === 'stamp') {
      const command = new UpdateCommand(fence.stamp(append));
      return () => this.#outcome(fence, this.#documents.send(command));
    }
    const items = { TransactItems: [fence.check(), { Update: append }] };
    // A command of its own for each sending: the token that makes a transaction idempotent belongs to one.
    return () => this.#outcome(fence, this.#documents.send(new TransactWriteCommand(items)));
  }

  /** A write without a fence. */
  prepareUnfenced(election: string, term: number): Ready {
    const command = new UpdateCommand(appending(term, journalKey(this.tableName, election, 'stamp')));
    return () => this.#outcome(undefined, this.#documents.send(command));
  }

  close(): void {
    this.#client.destroy();
  }

  async #outcome(fence: Fence | undefined, sent: Promise<unknown>): Promise<Outcome> {
    try {
      await sent;
      return 'accepted';
    } catch (error) {
      return fence?.refused(error) ? 'refused' : 'unknown';
    }
  }
}

function appending(term: number, { TableName, pk, sk }: ReturnType<typeof journalKey>) {
  return {
    TableName,
    Key: { pk, sk },
    UpdateExpression: 'SET terms = list_append(if_not_exists(terms, :none), :mine)',
    ExpressionAttributeValues: { ':none': [], ':mine': [term] },
  };
}
