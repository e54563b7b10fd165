/** Each fault as an SDK client sees it, and as it leaves the table: a fault that does not bite would prove nothing. */
import {
  CreateTableCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, engineClient, startEngine } from '../../lib/local/engine.js';
import { type FaultProxy, type SeenRequest, startProxy } from './fault-proxy.js';
import { until } from './until.js';

const TableName = 'faults';
const Key = { pk: { S: 'item' } };
const ONE_ATTEMPT = { maxAttempts: 1 };

let engine: Engine;
/** Past the proxy, to see what is true. */
let direct: DynamoDBClient;
let proxy: FaultProxy;
const clients: DynamoDBClient[] = [];

beforeAll(async () => {
  engine = await startEngine({ engine: 'dynoxide' });
  direct = engineClient(engine.endpoint);
  await direct.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
}, 60_000);

afterAll(async () => {
  direct?.destroy();
  await engine?.stop();
});

beforeEach(async () => {
  proxy = await startProxy({ target: engine.endpoint });
  await direct.send(new PutItemCommand({ TableName, Item: { ...Key, count: { N: '0' } } }));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.stop();
});

const through = (overrides: DynamoDBClientConfig = {}) => {
  const client = engineClient(proxy.endpoint, overrides);
  clients.push(client);
  return client;
};

/** Counts one up, if the count is what the writer believes. */
const countUp = (from: number) =>
  new UpdateItemCommand({
    TableName,
    Key,
    UpdateExpression: 'SET #count = :next',
    ConditionExpression: '#count = :from',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':next': { N: `${from + 1}` }, ':from': { N: `${from}` } },
  });

/** Counts one up from whatever it is: lands as often as it is sent. */
const add = () =>
  new UpdateItemCommand({
    TableName,
    Key,
    UpdateExpression: 'ADD #count :one',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });

const count = async () => {
  const { Item } = await direct.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Number(Item?.count?.N);
};

const anyUpdate = ({ op }: SeenRequest) => op === 'UpdateItem';

const gate = () => {
  let open = () => {};
  const release = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { release, open };
};

describe('without a fault', () => {
  test('requests pass, are counted and logged', async () => {
    const client = through();
    await client.send(countUp(0));
    await client.send(new GetItemCommand({ TableName, Key }));
    expect(await count()).toBe(1);
    expect(proxy.requests).toEqual({ UpdateItem: 1, GetItem: 1 });
    expect(proxy.log).toMatchObject([
      { n: 1, op: 'UpdateItem', body: { TableName }, fault: undefined },
      { n: 2, op: 'GetItem', body: { TableName }, fault: undefined },
    ]);
    expect(await proxy.log[0]?.landed).toEqual([200]);
  });

  test('the errors of the engine pass too', async () => {
    await expect(through().send(countUp(7))).rejects.toThrow(
      expect.objectContaining({ name: 'ConditionalCheckFailedException' }),
    );
    expect(await proxy.log[0]?.landed).toEqual([400]);
  });

  test('an engine that is gone looks like a lost connection, and the log says so', async () => {
    const orphan = await startProxy({ target: 'http://127.0.0.1:1' });
    const client = engineClient(orphan.endpoint, ONE_ATTEMPT);
    try {
      await expect(client.send(add())).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
      await until('the error in the log', () => orphan.log[0]?.error);
      expect(orphan.log[0]?.error).toMatchObject({ code: 'ECONNREFUSED' });
    } finally {
      client.destroy();
      await orphan.stop();
    }
  });
});

