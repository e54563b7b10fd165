/** What is sent, and what it costs: single conditional updates only, under 1 KB, within DynamoDB's own limits; and what failures become. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Item, itemBytes } from '../../lib/lease/item.js';
import { MAX_RECORD_BYTES } from '../../lib/lease/record.js';
import type { LeaseStore } from '../../lib/lease/store.js';
import { AT, by, challengerOf, DECLARED, officeOf, onEachEngine, Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

interface Sent {
  readonly command: string;
  readonly input: Record<string, unknown>;
}

/** A whole life of a record, each write of it once. */
const LIFE: [string, (store: LeaseStore) => Promise<unknown>][] = [
  ['create', (store) => store.create({ office: officeOf('a'), declare: { ...DECLARED, value: 1 }, at: AT })],
  ['raise', (store) => store.raise({ term: 1, attempt: 'a-1', mark: 'm' })],
  ['renew', (store) => store.renew({ ...by(officeOf('a')), beat: 1, at: AT })],
  ['proclaim', (store) => store.renew({ ...by(officeOf('a')), beat: 2, at: AT, proclaim: { value: 2 } })],
  ['challenge', (store) => store.challenge({ term: 1, holder: 'a', challenger: challengerOf('c') })],
  ['withdraw', (store) => store.withdraw({ attempt: 'challenge-c' })],
  ['challenge again', (store) => store.challenge({ term: 1, holder: 'a', challenger: challengerOf('c') })],
  ['hand over', (store) => store.handOver({ ...by(officeOf('a')), challenger: challengerOf('c'), at: AT })],
  ['revoke', async (store) => store.revoke({ seen: (await store.read())!, dead: false, at: AT })],
  ['proof', async (store) => store.revoke({ seen: (await store.read())!, dead: true, at: AT })],
  [
    'acquire',
    async (store) =>
      store.acquire({ seen: (await store.read())!, office: officeOf('b', 3), declare: DECLARED, at: AT }),
  ],
  ['expire', async (store) => store.expire({ seen: (await store.read())!, at: AT })],
  [
    'acquire again',
    async (store) =>
      store.acquire({ seen: (await store.read())!, office: officeOf('b', 4), declare: DECLARED, at: AT }),
  ],
  ['resign', (store) => store.resign({ ...by(officeOf('b', 4)), beat: 1, at: AT })],
  ['a look at both', async (store) => [await store.read(), await store.readFence()]],
];

test('only reads and conditional updates of one item leave the store, each telling all it can', async () => {
  const table = await freshTable();
  const client = table.clientAt(table.endpoint);
  const sent: Sent[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      sent.push({ command: context.commandName ?? '?', input: args.input as Sent['input'] });
      return next(args);
    },
    { step: 'initialize' },
  );
  const stage = new Stage(table, client);
  for (const [write, send] of LIFE) {
    const reply = await send(stage.store);
    if (!Array.isArray(reply)) expect(reply, write).toMatchObject({ applied: true });
  }
  expect([...new Set(sent.map(({ command }) => command))].sort()).toEqual(['GetItemCommand', 'UpdateItemCommand']);
  for (const { command, input } of sent) {
    if (command === 'GetItemCommand') {
      expect(input.ConsistentRead).toBe(true);
      continue;
    }
    expect(input).toMatchObject({
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      Key: { pk: { S: `election#${stage.name}` } },
    });
    const { ConditionExpression: condition, UpdateExpression: update } = input as Record<string, string>;
    expect(condition).not.toBe('');
    expect(condition).not.toMatch(/acquiredAt [<>=]|renewedAt [<>=]|vacatedAt [<>=]/); // no decision reads a wall clock
    expect(condition!.length, 'DynamoDB takes 4 KB').toBeLessThan(3_500);
    expect(condition!.match(/AND|OR|BETWEEN|size|attribute_\w+|[<>=]/g)!.length, 'DynamoDB takes 300').toBeLessThan(
      200,
    );
    expect(update).not.toMatch(/DELETE/);
  }
  client.destroy();
});

