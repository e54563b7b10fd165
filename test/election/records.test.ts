/** Records that no candidate would write: malformed, of a newer format, deleted, rewound. None wedges an election (L5). */
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { partitionKey } from '../../lib/lease/record.js';
import { type Scene, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

const remove = (scene: Scene, sk: 'leader' | 'fence' = 'leader') =>
  scene.table.client.send(
    new DeleteItemCommand({
      TableName: scene.table.tableName,
      Key: { pk: { S: partitionKey(scene.name) }, sk: { S: sk } },
    }),
  );

describe.concurrent('a record that cannot be read', () => {
  for (const [what, bad, code] of [
    ['a text where a number belongs', { term: { S: 'seven' } }, 'MalformedRecord'],
    ['a negative term', { term: { N: '-3' } }, 'MalformedRecord'],
    ['a holder that is a number', { holder: { N: '4' } }, 'MalformedRecord'],
    ['an absurd lease', { leaseMs: { N: '0' } }, 'MalformedRecord'],
    ['a challenger of another shape', { challenger: { S: 'me' } }, 'MalformedRecord'],
    ['a newer format', { format: { N: '2' }, term: { S: 'of-2' } }, 'NewerFormat'],
  ] as const) {
    // Caught: a record that is overwritten because it cannot be read, a loop that ends, an election that needs a restart.
    test(`${what}: reported again and again, never overwritten, and once it is mended the election goes on by itself`, async ({
      scene,
    }) => {
      await scene.dead(bad);
      const before = await scene.item();
      const a = scene.candidate();
      const leading = a.lead();
      await until('the error, repeatedly', () => a.troubles().length >= 3);
      expect(new Set(a.troubles())).toEqual(new Set([code]));
      const reported = a.seen('error').find((error) => error.code === code);
      expect(reported?.details.item).toMatchObject({ attempt: 'ghost-attempt' });
      expect(await scene.item()).toEqual(before);
      expect(a.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
      await expect(a.election.leader()).rejects.toMatchObject({ code });
      await scene.dead({ leaseMs: { N: '500' }, renewMs: { N: '100' } });
      expect((await leading).term).toBe(2);
    });
  }

  // Caught: a leader that writes over what it does not understand, or that forgets its own deadline.
  test('spoilt under a leader: it leads to its own deadline, writes nothing, and the election goes on once it is mended', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const stop = new AbortController();
    const terms: number[] = [];
    const running = a.election.run(
      async (leadership) => {
        terms.push(leadership.term);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    await until('a leads', () => terms.length === 1);
    const good = (await scene.item())!;
    await scene.table.set(scene.name, 'leaseMs', { S: 'long' });
    const spoilt = await scene.item();
    await until('the loss', () => a.seen('lost').length === 1);
    expect(a.seen('lost')[0]?.reason).toBe('expired');
    expect(a.seen('error').map(({ code }) => code)).toContain('MalformedRecord');
    expect(await scene.item()).toEqual(spoilt);
    await scene.table.set(scene.name, 'leaseMs', good.leaseMs!);
    await until('a leads again', () => terms.length === 2);
    expect(terms).toEqual([1, 2]);
    stop.abort();
    await running;
  });

  test('a table that is not there ends a campaign at once, unless it is to keep trying: then it goes on once there is one', async ({
    scene,
  }) => {
    const { createTable } = await import('../../lib/index.js');
    const tableName = `${scene.table.tableName}-later`;
    const a = scene.candidate({ tableName });
    await expect(a.election.campaign()).rejects.toMatchObject({ code: 'TableMissing', permanent: true });
    expect(a.election.state).toBe('idle');
    const leading = a.lead({ keepTrying: true });
    await until('the error', () => a.seen('error').filter(({ code }) => code === 'TableMissing').length > 2);
    await createTable({ client: scene.table.client, tableName });
    expect((await leading).term).toBe(1);
  });
});

describe.concurrent('a record that is gone, or went back', () => {
  // Caught: terms that start again at 1 although the fence says how far they had come.
  test('deleted by hand while nobody leads: terms go on above the fence that survived', async ({ scene }) => {
    await (await scene.candidate().lead()).resign();
    await (await scene.candidate().lead()).resign();
    await remove(scene);
    expect(await scene.item('fence')).toMatchObject({ term: { N: '2' } });
    const next = scene.candidate();
    expect((await next.lead()).term).toBe(3);
    // At the first try: no term at or below the fence is ever taken, not even to be given back.
    expect(next.requests.map(({ operation }) => operation)).not.toContain('resign');
  });

  // Caught: a leader that goes on without a record; a standby that never notices.
  test('deleted by hand under a leader: it is reported, and the next term is above the fence', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const leadership = await a.lead();
    const next = b.lead();
    await until('b watches', () => b.seen('office').length === 1);
    await remove(scene);
    const second = await next;
    expect(second.term).toBe(2);
    await until('the loss', () => a.seen('lost').length === 1);
    expect(a.seen('lost')[0]?.reason).toBe('superseded');
    expect(() => leadership.assertHeld()).toThrow();
    expect([...a.seen('error'), ...b.seen('error')].map(({ code }) => code)).toContain('RecordVanished');
  });

  // Caught: a term that is given a second time after a restore: two leaders with one fencing token.
  test('a table that was restored to an earlier state: TermFell is reported, and the office is acquired above the fence', async ({
    scene,
  }) => {
    const old = scene.candidate();
    await (await old.lead()).resign();
    const backup = (await scene.item())!; // term 1
    for (const term of [2, 3]) {
      const leadership = await scene.candidate().lead();
      expect(leadership.term).toBe(term);
      await leadership.resign();
    }
    const watching = scene.candidate();
    expect((await watching.office()).term).toBe(3);
    const { pk: _, sk: __, ...attributes } = backup;
    await scene.table.put(scene.name, attributes); // the fence was not restored: it is at 3
    const leadership = await watching.lead();
    expect(leadership.term).toBe(4);
    expect(watching.seen('error').map(({ code }) => code)).toContain('TermFell');
    expect(await scene.item('fence')).toMatchObject({ term: { N: '4' } });
    expect(watching.seen('elected').map(({ term }) => term)).toEqual([4]);
  });

  test('a table that is restored under a leader: it stops, and the next term is above it', async ({ scene }) => {
    await (await scene.candidate().lead()).resign();
    const { pk: _, sk: __, ...backup } = (await scene.item())!;
    const a = scene.candidate();
    const stop = new AbortController();
    const terms: number[] = [];
    const running = a.election.run(
      async (leadership) => {
        terms.push(leadership.term);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    await until('a leads', () => terms.length === 1);
    await scene.table.put(scene.name, backup);
    await until('a leads again', () => terms.length === 2);
    expect(terms).toEqual([2, 3]);
    expect(a.seen('lost')[0]).toMatchObject({ term: 2, reason: 'superseded' });
    expect(a.seen('error').map(({ code }) => code)).toContain('TermFell');
    stop.abort();
    await running;
  });
});
