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
import { type Fate, fateOfRelease, fateOfRenewal, showsMine } from '../lib/lease/outcome.js';
import type { Challenger, FenceRecord, LeaseRecord } from '../lib/lease/record.js';
import type { LeaseStore, Marks, Reply, Tenancy } from '../lib/lease/store.js';
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
const JUDGED = ['create', 'acquire', 'renew', 'resign', 'handOver', 'challenge', 'withdraw', 'raise'];

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
    const { applied, record } = await store.raise({ term, attempt, mark: drawn(message.mark) });
    const isOurTerm = record?.term === term && record.attempt === attempt;
    const fate = applied || (isOurTerm && isMineBy(message)(record.mark)) ? 'landed' : isOurTerm ? 'cloned' : 'over';
    return { applied, fence: record && fenceOf(record), fate };
  }
  const reply = await send(store, message);
  return { applied: reply.applied, record: reply.record && recordOf(reply.record), fate: fateOf(message, reply) };
}

function send(store: LeaseStore, message: ModelMessage): Promise<Reply> {
  const { kind, beat, lease, dead, successor, value, from } = message;
  const office = officeOf(message);
  const seen = seenOf(message);
  const declare = { leaseMs: lease * TICK_MS, renewMs: 300, priority: 0 };
  const marks = marksOf(message);
  const at = AT;
  switch (kind) {
    case 'create':
      return store.create({ office, declare, at });
    case 'acquire':
      return store.acquire({ seen, office, declare, at });
    case 'renew':
      return store.renew({
        ...{ office, marks, beat, at },
        ...(lease > 0 && { declare }),
        ...(value > 0 && { proclaim: { value } }),
      });
    case 'resign':
      return store.resign({ office, marks, beat, at, successor: successor === '' ? undefined : successor });
    case 'handOver':
      return store.handOver({ office, marks, challenger: challengerOf(message), at });
    case 'expire':
      return store.expire({ seen, at });
    case 'revoke':
      return store.revoke({ seen, dead, at });
    case 'challenge':
      return store.challenge({
        ...{ term: seen.term, holder: seen.holder ?? '-', challenger: challengerOf(message) },
        overEqual: from === 'operator',
      });
    case 'withdraw':
      return store.withdraw({ attempt: challengerOf(message).attempt });
    default:
      throw new Error(`The model has a write ${show(kind)} that the replay does not know: add it to spec/replay.ts.`);
  }
}

function fateOf(message: ModelMessage, reply: Reply): string | undefined {
  const office = officeOf(message);
  const isMine = isMineBy(message);
  switch (message.kind) {
    case 'create':
    case 'acquire':
      if (!reply.applied && !showsMine(reply.record, office.holder, office.attempt)) return 'over';
      return reply.applied || isMine(reply.record?.mark) ? 'landed' : 'cloned';
    case 'renew':
      return named(fateOfRenewal(office, marksOf(message), reply, isMine));
    case 'resign':
    case 'handOver':
      return named(fateOfRelease(office, reply, isMine));
    case 'withdraw':
      return showsMine(reply.record, message.to.id, challengerOf(message).attempt) ? 'won' : 'landed';
    case 'challenge': {
      const mine = reply.record?.challenger?.attempt === challengerOf(message).attempt;
      return message.from === 'operator' ? undefined : reply.applied || mine ? 'landed' : 'over';
    }
    default:
      return undefined;
  }
}

/** The model calls a clone's doing by its name. */
const named = (fate: Fate): string => (fate.is === 'over' && fate.reason === 'cloned' ? 'cloned' : fate.is);

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

/** Attempts and marks: an office begins with its attempt as its mark. */
const drawn = (n: number): string => `drawn-${n}`;
const numberOf = (text: string | undefined): number => (text === undefined ? 0 : Number(text.slice('drawn-'.length)));

const marksOf = ({ known, mark }: ModelMessage): Marks => ({ known: known.map(drawn), next: drawn(mark) });

/** What a writer knows of its own marks: what its message names, and the mark that it carries. */
function isMineBy(message: ModelMessage): (mark: string | undefined) => boolean {
  const { known, next } = marksOf(message);
  return (mark) => mark === next || known.includes(mark);
}

const officeOf = ({ office }: ModelMessage): Tenancy => ({
  term: office.term,
  attempt: drawn(office.attempt),
  holder: office.holder,
});

const challengerOf = ({ to }: ModelMessage): Challenger => ({
  id: to.id,
  attempt: drawn(to.attempt),
  rank: to.rank,
  why: 'model',
  stands: true,
});

/** What a writer had read: it compares the version and, for some, the holder; the rest is not asked for. */
const seenOf = ({ seen }: ModelMessage): LeaseRecord => ({
  term: seen.term,
  beat: seen.beat,
  ...(seen.holder !== '' && { holder: seen.holder }),
  attempt: drawn(seen.attempt),
  leaseMs: TICK_MS,
  renewMs: 300,
  priority: 0,
  acquiredAt: AT,
  renewedAt: AT,
});

const fenceOf = ({ term, attempt, mark }: FenceRecord): ModelFence => ({
  term,
  attempt: numberOf(attempt),
  mark: numberOf(mark),
});

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
    mark: numberOf(record.mark),
    value: Number(record.value ?? 0),
  };
}
