/** Fenced writes on a real engine: no effect of an old term comes after one of a later term (S5, S6). */
import { randomBytes } from 'node:crypto';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Fence } from '../../lib/election/fence.js';
import { Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

let table: TestTable;
let documents: DynamoDBDocumentClient;
let stage: Stage;
let Key: { pk: string; sk: string };
let TableName: string;

beforeAll(async () => {
  table = await freshTable();
  documents = DynamoDBDocumentClient.from(table.client);
  TableName = table.tableName;
});
beforeEach(() => {
  stage = new Stage(table);
  Key = { pk: `account-${randomBytes(6).toString('hex')}`, sk: 'x' };
});

const fenceOf = (term: number, attempt = `attempt-${term}`, election = stage.name) =>
  new Fence({ tableName: TableName, election, term, attempt, multiRegion: false });
const item = async () => (await documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
const refused = expect.objectContaining({ name: 'ConditionalCheckFailedException' });
const cancelled = (...codes: string[]) =>
  expect.objectContaining({
    name: 'TransactionCanceledException',
    CancellationReasons: codes.map((Code) => expect.objectContaining({ Code })),
  });

const put = (fence: Fence, balance: number, options?: { attribute: string }) =>
  documents.send(new PutCommand(fence.stamp({ TableName, Item: { ...Key, balance } }, options)));
const update = (fence: Fence, UpdateExpression = 'SET balance = :b', values: object | null = { ':b': 2 }) =>
  documents.send(
    new UpdateCommand(
      fence.stamp({
        TableName,
        Key,
        UpdateExpression,
        ExpressionAttributeValues: (values ?? undefined) as Record<string, unknown>,
      }),
    ),
  );
const remove = (fence: Fence) => documents.send(new DeleteCommand(fence.stamp({ TableName, Key }, { delete: true })));

describe('stamp()', () => {
  test('lets a term write as often as it likes, and shuts out the terms before it', async () => {
    const [old, young] = [fenceOf(1), fenceOf(2)];
    await put(old, 1);
    await update(old);
    await put(young, 3);
    for (const write of [() => put(old, 9), () => update(old), () => remove(old)])
      await expect(write()).rejects.toThrow(refused);
    expect(await item()).toEqual({ ...Key, balance: 3, [`fence:${stage.name}`]: 2 });
    await update(young);
    await remove(young);
    expect(await item()).toBeUndefined();
  });

  test('compares terms as numbers: 10 is later than 9 (pitfall 21)', async () => {
    await put(fenceOf(9), 9);
    await put(fenceOf(10), 10);
    await expect(put(fenceOf(9), 9)).rejects.toThrow(refused);
    expect((await item())?.balance).toBe(10);
    await put(fenceOf(Number.MAX_SAFE_INTEGER), 11);
  });

  test.each([
    ['SET balance = :b', { ':b': 7 }, { balance: 7 }],
    ['set balance = :b', { ':b': 7 }, { balance: 7 }],
    ['REMOVE balance', null, {}],
    ['ADD balance :b', { ':b': 7 }, { balance: 8 }],
    ['REMOVE gone SET balance = :b', { ':b': 7 }, { balance: 7 }],
    ['REMOVE gone[0]SET balance = :b', { ':b': 7 }, { balance: 7 }],
    ['ADD balance :b REMOVE gone', { ':b': 7 }, { balance: 8 }],
    ['SET balance = :b ADD hits :b', { ':b': 7 }, { balance: 7, hits: 7 }],
  ])('goes with the update %j', async (expression, values, after) => {
    await documents.send(new PutCommand({ TableName, Item: { ...Key, balance: 1, gone: [1] } }));
    await update(fenceOf(4), expression, values);
    expect(await item()).toMatchObject({ ...after, [`fence:${stage.name}`]: 4 });
    await expect(update(fenceOf(3), expression, values)).rejects.toThrow(refused);
  });

  test("a user's condition with OR cannot open the fence (known-bad variant 38)", async () => {
    const deposit = (fence: Fence) =>
      documents.send(
        new UpdateCommand(
          fence.stamp({
            TableName,
            Key,
            UpdateExpression: 'SET balance = :b',
            ConditionExpression: 'attribute_exists(balance) OR attribute_not_exists(pk)',
            ExpressionAttributeValues: { ':b': 5 },
          }),
        ),
      );
    await deposit(fenceOf(2));
    await expect(deposit(fenceOf(1))).rejects.toThrow(refused);
    await documents.send(new PutCommand({ TableName, Item: { ...Key } }));
    await expect(deposit(fenceOf(3))).rejects.toThrow(refused); // and the user's condition counts as before
  });

  test.each(['(balance < :most)', '(balance < :most) OR (balance > :most)', 'attribute_exists(balance)'])(
    'DynamoDB takes the condition %j beside the stamp',
    async (condition) => {
      await put(fenceOf(1), 1);
      const input = { TableName, Key, UpdateExpression: 'SET balance = :most', ConditionExpression: condition };
      const stamped = fenceOf(2).stamp({ ...input, ExpressionAttributeValues: { ':most': 5 } });
      await documents.send(new UpdateCommand(stamped));
      expect((await item())?.balance).toBe(5);
    },
  );

  test('two elections on one item do not shut each other out', async () => {
    const billing = (term: number) => fenceOf(term, 'x', 'billing');
    const reports = (term: number) => fenceOf(term, 'x', 'reports');
    await put(billing(50), 1);
    await update(reports(3));
    await update(billing(51));
    await expect(update(reports(2))).rejects.toThrow(refused);
    await expect(update(billing(50))).rejects.toThrow(refused);
    const both = reports(4).stamp(billing(51).stamp({ TableName, Item: { ...Key, balance: 9 } }));
    await documents.send(new PutCommand(both));
    expect(await item()).toEqual({ ...Key, balance: 9, 'fence:billing': 51, 'fence:reports': 4 });
  });

  test('an attribute of the caller’s choice is compared instead', async () => {
    await put(fenceOf(5), 1, { attribute: 'epoch' });
    expect(await item()).toEqual({ ...Key, balance: 1, epoch: 5 });
    await expect(put(fenceOf(4), 1, { attribute: 'epoch' })).rejects.toThrow(refused);
  });

  test('goes into transactions too', async () => {
    const write = (fence: Fence) =>
      documents.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Update: fence.stamp({
                TableName,
                Key,
                UpdateExpression: 'ADD hits :n',
                ExpressionAttributeValues: { ':n': 1 },
              }) as never,
            },
            { Put: { TableName, Item: { ...Key, sk: 'log' } } },
          ],
        }),
      );
    await write(fenceOf(2));
    await expect(write(fenceOf(1))).rejects.toThrow(cancelled('ConditionalCheckFailed', 'None'));
    expect(await item()).toMatchObject({ hits: 1 });
  });
});

