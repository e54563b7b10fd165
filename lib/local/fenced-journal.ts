/**
 * The work that a leader of the local cluster does: an item that it goes on writing, fenced in both ways, so that anyone
 * can see that no write of an old term ever follows one of a new term.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Fence, leaseClientConfig } from '../index.js';
import type { FencedBy } from './candidate-messages.js';

/** What came of a fenced write. */
type Verdict =
  | { accepted: true; by: FencedBy; term: number; seq: number | undefined }
  | { accepted: false; by: FencedBy; term: number; found: number | undefined };

/** A write that is prepared and not sent. */
export type Ready = () => Promise<Verdict>;

export class FencedJournal {
  readonly #documents: DynamoDBDocumentClient;
  readonly #client: DynamoDBClient;

  /** @param options.requestTimeoutMs limits a write with all its attempts, as it does a heartbeat */
  constructor(private readonly options: { tableName: string; election: string; requestTimeoutMs: number }) {
    this.#client = new DynamoDBClient(leaseClientConfig(options.requestTimeoutMs));
    this.#documents = DynamoDBDocumentClient.from(this.#client);
  }

  close(): void {
    this.#client.destroy();
  }

  /** A write that carries the term on its own item, at the price of one write. */
  stamped(fence: Fence, by: string): Ready {
    const { tableName, election } = this.options;
    const command = new UpdateCommand(
      fence.stamp({
        TableName: tableName,
        Key: this.#key('stamped'),
        UpdateExpression: 'SET seq = if_not_exists(seq, :none) + :one, writtenBy = :by',
        ExpressionAttributeValues: { ':none': 0, ':one': 1, ':by': by },
        ReturnValues: 'ALL_NEW' as const,
        // The refusal shows the item, and so the term that it met.
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      }),
    );
    return async () => {
      try {
        const { Attributes } = await this.#documents.send(command);
        return { accepted: true, by: 'stamp', term: fence.term, seq: Attributes?.seq as number };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { accepted: false, by: 'stamp', term: fence.term, found: number(error.Item, `fence:${election}`) };
      }
    };
  }

  /**
   * A write in a transaction with the fence itself: refused as soon as a later term's work may have begun.
   * @param seq its place; without one it goes to an item beside, for a write that may come late and out of order
   */
  checked(fence: Fence, by: string, seq?: number): Ready {
    const { tableName } = this.options;
    const input: TransactWriteCommandInput = {
      TransactItems: [
        fence.check(),
        {
          Update: {
            TableName: tableName,
            Key: this.#key(seq === undefined ? 'late' : 'checked'),
            UpdateExpression: 'SET seq = :seq, writtenBy = :by',
            ExpressionAttributeValues: { ':seq': seq ?? 0, ':by': by },
          },
        },
      ],
    };
    return async () => {
      try {
        await this.#documents.send(new TransactWriteCommand(input));
        return { accepted: true, by: 'check', term: fence.term, seq };
      } catch (error) {
        const reason = error instanceof TransactionCanceledException ? error.CancellationReasons?.[0] : undefined;
        if (reason?.Code !== 'ConditionalCheckFailed') throw error;
        return { accepted: false, by: 'check', term: fence.term, found: number(reason.Item, 'term') };
      }
    };
  }

  /** The place that the last checked write took. Read in office it is the last for good: no earlier term adds to it (S5). */
  async lastChecked(): Promise<number> {
    const { Item } = await this.#documents.send(
      new GetCommand({ TableName: this.options.tableName, Key: this.#key('checked'), ConsistentRead: true }),
    );
    return (Item?.seq as number | undefined) ?? 0;
  }

  #key(sk: 'stamped' | 'checked' | 'late'): { pk: string; sk: string } {
    return { pk: `journal#${this.options.election}`, sk };
  }
}

/** The document client translates answers, not errors. */
function number(item: Record<string, AttributeValue> | undefined, name: string): number | undefined {
  const text = item?.[name]?.N;
  return text === undefined ? undefined : Number(text);
}
