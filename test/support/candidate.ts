/**
 * A candidate as a process of its own, as a user would write one: it runs an election by the public API, claims its
 * leadership on the monotonic clock (one clock for all processes of a host), and writes a fenced journal while it leads.
 *
 * What it has seen goes to its parent by IPC. SIGTERM closes it; then it ends by itself.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Election, type ElectionOptions, type Leadership, leaseClientConfig } from '../../lib/index.js';

/** What the parent asks for, as the program's one argument. */
export interface CandidateTask extends Pick<ElectionOptions, 'name' | 'tableName' | 'id' | 'leaseMs' | 'renewMs'> {
  readonly stepDownMs: number;
  readonly requestTimeoutMs: number;
}

/** `at`, `from`, `to`: monotonic, in ms, of the host. */
export type Report =
  | { readonly what: 'watching' }
  | { readonly what: 'elected'; readonly term: number; readonly at: number }
  | { readonly what: 'lost'; readonly term: number; readonly reason: string; readonly at: number }
  /** `assertHeld()` passed when it was asked at both instants, and so did every one in between. */
  | { readonly what: 'held'; readonly term: number; readonly from: number; readonly to: number }
  /** A fenced write: of the journal by `check()`, or of the account by `stamp()`. */
  | { readonly what: 'wrote'; readonly by: 'check' | 'stamp'; readonly term: number; readonly refused: boolean }
  | { readonly what: 'error'; readonly code: string; readonly message: string };

const ASK_EVERY_MS = 5;
const WRITE_EVERY_MS = 40;

const task: CandidateTask = JSON.parse(process.argv[2] ?? '{}');
const report = (message: Report) => process.connected && process.send?.(message);
const now = () => Number(process.hrtime.bigint()) / 1e6;

const client = new DynamoDBClient(leaseClientConfig(task.requestTimeoutMs));
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const election = new Election({ ...task, client });

election.on('elected', ({ term }) => report({ what: 'elected', term, at: now() }));
election.on('lost', ({ term, reason }) => report({ what: 'lost', term, reason, at: now() }));
election.on('office', () => report({ what: 'watching' }));
election.on('error', ({ code, message }) => report({ what: 'error', code, message }));

/** The last leadership that was lost: its writes are tried again afterwards, to see them refused. */
let last: Leadership | undefined;
election.on('lost', () => {
  if (last !== undefined) void journal(last);
});

/**
 * Claims what it may claim. The time is taken before it asks: an answer that passes later was true at that time as well,
 * for a leadership that has ended never comes back. So a pause at any place lengthens no claim.
 */
function claim(leadership: Leadership): void {
  const { term } = leadership;
  let from = 0;
  let to = 0;
  const ask = setInterval(() => {
    try {
      const at = now();
      leadership.assertHeld();
      if (from === 0) from = at;
      to = at;
    } catch {
      clearInterval(ask);
      if (from > 0) report({ what: 'held', term, from, to });
      return;
    }
    if (to - from < 50) return;
    report({ what: 'held', term, from, to });
    from = to;
  }, ASK_EVERY_MS);
}

const refusedBy = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'ConditionalCheckFailedException' ||
    (error.name === 'TransactionCanceledException' && error.message.includes('ConditionalCheckFailed')));

/** One write under the fence, and one that is stamped. */
async function journal({ term, fence }: Leadership): Promise<void> {
  const { tableName: TableName, name } = task;
  const entry = { pk: `journal#${name}`, sk: `${process.hrtime.bigint()}`.padStart(20, '0'), term };
  const writes = {
    check: () =>
      documents.send(new TransactWriteCommand({ TransactItems: [fence.check(), { Put: { TableName, Item: entry } }] })),
    stamp: () =>
      documents.send(
        new UpdateCommand(
          fence.stamp({
            TableName,
            Key: { pk: `account#${name}`, sk: 'balance' },
            UpdateExpression: 'SET #terms = list_append(if_not_exists(#terms, :none), :mine)',
            ExpressionAttributeNames: { '#terms': 'terms' },
            ExpressionAttributeValues: { ':none': [], ':mine': [term] },
          }),
        ),
      ),
  };
  for (const by of ['check', 'stamp'] as const) {
    try {
      await writes[by]();
      report({ what: 'wrote', by, term, refused: false });
    } catch (error) {
      if (refusedBy(error)) report({ what: 'wrote', by, term, refused: true });
      else report({ what: 'error', code: 'write', message: String(error) });
    }
  }
}

async function work(leadership: Leadership): Promise<void> {
  last = leadership;
  claim(leadership);
  while (!leadership.signal.aborted) {
    await journal(leadership);
    await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
  }
}

process.once('SIGTERM', () => {
  void election.close().then(() => {
    client.destroy();
    documents.destroy();
    process.disconnect?.();
  });
});
process.once('disconnect', () => process.exit());

// The item that all stamp is there before anybody leads.
await documents
  .send(
    new PutCommand({
      TableName: task.tableName,
      Item: { pk: `account#${task.name}`, sk: 'balance', terms: [] },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  )
  .catch(() => {});
await election.run(work);
