/**
 * The simulated table against a real engine: the same random operations through `DynamoLeaseStore` and through the
 * simulated store, whose answers must not differ in anything; and fenced writes against a model of what they promise.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Fence } from '../../lib/election/fence.js';
import { DynamoLeaseStore } from '../../lib/lease/dynamodb.js';
import { show } from '../../lib/lease/errors.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import type { LeaseStore } from '../../lib/lease/store.js';
import { createTable } from '../../lib/lease/table.js';
import { engineClient } from '../../lib/local/client.js';
import { Machine } from '../../lib/simulation/machine.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import { SimulatedStore } from '../../lib/simulation/store.js';
import { Table } from '../../lib/simulation/table.js';
import { World } from '../../lib/simulation/world.js';
import { CALM } from './scenarios.js';

/** How many elections take turns: each is a history of its own, and the engine serves them side by side. */
const SIDE_BY_SIDE = 16;
const HOLDERS = ['a', 'b', 'c'];

/**
 * @param options.endpoint the engine's
 * @returns what differed, a line each, with the seed that repeats it
 */
export async function differences(options: {
  operations: number;
  seed: number;
  endpoint: string;
}): Promise<readonly string[]> {
  const client = engineClient(options.endpoint);
  const tableName = `simulation-${randomBytes(6).toString('hex')}`;
  const found: string[] = [];
  try {
    await createTable({ client, tableName, stream: false });
    const each = Math.ceil(options.operations / SIDE_BY_SIDE);
    const histories = Array.from({ length: SIDE_BY_SIDE }, (_, index) =>
      compare(client, tableName, `election-${index}`, each, new SeededRandom(options.seed * 1_000 + index)),
    );
    found.push(
      ...(await Promise.all(histories)).flat(),
      ...(await fenced(client, tableName, new SeededRandom(options.seed))),
    );
  } finally {
    client.destroy();
  }
  return found.slice(0, 5).map((line) => `seed ${options.seed}: ${line}`);
}

/** One election's history. */
async function compare(
  client: DynamoDBClient,
  tableName: string,
  name: string,
  operations: number,
  random: SeededRandom,
) {
  const world = new World(new SeededRandom(1));
  const table = new Table(world, () => {});
  const network = { world, table, settings: CALM, ceased: { faults: true }, injected: {} };
  const link = { sends: true, hears: true };
  const simulated = new SimulatedStore(network, new Machine(world, 1, 0), link);
  const real = new DynamoLeaseStore(client, tableName, name);
  const past: LeaseRecord[] = [];
  const found: string[] = [];
  for (let n = 0; n < operations && found.length === 0; n += 1) {
    const { what, send } = operation(random, table.record, past, n);
    const answer = send(simulated);
    await world.runUntil(world.now + 100, () => {});
    const [here, there] = [await answer, await send(real)];
    const same = isDeepStrictEqual(plain(here), plain(there));
    if (!same) found.push(`operation ${n} of ${name}, ${what}: simulated ${show(here)}, real ${show(there)}`);
    if (table.record !== undefined && past.at(-1) !== table.record) past.push(table.record);
    if (past.length > 6) past.shift();
  }
  return found;
}

const plain = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer ?? null, Object.keys(flat(answer)).sort()));

/** All names that occur in an answer, so that they can be compared in one order. */
function flat(value: unknown, names: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== 'object' || value === null) return names;
  for (const [name, part] of Object.entries(value)) {
    names[name] = true;
    flat(part, names);
  }
  return names;
}

type Send = (store: LeaseStore) => Promise<unknown>;