describe('check()', () => {
  const pay = (fence: Fence) =>
    documents.send(
      new TransactWriteCommand({
        TransactItems: [fence.check(), { Put: { TableName, Item: { ...Key, by: fence.term } } }],
      }),
    );

  test('commits while the fence is at its term and attempt', async () => {
    await stage.store.raise({ term: 7, attempt: 'attempt-7', mark: 'm' });
    await pay(fenceOf(7));
    expect(await item()).toMatchObject({ by: 7 });
  });

  test('never commits after a later term has raised the fence, and shows that one', async () => {
    await stage.store.raise({ term: 9, attempt: 'attempt-9', mark: 'm' });
    await stage.store.raise({ term: 10, attempt: 'attempt-10', mark: 'm' });
    const error = await pay(fenceOf(9)).catch((cause) => cause);
    expect(error).toEqual(cancelled('ConditionalCheckFailed', 'None'));
    expect(error.CancellationReasons[0].Item).toMatchObject({ term: { N: '10' }, attempt: { S: 'attempt-10' } });
    expect(await item()).toBeUndefined();
  });

  test.each([
    ['before the fence was raised at all', undefined, fenceOf.bind(null, 1)],
    ['before it was raised to this term', 3, fenceOf.bind(null, 4)],
    ['under another attempt of the same term', 4, fenceOf.bind(null, 4, 'other')],
  ] as const)('does not commit %s', async (_, raised, fence) => {
    if (raised !== undefined) await stage.store.raise({ term: raised, attempt: `attempt-${raised}`, mark: 'm' });
    await expect(pay((fence as () => Fence)())).rejects.toThrow(cancelled('ConditionalCheckFailed', 'None'));
  });
});

