/**
 * Traces of the model, replayed on the shipping code: every step that touched the table goes through `DynamoLeaseStore`
 * (or through the fence's own expressions) to a real engine, and what is answered, what the table holds, and what the code
 * concludes from it (`lib/lease/outcome.ts`) must be what the model says. Steps that only move time or candidates send
 * nothing here: the simulation drives those.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Fence } from '../lib/election/fence.js';
import { DynamoLeaseStore } from '../lib/lease/dynamodb.js';
import { show } from '../lib/lease/errors.js';
import { fateOfRelease, fateOfRenewal, showsMine } from '../lib/lease/outcome.js';
import type { Challenger, FenceRecord, LeaseRecord } from '../lib/lease/record.js';
import type { LeaseStore, Office, Reply } from '../lib/lease/store.js';
import { createTable } from '../lib/lease/table.js';
import { engineClient } from '../lib/local/client.js';
import { sideBySide } from './programs.js';
import type { ModelFence, ModelMessage, ModelRecord, ModelStep, Trace } from './traces.js';

/** A tick of the model, in the record's milliseconds. */
const TICK_MS = 1_000;
const AT = 1_800_000_000_000;
const SIDE_BY_SIDE = 8;

export interface Replayed {
  readonly traces: number;
  readonly steps: number;
  /** What differed, a line each. */
  readonly differences: readonly string[];
}

/** Replays traces on the engine at `endpoint`; each trace is an election of its own, and ends at its first difference. */
export async function replay(traces: readonly Trace[], endpoint: string): Promise<Replayed> {
  const client = engineClient(endpoint);
  const tableName = `models-${randomBytes(6).toString('hex')}`;
  try {
    await createTable({ client, tableName });
    const each = await sideBySide(traces, (trace) => replayOne(trace, client, tableName), SIDE_BY_SIDE);
    return {
      traces: traces.length,
      steps: traces.reduce((sum, { steps }) => sum + steps.length, 0),
      differences: each.flatMap((difference) => (difference === undefined ? [] : [difference])),
    };
  } finally {
    client.destroy();
  }
}

async function replayOne(trace: Trace, client: DynamoDBClient, tableName: string): Promise<string | undefined> {
  const election = `trace-${randomBytes(6).toString('hex')}`;
  const store = new DynamoLeaseStore(client, tableName, election);
  const work = new Work(client, tableName, election);
  for (const step of trace.steps) {
    const model = expectation(step);
    const code = step.did === 'write' ? await write(store, step) : await work.write(step);
    if (!isDeepStrictEqual(code, model)) {
      return `${trace.name}, state ${step.index} (${step.action}, ${step.did} ${step.message.kind}): the model says ${show(model)}, the code ${show(code)}`;
    }
  }
  return undefined;
}

/** What is compared: the answer, the record or fence that came with it, and what the writer concludes. */
interface Observed {
  readonly applied: boolean;
  readonly record?: ModelRecord | undefined;
  readonly fence?: ModelFence | undefined;
  readonly fate?: string | undefined;
  readonly stamped?: number | undefined;
}

/** Writes whose outcome the code judges: others have no reader. */
const JUDGED = ['create', 'acquire', 'renew', 'resign', 'handOver', 'challenge', 'raise'];

function expectation({ did, message, answer, fate, stamped }: ModelStep): Observed {
  if (did === 'check') return { applied: answer.applied };
  if (did === 'stamp') return { applied: answer.applied, stamped };
  const judged = JUDGED.includes(message.kind) && message.from !== 'operator' ? fate : undefined;
  if (message.kind === 'raise') return { applied: answer.applied, fence: answer.fence, fate: judged };
  return { applied: answer.applied, record: answer.record.term === 0 ? undefined : answer.record, fate: judged };
}

async function write(store: LeaseStore, { message }: ModelStep): Promise<Observed> {
  if (message.kind === 'raise') {
    const { term, attempt } = officeOf(message);
    const { applied, record } = await store.raise({ term, attempt });
    const mine = record?.term === term && record.attempt === attempt;
    return { applied, fence: record && fenceOf(record), fate: applied || mine ? 'landed' : 'over' };
  }
  const reply = await send(store, message);
  return { applied: reply.applied, record: reply.record && recordOf(reply.record), fate: fateOf(message, reply) };
}

