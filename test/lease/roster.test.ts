/** The roster's items on both engines: numbers are drawn once, signs of life rise, and only what is gone is removed. */
import { randomBytes } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from 'vitest';
import { DynamoRosterStore, type Member, rosterKey } from '../../lib/election/roster/roster-store.js';
import { documentClient, onEachEngine } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

const member = (id: string, change: Partial<Member> = {}): Member => ({
  ...{ id, seq: 1, beat: 1, priority: 0, order: 'ring', everyMs: 1_000, joinedAt: 5, aliveAt: 7 },
  ...change,
});

onEachEngine('the roster', (endpoint) => {
  let table: TestTable;
  beforeAll(async () => {
    table = await freshTable(endpoint);
  });
  const fresh = (name = `office-${randomBytes(4).toString('hex')}`) => ({
    name,
    store: new DynamoRosterStore(table.client, table.tableName, name),
  });

  test('numbers are drawn in order, each once', async () => {
    const { store } = fresh();
    expect(await store.draw()).toBe(1);
    const drawn = await Promise.all(Array.from({ length: 10 }, () => store.draw()));
    expect(drawn.sort((x, y) => x - y)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test('what is kept is listed, as it was, and for its own election alone', async () => {
    const { store } = fresh();
    const other = fresh();
    const values = [undefined, 'text', { address: ['10.0.0.7', 8080, null, true] }];
    const members = values.map((value, n) => member(`m${n}`, { seq: n, priority: 2 - n, ...(value && { value }) }));
    for (const one of members) await store.keep(one);
    await other.store.keep(member('stranger'));
    await store.draw(); // its item is not a member's
    expect(await store.list()).toEqual({ members, malformed: [] });
  });

  test('a later sign of life replaces the one before, and takes a value back', async () => {
    const { store } = fresh();
    await store.keep(member('a', { value: 'x' }));
    await store.keep(member('a', { beat: 2, aliveAt: 9 }));
    expect((await store.list()).members).toEqual([member('a', { beat: 2, aliveAt: 9 })]);
  });

  test('more than fit into one answer of a query are listed all', async () => {
    const { store } = fresh();
    const value = 'x'.repeat(390);
    // Ten pages would take minutes to write; two are enough to see the second.
    const large = Array.from({ length: 40 }, (_, n) => member(`${n}`.padStart(3, '0'), { value: value.repeat(70) }));
    await Promise.all(large.map((one) => store.keep(one)));
    expect((await store.list()).members.map(({ id }) => id)).toEqual(large.map(({ id }) => id));
  });

  // Caught: a leader that strikes off a silent candidate just when it speaks again.
  test('a candidate that has given another sign of life is not struck off', async () => {
    const { store } = fresh();
    await store.keep(member('a', { beat: 2 }));
    await store.remove(member('a', { beat: 1 }));
    expect((await store.list()).members).toHaveLength(1);
    await store.remove(member('a', { beat: 2 }));
    await store.remove(member('a', { beat: 2 }));
    expect((await store.list()).members).toEqual([]);
  });

  // Caught: a process that ends takes its successor under the same id off the roster.
  test('a candidate that leaves does not remove another that came under the same id', async () => {
    const { store } = fresh();
    await store.keep(member('a', { seq: 8, beat: 4 }));
    await store.remove(member('a', { seq: 7, beat: 4 }), { left: true });
    expect((await store.list()).members).toHaveLength(1);
    await store.remove(member('a', { seq: 8, beat: 3 }), { left: true });
    expect((await store.list()).members).toEqual([]);
  });

  test('an item that is not a member is reported, and the others are listed', async () => {
    const { name, store } = fresh();
    await store.keep(member('b'));
    const key = { pk: { S: rosterKey(name) }, sk: { S: 'candidate#a' } };
    const item = { ...key, seq: { N: '1' }, beat: { N: '1' }, priority: { N: '0' }, order: { S: 'random' } };
    await table.client.send(new PutItemCommand({ TableName: table.tableName, Item: item }));
    const { members, malformed } = await store.list();
    expect(members).toEqual([member('b')]);
    expect(malformed).toMatchObject([{ code: 'MalformedRecord', details: { attribute: 'order' } }]);
    expect(malformed[0]?.message).toContain('"priority", "seniority", "ring"');
  });

  test("a document client's values are not translated twice", async () => {
    const { name } = fresh();
    const store = new DynamoRosterStore(documentClient(table.client) as never, table.tableName, name);
    await store.keep(member('a', { value: { n: 1 } }));
    expect((await store.list()).members).toEqual([member('a', { value: { n: 1 } })]);
  });

  test('a table that is not there, or an engine that does not answer, is a Tenure error', async () => {
    const { name } = fresh();
    const lost = new DynamoRosterStore(table.client, 'no-such-table', name);
    for (const call of [
      () => lost.draw(),
      () => lost.keep(member('a')),
      () => lost.list(),
      () => lost.remove(member('a')),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'TableMissing' });
    }
    const away = AbortSignal.abort();
    const { store } = fresh();
    await expect(store.list({ signal: away })).rejects.toMatchObject({ code: 'RequestFailed' });
  });
});
