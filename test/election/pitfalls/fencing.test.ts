/** Pitfalls 14 and 21: a lease cannot stop a leader that pauses between its check and its write. A token can. */
import { GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect } from 'vitest';
import { isRaise } from '../../support/requests.js';
import { gate, test } from '../../support/scene.js';
import { until } from '../../support/until.js';

describe.concurrent('pitfall 14, check, pause, write', () => {
  // Caught: `if (isLeader()) write()`. The old leader's check passes; its write is on the way when the next one leads.
  test("pitfall 14, check, pause, write: an old leader's writes that land after the next one began are refused, stamped or checked", async ({
    scene,
  }) => {
    const { tableName } = scene.table;
    const toEngine = await scene.proxy();
    const ofTheLease = await scene.proxy();
    const slow = scene.documents(toEngine);
    const quick = scene.documents();
    const key = (sk: string) => ({ pk: scene.name, sk });
    const a = scene.candidate({ via: ofTheLease });
    const old = await a.lead();
    await quick.send(new PutCommand(old.fence.stamp({ TableName: tableName, Item: { ...key('stamped'), by: 'a' } })));

    const late = gate();
    const hold = { kind: 'hold', release: late.release } as const;
    toEngine.next(({ op }) => op === 'UpdateItem', hold);
    toEngine.next(({ op }) => op === 'TransactWriteItems', hold);
    old.assertHeld(); // the check passes ...
    const stamped = slow.send(
      new UpdateCommand(
        old.fence.stamp({
          TableName: tableName,
          Key: key('stamped'),
          UpdateExpression: 'SET #by = :a',
          ExpressionAttributeNames: { '#by': 'by' },
          ExpressionAttributeValues: { ':a': 'a, late' },
        }),
      ),
    );
    const checked = slow.send(
      new TransactWriteCommand({
        TransactItems: [
          old.fence.check(),
          { Put: { TableName: tableName, Item: { ...key('checked'), by: 'a, late' } } },
        ],
      }),
    );
    const refused = Promise.all([
      expect(stamped).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' }),
      expect(checked).rejects.toMatchObject({ name: 'TransactionCanceledException' }),
    ]);
    ofTheLease.partition(true); // ... the pause ...
    const b = scene.candidate();
    const next = await b.lead();
    await quick.send(new PutCommand(next.fence.stamp({ TableName: tableName, Item: { ...key('stamped'), by: 'b' } })));
    await quick.send(
      new TransactWriteCommand({
        TransactItems: [next.fence.check(), { Put: { TableName: tableName, Item: { ...key('checked'), by: 'b' } } }],
      }),
    );
    late.open(); // ... and the write.
    await refused;
    for (const sk of ['stamped', 'checked']) {
      const { Item } = await quick.send(new GetCommand({ TableName: tableName, Key: key(sk), ConsistentRead: true }));
      expect(Item).toMatchObject({ by: 'b' });
    }
  });

  // Caught: a fence that is raised after the work began: between the two, the old leader's transactions commit (S5).
  test('pitfall 14, check, pause, write: the fence is raised before `elected` is emitted and before the work begins', async ({
    scene,
  }) => {
    await scene.dead();
    await scene.table.put(scene.name, { term: { N: '1' }, attempt: { S: 'ghost-attempt' } }, 'fence');
    const proxy = await scene.proxy();
    const raising = gate();
    const a = scene.candidate({ via: proxy });
    proxy.on((request) => (isRaise(request) ? { kind: 'hold', release: raising.release } : undefined));
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(({ term }) => void terms.push(term), { signal: stop.signal });
    await until('the fence is being raised', () => proxy.log.some(({ fault }) => fault?.kind === 'hold'));
    expect((await scene.item())?.term).toEqual({ N: '2' }); // the record is its own already
    expect(a.seen('elected')).toEqual([]);
    expect(terms).toEqual([]);
    const fences: unknown[] = [];
    a.election.on('elected', async () => fences.push((await scene.item('fence'))?.term));
    raising.open();
    await until('the work', () => terms.length === 1);
    await until('the fence', () => fences.length === 1);
    expect(fences).toEqual([{ N: '2' }]);
    stop.abort();
    await running;
  });
});

describe.concurrent('pitfall 21, tokens compared as strings', () => {
  // Caught: "10" < "9": a record, a fence or a stamp that keeps terms as text.
  test('pitfall 21, tokens compared as strings: term 10 comes after term 9, in the record, the fence and the stamps', async ({
    scene,
  }) => {
    const { tableName } = scene.table;
    const documents = scene.documents();
    await scene.dead({ term: { N: '8' } });
    await scene.table.put(scene.name, { term: { N: '8' }, attempt: { S: 'ghost-attempt' } }, 'fence');
    const ninth = await scene.candidate().lead();
    expect(ninth.term).toBe(9);
    const put = (by: string, fence = ninth.fence) =>
      documents.send(
        new PutCommand(fence.stamp({ TableName: tableName, Item: { pk: scene.name, sk: 'account', by } })),
      );
    await put('ninth');
    await ninth.resign();
    const tenth = await scene.candidate().lead();
    expect(tenth.term).toBe(10);
    expect(await scene.item('fence')).toMatchObject({ term: { N: '10' } });
    await put('tenth', tenth.fence);
    await expect(put('ninth, late')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await documents.send(
      new GetCommand({ TableName: tableName, Key: { pk: scene.name, sk: 'account' }, ConsistentRead: true }),
    );
    expect(Item).toMatchObject({ by: 'tenth', [`fence:${scene.name}`]: 10 });
    await tenth.resign();
    expect((await scene.candidate().lead()).term).toBe(11);
  });
});
