/** Items that no version of Tenure wrote: every write meets every one of them, is refused with an error that shows it, and leaves it as it was. */
import { beforeAll, expect, test } from 'vitest';
import { parseRecord } from '../../lib/lease/attributes.js';
import { isTenureError, type TenureError } from '../../lib/lease/errors.js';
import type { Item } from '../../lib/lease/item.js';
import { partitionKey } from '../../lib/lease/record.js';
import type { LeaseStore } from '../../lib/lease/store.js';
import { AT, by, challengerOf, DECLARED, officeOf, onEachEngine, Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

type Spoil = Readonly<Record<string, Item[string] | undefined>>;

const N = (text: string | number) => ({ N: `${text}` });
const S = (text: string) => ({ S: text });
const challenger = (change: Spoil): Spoil => ({
  challenger: {
    M: only({ id: S('c'), attempt: S('challenge-c'), rank: N(1), why: S(''), stands: { BOOL: true }, ...change }),
  },
});
const only = (parts: Spoil): Item =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Item;

/** What was done to a record by hand, and the word by which the error names it. */
const SPOILED: [string, Spoil, named?: string][] = [
  ['a newer format', { format: N(2) }, 'format 2'],
  ['no format', { format: undefined }],
  ['a format as text', { format: S('1') }],
  ['a negative term', { term: N(-1) }],
  ['no term', { term: undefined }],
  ['a term of 0', { term: N(0) }],
  ['a term as text', { term: S('1') }],
  ['a term beyond 2^53', { term: N('9007199254740993') }],
  ['a negative beat', { beat: N(-1) }],
  ['a beat as text', { beat: S('0') }],
  ['a beat beyond all numbers', { beat: N('1e60') }],
  ['a lease as text', { leaseMs: S('10000') }],
  ['a lease of 0', { leaseMs: N(0) }],
  ['a negative lease', { leaseMs: N(-5) }],
  ['no lease', { leaseMs: undefined }],
  ['a heartbeat period of 0', { renewMs: N(0) }],
  ['a heartbeat period as list', { renewMs: { L: [N(1)] } }],
  ['no priority', { priority: undefined }],
  ['a priority as text', { priority: S('high') }],
  ['a holder as number', { holder: N(1) }],
  ['an empty holder', { holder: S('') }],
  ['a holder of 129 bytes', { holder: S('h'.repeat(129)) }],
  ['no attempt', { attempt: undefined }],
  ['an empty attempt', { attempt: S('') }],
  ['an attempt as number', { attempt: N(7) }],
  ['an empty mark', { mark: S('') }],
  ['a mark as number', { mark: N(7) }],
  ['an attempt of 2,000 bytes', { attempt: S('a'.repeat(2_000)) }],
  ['a time as text', { renewedAt: S('today') }],
  ['no time', { acquiredAt: undefined }],
  ['a vacancy as text', { vacatedAt: S('today') }],
  ['a reason as number', { reason: N(1) }],
  ['an empty previous', { previous: S('') }],
  ['a death as text', { dead: S('true') }],
  ['a successor as map', { successor: { M: {} } }],
  ['a successor too long', { successor: S('s'.repeat(129)) }],
  ['a transition as flag', { transition: { BOOL: true } }],
  ['a challenger as text', { challenger: S('c') }],
  ['an empty challenger', { challenger: { M: {} } }],
  ['a challenger without name', challenger({ id: undefined }), 'challenger.id'],
  ['a challenger whose name is too long', challenger({ id: S('c'.repeat(129)) }), 'challenger.id'],
  ['a challenger without attempt', challenger({ attempt: undefined }), 'challenger.attempt'],
  ['a challenger of no rank', challenger({ rank: S('1') }), 'challenger.rank'],
  ['a challenger that stands as text', challenger({ stands: S('yes') }), 'challenger.stands'],
  ['a challenger in favour of nobody', challenger({ to: S('') }), 'challenger.to'],
  ['a challenger in favour of a number', challenger({ to: N(1) }), 'challenger.to'],
  ['a challenger with a number for its reason', challenger({ why: N(1) }), 'challenger.why'],
];

const HELD: Item = {
  format: N(1),
  term: N(1),
  beat: N(0),
  holder: S('a'),
  attempt: S('a-1'),
  mark: S('a-1'),
  leaseMs: N(10_000),
  renewMs: N(3_000),
  priority: N(0),
  acquiredAt: N(AT),
  renewedAt: N(AT),
  transition: S('elected'),
};
const VACANT = only({ ...HELD, holder: undefined, reason: S('revoked'), previous: S('a'), vacatedAt: N(AT) });

const seenHeld = parseRecord('x', HELD);
const seenVacant = parseRecord('x', VACANT);
const office = officeOf('a');

/** Every write, as sent by a process that saw the record before it was spoiled. */
const WRITES: [string, Item, (store: LeaseStore) => Promise<unknown>][] = [
  ['create', HELD, (store) => store.create({ office, declare: DECLARED, at: AT })],
  [
    'acquire of a held one',
    HELD,
    (store) => store.acquire({ seen: seenHeld, office: officeOf('b', 2), declare: DECLARED, at: AT }),
  ],
  [
    'acquire of a vacancy',
    VACANT,
    (store) => store.acquire({ seen: seenVacant, office: officeOf('b', 2), declare: DECLARED, at: AT }),
  ],
  ['renew', HELD, (store) => store.renew({ ...by(office), beat: 1, at: AT })],
  ['declare', HELD, (store) => store.renew({ ...by(office), beat: 1, at: AT, declare: DECLARED })],
  ['proclaim', HELD, (store) => store.renew({ ...by(office), beat: 1, at: AT, proclaim: { value: 1 } })],
  ['resign', HELD, (store) => store.resign({ ...by(office), beat: 1, at: AT })],
  [
    'handOver',
    { ...HELD, ...only(challenger({})) },
    (store) => store.handOver({ ...by(office), challenger: { ...challengerOf('c'), attempt: 'challenge-c' }, at: AT }),
  ],
  ['expire', HELD, (store) => store.expire({ seen: seenHeld, at: AT })],
  ['revoke', HELD, (store) => store.revoke({ seen: seenHeld, dead: true, at: AT })],
  ['the proof of death', VACANT, (store) => store.revoke({ seen: seenVacant, dead: true, at: AT })],
  ['withdraw', { ...HELD, ...only(challenger({})) }, (store) => store.withdraw({ attempt: 'challenge-c' })],
  ['challenge', HELD, (store) => store.challenge({ term: 1, holder: 'a', challenger: challengerOf('d', 50) })],
];

onEachEngine('malformed items', (endpoint) => {
  let table: TestTable;
  beforeAll(async () => {
    table = await freshTable(endpoint);
  });

  test.each(WRITES)('%s: applied to what is well formed', async (name, item, write) => {
    const stage = new Stage(table);
    await table.put(stage.name, item);
    expect(await write(stage.store)).toMatchObject({ applied: name !== 'create' });
  });

  test.each(SPOILED)('%s is shown, and no write touches it', async (_, spoil, named = Object.keys(spoil)[0]!) => {
    const code = named === 'format 2' ? 'NewerFormat' : 'MalformedRecord';
    const sounds = new Set(WRITES.map(([, sound]) => sound));
    await Promise.all(
      [...sounds].map(async (sound) => {
        const stage = new Stage(table);
        await table.put(stage.name, only({ ...sound, ...spoil }));
        const before = await stage.item();
        for (const [write, from, send] of WRITES) {
          if (from !== sound) continue;
          const refusal = (await send(stage.store).catch((error) => error)) as TenureError;
          expect(refusal, write).toMatchObject({ code, message: expect.stringContaining(named) });
          expect(refusal.details.item, write).toMatchObject({ pk: partitionKey(stage.name) });
        }
        expect(await stage.item()).toEqual(before);
        await expect(stage.store.read()).rejects.toMatchObject({ code });
      }),
    );
  });

  // What no condition can check: fractions, however small, and (by the engine) bytes from letters.
  test.each<Spoil>([
    { leaseMs: N('1500.5') },
    { term: N('1.5') },
    { term: N('1.00000000000000000000000000001') },
    { reason: S('é'.repeat(600)) },
  ])('is refused when it is read: %o', async (spoil) => {
    const stage = new Stage(table);
    await table.put(stage.name, only({ ...HELD, ...spoil }));
    await expect(stage.store.read()).rejects.toMatchObject({ code: 'MalformedRecord' });
  });

  test.each<[string, Spoil]>([
    ['a reason of another version', { reason: S('abdicated') }],
    ['an attribute of another version', { mood: S('fine') }],
    ['a lease of a year', { leaseMs: N(31_536_000_000) }],
    ['a priority below zero', { priority: N(-3) }],
    ['a challenge without reason', challenger({ why: undefined })],
  ])('%s is no reason to stop', async (_, change) => {
    const stage = new Stage(table);
    await table.put(stage.name, only({ ...HELD, ...change }));
    expect((await stage.store.renew({ ...by(office), beat: 1, at: AT })).applied).toBe(true);
    expect(await stage.item()).toMatchObject(only(change));
  });

  test('the election goes on once it is mended', async () => {
    const stage = new Stage(table);
    const seen = await stage.held();
    await table.set(stage.name, 'leaseMs', S('long'));
    await expect(stage.store.renew({ ...by(office), beat: 1, at: AT })).rejects.toMatchObject({
      code: 'MalformedRecord',
    });
    await table.set(stage.name, 'leaseMs', N(10_000));
    expect(await stage.store.read()).toEqual(seen);
    expect((await stage.store.renew({ ...by(office), beat: 1, at: AT })).applied).toBe(true);
  });

  test.each<[string, Item, string]>([
    ['a term as text', { term: S('3'), attempt: S('x') }, 'term'],
    ['a negative term', { term: N(-3), attempt: S('x') }, 'term'],
    ['an attempt as number', { term: N(3), attempt: N(4) }, 'attempt'],
    ['no attempt', { term: N(3) }, 'attempt'],
  ])('a fence with %s is shown, and not overwritten', async (_, item, named) => {
    const stage = new Stage(table);
    await table.put(stage.name, item, 'fence');
    const raised = await stage.store.raise({ term: 9, attempt: 'mine', mark: 'm' }).catch((error) => error);
    expect(isTenureError(raised, 'MalformedRecord') && raised.details.attribute).toBe(named);
    await expect(stage.store.readFence()).rejects.toMatchObject({ code: 'MalformedRecord' });
    expect(await stage.item('fence')).toMatchObject(item);
  });
});