describe('refused()', () => {
  /** What a write is refused with; a fence that reports it. */
  const watched = (term: number, attempt = `attempt-${term}`) => {
    const refusals: number[] = [];
    const scope = { tableName: TableName, election: stage.name, term, attempt, multiRegion: false };
    return { refusals, fence: new Fence({ ...scope, onRefused: (laterTerm) => refusals.push(laterTerm) }) };
  };
  const errorOf = (writing: Promise<unknown>) => writing.then(() => undefined).catch((error: unknown) => error);

  // Caught: terms compared as text; the raw item of the error taken for a plain one.
  test('knows a stamped write that a later term has shut out, by every command, and reports the later term', async () => {
    await put(fenceOf(10), 1);
    const { fence, refusals } = watched(9);
    expect(fence.refused(await errorOf(put(fence, 2)))).toBe(true);
    expect(fence.refused(await errorOf(update(fence)))).toBe(true);
    expect(fence.refused(await errorOf(remove(fence)))).toBe(true);
    expect(refusals).toEqual([10, 10, 10]);
  });

  test('with an attribute of its own', async () => {
    await put(fenceOf(3), 1, { attribute: 'guard' });
    const { fence } = watched(2);
    const error = await errorOf(put(fence, 2, { attribute: 'guard' }));
    expect(fence.refused(error)).toBe(false);
    expect(fence.refused(error, { attribute: 'guard' })).toBe(true);
    expect(() => fence.refused(error, { attribute: '' })).toThrow(/name of an attribute/);
  });

  test('knows a transaction that the fence has cancelled, by check() and by stamp()', async () => {
    await stage.store.raise({ term: 5, attempt: 'attempt-5', mark: 'm' });
    const { fence, refusals } = watched(4);
    const Put = { TableName, Item: { ...Key, balance: 1 } };
    const checked = new TransactWriteCommand({ TransactItems: [fence.check(), { Put }] });
    expect(fence.refused(await errorOf(documents.send(checked)))).toBe(true);
    await put(fenceOf(6), 1);
    const stamped = new TransactWriteCommand({ TransactItems: [{ Put: fence.stamp(Put) }] });
    expect(fence.refused(await errorOf(documents.send(stamped)))).toBe(true);
    expect(refusals).toEqual([5, 6]);
  });

  // Caught: every failed condition taken for the fence's, so that a bug of the user's own looks like a deposed leader.
  test("is false for the user's own condition, for another election's stamp, and for any other error", async () => {
    await put(fenceOf(2), 1);
    const { fence, refusals } = watched(2);
    const own = fence.stamp({
      TableName,
      Item: { ...Key, balance: 2 },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    expect(fence.refused(await errorOf(documents.send(new PutCommand(own))))).toBe(false);
    await put(fenceOf(9, 'x', 'another'), 1, { attribute: 'fence:another' });
    expect(fence.refused(await errorOf(documents.send(new PutCommand(own))))).toBe(false);
    const silent = { ...own, ReturnValuesOnConditionCheckFailure: 'NONE' as const };
    expect(fence.refused(await errorOf(documents.send(new PutCommand(silent))))).toBe(false);
    for (const error of [
      new Error('boom'),
      undefined,
      'text',
      Object.assign(new Error(), { name: 'TransactionCanceledException' }),
    ]) {
      expect(fence.refused(error)).toBe(false);
    }
    expect(refusals).toEqual([]);
  });
});
