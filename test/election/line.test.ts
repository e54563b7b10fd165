/** The line of succession: its order, which candidates are in it, and how long each of them stands back. Pure. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Member } from '../../lib/election/roster/roster-store.js';
import { goneAfterMs, isPresent, look, rosterOf, type Seen, succession } from '../../lib/election/roster/succession.js';
import { plan } from '../../lib/election/takeover-plan.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import { ORDERS } from '../../lib/names/succession.js';

const NOW = 1_800_000_000_000;

function member(id: string, change: Partial<Member> = {}): Member {
  return {
    id,
    seq: 1,
    beat: 1,
    priority: 0,
    order: 'seniority',
    everyMs: 1_000,
    joinedAt: NOW,
    aliveAt: NOW,
    ...change,
  };
}

const ids = (members: readonly { id: string }[]) => members.map(({ id }) => id).join(' ');
const a = member('a', { seq: 3, priority: 5 });
const b = member('b', { seq: 1, priority: 1 });
const c = member('c', { seq: 2, priority: 5 });

describe('the order', () => {
  test.each([
    ['seniority', undefined, 'b c a'],
    ['seniority', 'b', 'c a b'],
    ['priority', undefined, 'c a b'],
    ['priority', 'c', 'a b c'],
    ['ring', undefined, 'a b c'],
    ['ring', 'a', 'b c a'],
    ['ring', 'b', 'c a b'],
    ['ring', 'c', 'a b c'],
    // The last leader need not be on the roster any more.
    ['ring', 'bb', 'c a b'],
    ['ring', 'z', 'a b c'],
    ['seniority', 'gone', 'b c a'],
  ] as const)('%s after %s: %s', (order, last, expected) => {
    expect(ids(succession([a, b, c], order, last))).toBe(expected);
    expect(ids(succession([c, b, a], order, last))).toBe(expected);
  });

  test('is the same for all that see the same, and leaves nobody out', () => {
    const members = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), seq: fc.nat(3), priority: fc.nat(3) }),
      { selector: ({ id }) => id, maxLength: 8 },
    );
    fc.assert(
      fc.property(members, fc.constantFrom(...ORDERS), fc.option(fc.string({ maxLength: 3 })), (some, order, last) => {
        const all = some.map((one) => member(one.id, one));
        const line = succession(all, order, last ?? undefined);
        expect(succession([...all].reverse(), order, last ?? undefined)).toEqual(line);
        expect(new Set(line)).toEqual(new Set(all));
      }),
    );
  });
});

describe('in the line', () => {
  const seen = (known: ReadonlyMap<string, Seen>, members: Member[], now: number) => look(known, members, now);
  const present = (known: ReadonlyMap<string, Seen>, now: number) =>
    [...known.values()].filter((one) => isPresent(one, now)).map((one) => one.member.id);

  test('is a candidate that gave a sign of life within three of its own periods, by the reader’s clock', () => {
    const first = seen(new Map(), [member('a'), member('b')], 0);
    expect(present(first, 3_000)).toEqual(['a', 'b']);
    const later = seen(first, [member('a', { beat: 2 }), member('b')], 2_000);
    expect(present(later, 3_001)).toEqual(['a']);
    expect(present(later, 5_001)).toEqual([]);
  });

  test('is a candidate that comes back, and another process under its id', () => {
    const gone = seen(seen(new Map(), [member('a')], 0), [member('a')], 60_000);
    expect(present(gone, 60_000)).toEqual([]);
    expect(present(seen(gone, [member('a', { beat: 2 })], 60_000), 60_000)).toEqual(['a']);
    expect(present(seen(gone, [member('a', { seq: 2 })], 60_000), 60_000)).toEqual(['a']);
  });

  test('is not a candidate that looks long gone at first sight, until it moves', () => {
    const ghost = member('ghost', { aliveAt: NOW - 3_001 });
    const first = seen(new Map(), [member('a'), ghost], 0);
    expect(present(first, 0)).toEqual(['a']);
    expect(present(seen(first, [member('a'), { ...ghost, beat: 2 }], 10), 10)).toEqual(['a', 'ghost']);
  });

  test('an absurd period keeps nobody in the line for ever', () => {
    expect(goneAfterMs(member('a', { everyMs: 1e15 }))).toBe(2_700_000);
  });
});

describe('standing back', () => {
  const held: LeaseRecord = {
    ...{ term: 1, beat: 0, holder: 'x', attempt: 'x', leaseMs: 1_000, renewMs: 300, priority: 9 },
    ...{ acquiredAt: 0, renewedAt: 0 },
  };
  const courtesy = (place: number | undefined, record: LeaseRecord | undefined = held, unit = 0) => {
    const me = { id: 'me', priority: 8, staggerMs: 100, drift: 0.01, holdOffUntil: 0, place };
    const decided = plan(record, { mono: 0, wall: 0 }, { mono: 5_000, wall: 5_000 }, me, unit);
    if (decided.do !== 'contend') throw new Error(decided.do);
    return decided.courtesyMs;
  };

  test('depends on the place in the line, for five places at most; without a line on the priority', () => {
    expect([0, 1, 4, 5, 60, undefined].map((place) => courtesy(place))).toEqual([0, 100, 400, 500, 500, 100]);
    expect(courtesy(0, held, 0.999)).toBeLessThan(50);
  });

  test('nobody stands back where there is no record, or for a vacancy of its own', () => {
    expect(plan(undefined, { mono: 0, wall: 0 }, { mono: 0, wall: 0 }, { ...me(4) }, 0)).toMatchObject({
      courtesyMs: 0,
    });
    const { holder, ...vacancy } = held;
    expect(courtesy(4, { ...vacancy, reason: 'resigned', successor: 'me' })).toBe(0);
  });

  const me = (place: number) => ({ id: 'me', priority: 0, staggerMs: 100, drift: 0.01, holdOffUntil: 0, place });
});

describe('as it is shown', () => {
  const record = { holder: 'c', previous: 'b' } as LeaseRecord;

  test('the leader, the line, then those that seem to be gone', () => {
    const gone = member('d', { seq: 0, aliveAt: NOW - 3_001 });
    const shown = rosterOf([a, b, c, gone], record, NOW);
    expect(shown.map(({ id, leads, present }) => [id, leads, present])).toEqual([
      ['c', true, true],
      ['b', false, true],
      ['a', false, true],
      ['d', false, false],
    ]);
    expect(shown[1]).toEqual({ id: 'b', leads: false, present: true, priority: 1, joinedAt: NOW, aliveAt: NOW });
    expect(rosterOf([member('e', { value: { port: 1 } })], undefined, NOW)[0]?.value).toEqual({ port: 1 });
  });

  test('in the order set by the candidate with the latest sign of life', () => {
    const ring = [a, b, c].map((one) => ({ ...one, order: 'ring' as const }));
    expect(ids(rosterOf([{ ...ring[0]!, aliveAt: NOW + 1 }, b, c], { previous: 'a' } as LeaseRecord, NOW))).toBe(
      'b c a',
    );
    expect(rosterOf([], undefined, NOW)).toEqual([]);
  });
});