describe('requests that never reach the engine', () => {
  test('drop-request: a reset, and nothing applied', async () => {
    const { happened } = proxy.next(anyUpdate, { kind: 'drop-request' });
    await expect(through(ONE_ATTEMPT).send(add())).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    await happened;
    expect(await proxy.log[0]?.landed).toEqual([]);
    expect(await count()).toBe(0);
  });

  test("drop-request: the SDK's own retry gets through", async () => {
    proxy.next(anyUpdate, { kind: 'drop-request' }, { times: 2 });
    await through().send(countUp(0));
    expect(proxy.requests.UpdateItem).toBe(3);
    expect(await count()).toBe(1);
  });

  test('hang: no answer, and nothing applied', async () => {
    const { happened } = proxy.next(anyUpdate, { kind: 'hang' });
    const giveUp = new AbortController();
    const sent = through().send(add(), { abortSignal: giveUp.signal });
    await happened;
    giveUp.abort();
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await count()).toBe(0);
  });

  test('reset: the connections of other requests break too', async () => {
    const bystander = proxy.next(({ op }) => op === 'GetItem', { kind: 'hang' });
    const read = through(ONE_ATTEMPT).send(new GetItemCommand({ TableName, Key }));
    read.catch(() => {});
    await bystander.happened;
    proxy.next(anyUpdate, { kind: 'reset' });
    await expect(through(ONE_ATTEMPT).send(add())).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    await expect(read).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    expect(await count()).toBe(0);
  });

  test('throttle: refused by name, and nothing applied', async () => {
    proxy.next(anyUpdate, { kind: 'throttle' });
    await expect(through(ONE_ATTEMPT).send(add())).rejects.toThrow(
      expect.objectContaining({ name: 'ProvisionedThroughputExceededException' }),
    );
    expect(await count()).toBe(0);
  });
});