onEachEngine('the size of the record', (endpoint) => {
  let table: TestTable;
  beforeAll(async () => {
    table = await freshTable(endpoint);
  });

  test('the largest legal ids, name, value and numbers stay under 1 KB through every write but the challenge', async () => {
    const stage = new Stage(table, table.client, 'n'.repeat(64));
    const { store } = stage;
    const [a, b] = ['a', 'b'].map((letter) => 'é'.repeat(63) + letter.repeat(2)) as [string, string];
    const attempt = (letter: string) => letter.repeat(16);
    const declare = { leaseMs: 900_000, renewMs: 299_999, priority: 999_999, value: 'v'.repeat(400) };
    const at = 8_640_000_000_000_000; // the last moment of a Date
    const term = 4_503_599_627_370_497;
    const sizes: Record<string, number> = {};
    const weigh = async (write: string, reply: Promise<{ applied: boolean }>) => {
      expect((await reply).applied, write).toBe(true);
      sizes[write] = itemBytes((await stage.item()) as Item);
    };
    const office = (holder: string, n: number) => ({ holder, term: term + n, attempt: attempt(`${n}`) });
    const challenger = { ...challengerOf(b, 1_000_000_000), attempt: attempt('1'), why: 'w' };
    const beat = 9_007_199_254_740_990;
    await weigh('create', store.create({ office: office(a, 0), declare, at }));
    await weigh('renew', store.renew({ ...by(office(a, 0)), beat: beat - 1, at }));
    await store.challenge({ term, holder: a, challenger });
    await weigh('hand over', store.handOver({ ...by(office(a, 0)), challenger, at }));
    await weigh('declare', store.renew({ ...by(office(b, 1)), beat: 1, at, declare }));
    await weigh('proclaim', store.renew({ ...by(office(b, 1)), beat, at, proclaim: { value: 'w'.repeat(400) } }));
    await weigh('take over', store.acquire({ seen: (await store.read())!, office: office(a, 2), declare, at }));
    await weigh('expire', store.expire({ seen: (await store.read())!, at }));
    await weigh('acquire', store.acquire({ seen: (await store.read())!, office: office(b, 3), declare, at }));
    await weigh('resign', store.resign({ ...by(office(b, 3)), beat, at, successor: a }));
    await weigh(
      'acquire as successor',
      store.acquire({ seen: (await store.read())!, office: office(a, 4), declare, at }),
    );
    await weigh('revoke', store.revoke({ seen: (await store.read())!, dead: true, at }));
    expect(Math.max(...Object.values(sizes)), JSON.stringify(sizes)).toBeLessThan(MAX_RECORD_BYTES);
    expect(Math.max(...Object.values(sizes)), JSON.stringify(sizes)).toBeGreaterThan(850); // they were large indeed
  });
});

describe('failures', () => {
  test('a table that is not there is reported as such, by reads and writes', async () => {
    const stage = new Stage({ ...(await freshTable()), tableName: 'nowhere' });
    for (const attempt of [() => stage.store.read(), () => stage.held(), () => stage.store.readFence()]) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'TableMissing',
        message: expect.stringMatching(/"nowhere".*createTable/),
      });
    }
  });

  test('an answer that does not come leaves the outcome unknown', async () => {
    const table = await freshTable();
    const nobody = table.clientAt('http://127.0.0.1:1', { maxAttempts: 1 });
    const stage = new Stage(table, nobody);
    await expect(stage.held()).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('outcome is unknown'),
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
    nobody.destroy();
  });

  test('a call that is given up is given up at once', async () => {
    const stage = new Stage(await freshTable());
    const signal = AbortSignal.abort();
    await expect(stage.store.read({ signal })).rejects.toMatchObject({ code: 'RequestFailed' });
    await expect(stage.store.raise({ term: 1, attempt: 'x', mark: 'm' }, { signal })).rejects.toMatchObject({
      code: 'RequestFailed',
      details: { name: 'AbortError' },
    });
    expect(await stage.store.readFence()).toBeUndefined();
  });

  test.each([
    ['a text', '"a text"'],
    [new Error('boom'), 'boom'],
  ])('a client that throws %s is quoted', async (thrown, quoted) => {
    const client = { send: () => Promise.reject(thrown) } as never;
    const stage = new Stage({ tableName: 't' } as TestTable, client);
    await expect(stage.store.read()).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining(quoted),
    });
  });
});