function send(store: LeaseStore, message: ModelMessage): Promise<Reply> {
  const { kind, beat, lease, dead, successor } = message;
  const office = officeOf(message);
  const seen = seenOf(message);
  const declare = { leaseMs: lease * TICK_MS, renewMs: 300, priority: 0 };
  const at = AT;
  switch (kind) {
    case 'create':
      return store.create({ office, declare, at });
    case 'acquire':
      return store.acquire({ seen, office, declare, at });
    case 'renew':
      return store.renew({ office, beat, at, ...(lease > 0 && { declare }) });
    case 'resign':
      return store.resign({ office, beat, at, successor: successor === '' ? undefined : successor });
    case 'handOver':
      return store.handOver({ office, challenger: challengerOf(message), at });
    case 'expire':
      return store.expire({ seen, at });
    case 'revoke':
      return store.revoke({ seen, dead, at });
    case 'challenge':
      return store.challenge({ term: seen.term, holder: seen.holder ?? '-', challenger: challengerOf(message) });
    default:
      throw new Error(`The model has a write ${show(kind)} that the replay does not know: add it to spec/replay.ts.`);
  }
}

function fateOf(message: ModelMessage, reply: Reply): string | undefined {
  const office = officeOf(message);
  switch (message.kind) {
    case 'create':
    case 'acquire':
      return reply.applied || showsMine(reply.record, office.holder, office.attempt) ? 'landed' : 'over';
    case 'renew':
      return fateOfRenewal(office, message.beat, reply).is;
    case 'resign':
    case 'handOver':
      return fateOfRelease(office, reply).is;
    case 'challenge': {
      const mine = reply.record?.challenger?.attempt === challengerOf(message).attempt;
      return message.from === 'operator' ? undefined : reply.applied || mine ? 'landed' : 'over';
    }
    default:
      return undefined;
  }
}

/** The user's own writes: one item under `check()`, one that is stamped. */
class Work {
  readonly #documents: DynamoDBDocumentClient;
  readonly #key: { pk: string; sk: string };

  constructor(
    client: DynamoDBClient,
    private readonly tableName: string,
    private readonly election: string,
  ) {
    this.#documents = DynamoDBDocumentClient.from(client);
    this.#key = { pk: `work#${election}`, sk: 'stamped' };
  }

  async write({ did, message }: ModelStep): Promise<Observed> {
    const { tableName, election } = this;
    const { term, attempt } = officeOf(message);
    const fence = new Fence({ tableName, election, term, attempt, multiRegion: false });
    if (did === 'check') {
      const Put = { TableName: tableName, Item: { ...this.#key, sk: 'checked', by: term } };
      return {
        applied: await passes(
          this.#documents.send(new TransactWriteCommand({ TransactItems: [fence.check(), { Put }] })),
        ),
      };
    }
    const input = { TableName: tableName, Key: this.#key, UpdateExpression: 'SET #by = :by' };
    const named = { ...input, ExpressionAttributeNames: { '#by': 'by' }, ExpressionAttributeValues: { ':by': term } };
    const applied = await passes(this.#documents.send(new UpdateCommand(fence.stamp(named))));
    const { Attributes } = await this.#documents.send(
      new UpdateCommand({ TableName: tableName, Key: this.#key, ReturnValues: 'ALL_NEW' }),
    );
    return { applied, stamped: Number(Attributes?.[`fence:${election}`]) };
  }
}

/** False for a refusal by a condition; anything else is no answer at all. */
async function passes(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ConditionalCheckFailedException' || name === 'TransactionCanceledException') return false;
    throw error;
  }
}

const attemptOf = (n: number): string => `attempt-${n}`;
const numberOf = (attempt: string | undefined): number =>
  attempt === undefined ? 0 : Number(attempt.slice('attempt-'.length));

const officeOf = ({ office }: ModelMessage): Office => ({
  term: office.term,
  attempt: attemptOf(office.attempt),
  holder: office.holder,
});

const challengerOf = ({ to }: ModelMessage): Challenger => ({
  id: to.id,
  attempt: attemptOf(to.attempt),
  rank: to.rank,
  why: 'model',
  stands: true,
});

/** What a writer had read: it compares the version and, for some, the holder; the rest is not asked for. */
const seenOf = ({ seen }: ModelMessage): LeaseRecord => ({
  term: seen.term,
  beat: seen.beat,
  ...(seen.holder !== '' && { holder: seen.holder }),
  attempt: 'not compared',
  leaseMs: TICK_MS,
  renewMs: 300,
  priority: 0,
  acquiredAt: AT,
  renewedAt: AT,
});

const fenceOf = ({ term, attempt }: FenceRecord): ModelFence => ({ term, attempt: numberOf(attempt) });

function recordOf(record: LeaseRecord): ModelRecord {
  const { challenger } = record;
  return {
    term: record.term,
    beat: record.beat,
    holder: record.holder ?? '',
    attempt: numberOf(record.attempt),
    lease: record.leaseMs / TICK_MS,
    challenger: { id: challenger?.id ?? '', attempt: numberOf(challenger?.attempt), rank: challenger?.rank ?? 0 },
    previous: record.previous ?? '',
    reason: record.reason ?? '',
    dead: record.dead ?? false,
    successor: record.successor ?? '',
  };
}