describe('replies that never reach the client', () => {
  test("lose-reply by reset: the SDK's own retry is refused, although the write was applied", async () => {
    const { happened } = proxy.next(anyUpdate, { kind: 'lose-reply', by: 'reset' });
    await expect(through().send(countUp(0))).rejects.toThrow(
      expect.objectContaining({ name: 'ConditionalCheckFailedException' }),
    );
    await happened;
    expect(proxy.requests.UpdateItem).toBe(2);
    expect(await Promise.all(proxy.log.map((entry) => entry.landed))).toEqual([[200], [400]]);
    expect(await count()).toBe(1);
  });

  test('lose-reply by silence: applied when it has happened, and the client waits on', async () => {
    const { happened } = proxy.next(anyUpdate, { kind: 'lose-reply', by: 'hang' });
    const giveUp = new AbortController();
    const sent = through().send(countUp(0), { abortSignal: giveUp.signal });
    await happened;
    expect(await count()).toBe(1);
    giveUp.abort();
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  test.each([
    { applied: true, counted: 1 },
    { applied: false, counted: 0 },
  ])('error500, applied: $applied', async ({ applied, counted }) => {
    proxy.next(anyUpdate, { kind: 'error500', applied });
    await expect(through(ONE_ATTEMPT).send(add())).rejects.toThrow(
      expect.objectContaining({ name: 'InternalServerError' }),
    );
    expect(await count()).toBe(counted);
  });
});

describe('requests out of time', () => {
  test('delay: slow there and slow back', async () => {
    proxy.next(anyUpdate, { kind: 'delay', beforeMs: 60, afterMs: 60 });
    const start = performance.now();
    await through().send(countUp(0));
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
    expect(await count()).toBe(1);
  });

  test('delay: a client may give up before the write lands', async () => {
    const { happened, landed } = proxy.next(anyUpdate, { kind: 'delay', beforeMs: 200 });
    const giveUp = new AbortController();
    const sent = through().send(add(), { abortSignal: giveUp.signal });
    await happened;
    giveUp.abort();
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await landed;
    expect(await count()).toBe(1);
  });

  test('hold: the write lands after its client gave up', async () => {
    const { release, open } = gate();
    const { happened, landed } = proxy.next(anyUpdate, { kind: 'hold', release });
    const giveUp = new AbortController();
    const sent = through().send(countUp(0), { abortSignal: giveUp.signal });
    await happened;
    giveUp.abort();
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await count()).toBe(0);
    open();
    await landed;
    expect(await count()).toBe(1);
  });

  test('hold: a client that waits gets its answer', async () => {
    const { release, open } = gate();
    const { happened } = proxy.next(anyUpdate, { kind: 'hold', release });
    const sent = through().send(countUp(0));
    await happened;
    open();
    await sent;
    expect(await count()).toBe(1);
  });

  test('duplicate: the same write lands twice, the second time when it is released', async () => {
    const { release, open } = gate();
    const { landed } = proxy.next(anyUpdate, { kind: 'duplicate', delayMs: 10, release });
    await through().send(add());
    expect(await count()).toBe(1);
    open();
    await landed;
    expect(await count()).toBe(2);
    expect(await proxy.log[0]?.landed).toEqual([200, 200]);
    expect(proxy.requests.UpdateItem).toBe(1);
  });

  test('duplicate: the second landing of a conditional write is refused', async () => {
    const { landed } = proxy.next(anyUpdate, { kind: 'duplicate' });
    await through().send(countUp(0));
    await landed;
    expect(await proxy.log[0]?.landed).toEqual([200, 400]);
    expect(await count()).toBe(1);
  });
});

describe('partition', () => {
  test('breaks what is open, refuses what comes, and heals', async () => {
    const client = through(ONE_ATTEMPT);
    const { happened } = proxy.next(({ op }) => op === 'GetItem', { kind: 'hang' });
    const read = client.send(new GetItemCommand({ TableName, Key }));
    read.catch(() => {});
    await happened;
    proxy.partition(true);
    await expect(read).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    await expect(client.send(add())).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    expect(proxy.log.at(-1)).toMatchObject({ op: 'UpdateItem', fault: { kind: 'partition' } });
    expect(await count()).toBe(0);
    proxy.partition(false);
    await client.send(add());
    expect(await count()).toBe(1);
  });

  test('what is held lands all the same', async () => {
    const { release, open } = gate();
    const { happened, landed } = proxy.next(anyUpdate, { kind: 'hold', release });
    const sent = through(ONE_ATTEMPT).send(add());
    sent.catch(() => {});
    await happened;
    proxy.partition(true);
    await expect(sent).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
    open();
    await landed;
    expect(await count()).toBe(1);
  });
});

describe('rules', () => {
  test('see each request until they are removed; the oldest that names a fault wins', async () => {
    const bodies: unknown[] = [];
    const remove = proxy.on(({ op, body }) => {
      bodies.push(body.TableName);
      return op === 'UpdateItem' ? { kind: 'throttle' } : undefined;
    });
    proxy.on(({ op }) => (op === 'UpdateItem' ? { kind: 'error500', applied: false } : undefined));
    const client = through(ONE_ATTEMPT);
    await client.send(new GetItemCommand({ TableName, Key }));
    const name = (error: Error) => error.name;
    expect(await client.send(add()).catch(name)).toBe('ProvisionedThroughputExceededException');
    remove();
    expect(await client.send(add()).catch(name)).toBe('InternalServerError');
    expect(bodies).toEqual([TableName, TableName]);
  });

  test('one-offs go first, strike as often as asked, and can be taken back', async () => {
    proxy.on(() => ({ kind: 'throttle' }));
    const oneOff = proxy.next(anyUpdate, { kind: 'error500', applied: false }, { times: 2 });
    const never = proxy.next(anyUpdate, { kind: 'hang' });
    never.cancel();
    const client = through(ONE_ATTEMPT);
    const names: unknown[] = [];
    for (let i = 0; i < 3; i++) names.push(await client.send(add()).catch((error: Error) => error.name));
    expect(names).toEqual(['InternalServerError', 'InternalServerError', 'ProvisionedThroughputExceededException']);
    await oneOff.landed;
  });

  test('a rule that throws is not taken for a fault of the network', async () => {
    proxy.on(() => {
      throw new Error('a mistake in the test');
    });
    await expect(through().send(add())).rejects.toThrow(
      'a rule of the fault proxy threw: Error: a mistake in the test',
    );
    expect(proxy.requests.UpdateItem).toBe(1);
  });
});

test('stop ends what hangs; what is held never lands', async () => {
  const { release, open } = gate();
  const { happened } = proxy.next(anyUpdate, { kind: 'hold', release });
  const sent = through(ONE_ATTEMPT).send(add());
  sent.catch(() => {});
  await happened;
  await proxy.stop();
  await expect(sent).rejects.toThrow(expect.objectContaining({ code: 'ECONNRESET' }));
  open();
  expect(await proxy.log[0]?.landed).toEqual([]);
  expect(await count()).toBe(0);
});