/** One operation that may or may not apply: of who holds, held, asks, or never did. */
function operation(
  random: SeededRandom,
  now: LeaseRecord | undefined,
  past: readonly LeaseRecord[],
  n: number,
): { what: string; send: Send } {
  const at = 1_800_000_000_000 + n;
  const seen = random.chance(0.7) ? now : past.length > 0 ? random.pick(past) : now;
  const holder = random.chance(0.7) ? (seen?.holder ?? random.pick(HOLDERS)) : random.pick(HOLDERS);
  const mine = {
    term: (seen?.term ?? 1) + (random.chance(0.1) ? random.pick([-1, 1]) : 0),
    attempt: random.chance(0.85) ? (seen?.attempt ?? 'x') : 'of another',
    holder,
  };
  const known = random.chance(0.85) ? [seen?.mark, 'another of mine'] : [random.pick([undefined, 'of a copy'])];
  const marks = { known, next: `m${n}` };
  const beat = Math.max(0, (seen?.beat ?? 0) + random.pick([-1, 0, 1, 1, 1, 2, 7]));
  const declare = {
    leaseMs: random.pick([1_000, 10_000]),
    renewMs: 300,
    priority: random.pick([0, 5]),
    value: random.pick([undefined, 'here', { port: 80 }]),
  };
  const next = { term: (seen?.term ?? 0) + random.pick([1, 1, 1, 3]), attempt: `t${n}`, holder: random.pick(HOLDERS) };
  const challenger = seen?.challenger ?? {
    id: random.pick(HOLDERS),
    attempt: `c${n}`,
    rank: random.pick([1, 5, 100]),
    why: random.pick(['', 'test']),
    stands: random.chance(0.5),
  };
  const fresh = { ...challenger, attempt: `c${n}`, rank: random.pick([1, 5, 100]) };
  const choices: [string, Send][] = [
    ['read', (s) => s.read()],
    ['create', (s) => s.create({ office: { ...next, term: 1 }, declare, at })],
    ['renew', (s) => s.renew({ office: mine, marks, beat, at })],
    ['renew', (s) => s.renew({ office: mine, marks, beat, at })],
    ['renew with what it declares', (s) => s.renew({ office: mine, marks, beat, at, declare })],
    ['proclaim', (s) => s.renew({ office: mine, marks, beat, at, proclaim: { value: declare.value } })],
    ['resign', (s) => s.resign({ office: mine, marks, beat, at, successor: next.holder })],
    ['resign to nobody', (s) => s.resign({ office: mine, marks, beat, at })],
    ['challenge', (s) => s.challenge({ term: mine.term, holder, challenger: fresh })],
    ['challenge', (s) => s.challenge({ term: mine.term, holder, challenger: fresh })],
    ['challenge over an equal', (s) => s.challenge({ term: mine.term, holder, challenger: fresh, overEqual: true })],
    ['withdraw', (s) => s.withdraw({ attempt: challenger.attempt })],
    ['hand over', (s) => s.handOver({ office: mine, marks, challenger, at })],
    ['raise', (s) => s.raise({ term: mine.term, attempt: mine.attempt, mark: `f${n}` })],
    ['read the fence', (s) => s.readFence()],
  ];
  if (seen !== undefined) {
    choices.push(
      ['acquire', (s) => s.acquire({ seen, office: next, declare, at })],
      ['acquire', (s) => s.acquire({ seen, office: next, declare, at })],
      ['expire', (s) => s.expire({ seen, at })],
      ['revoke', (s) => s.revoke({ seen, dead: false, at })],
      ['revoke the dead', (s) => s.revoke({ seen, dead: true, at })],
    );
  }
  const [what, send] = random.pick(choices);
  return { what, send };
}

/** Stamped updates of two elections on one item, each with a condition of the user's own: against what they promise. */
async function fenced(client: DynamoDBClient, tableName: string, random: SeededRandom): Promise<string[]> {
  const documents = DynamoDBDocumentClient.from(client);
  const Key = { pk: 'work#fenced', sk: 'x' };
  const model: { stamps: Record<string, number>; balance: number | undefined } = { stamps: {}, balance: undefined };
  const found: string[] = [];
  for (let n = 0; n < 300 && found.length === 0; n += 1) {
    const election = random.pick(['one', 'two']);
    const term = Math.floor(n / 20) + random.pick([1, 2, 3]);
    const fence = new Fence({ tableName, election, term, attempt: 'x', multiRegion: false });
    const least = random.pick([0, 5, 50]);
    const input = fence.stamp({
      TableName: tableName,
      Key,
      UpdateExpression: 'SET balance = :n',
      ConditionExpression: 'balance >= :least OR attribute_not_exists(balance)',
      ExpressionAttributeValues: { ':n': n, ':least': least },
    });
    const allowed = (model.balance === undefined || model.balance >= least) && (model.stamps[election] ?? 0) <= term;
    const applied = await documents.send(new UpdateCommand(input)).then(
      () => true,
      () => false,
    );
    if (applied !== allowed) {
      found.push(
        `fenced write ${n} of term ${term}: ${applied ? 'was applied' : 'was refused'}, stamps ${show(model)}`,
      );
    }
    if (allowed) {
      model.stamps[election] = term;
      model.balance = n;
    }
  }
  const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  const stands = { balance: Item?.balance, one: Item?.['fence:one'], two: Item?.['fence:two'] };
  const should = { balance: model.balance, one: model.stamps.one, two: model.stamps.two };
  if (!isDeepStrictEqual(stands, should)) found.push(`fenced item ${show(stands)} instead of ${show(should)}`);
  return found;
}
