/** What an answer says of one's own write (section 5): each case of a lost reply, a retry that was refused, and a term that is over. */
import { describe, expect, test } from 'vitest';
import { endOf, fateOfRelease, fateOfRenewal, showsMine } from '../../lib/lease/outcome.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import type { Reply } from '../../lib/lease/store.js';

const me = { term: 4, attempt: 'mine', holder: 'me' };
const record = (change: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...me,
  beat: 7,
  leaseMs: 10_000,
  renewMs: 3_000,
  priority: 0,
  acquiredAt: 1,
  renewedAt: 2,
  ...change,
});
const refused = (change: Partial<LeaseRecord> = {}): Reply => ({ applied: false, record: record(change) });
const gone: Reply = { applied: false, record: undefined };
const vacant = (reason: string | undefined, beat = 7) => refused({ holder: undefined, reason, beat });

describe('a renewal with beat 7', () => {
  const fate = (reply: Reply) => fateOfRenewal(me, 7, reply);

  test('that was applied has landed', () => {
    expect(fate({ applied: true, record: record() })).toEqual({ is: 'landed', record: record() });
    expect(fate({ applied: true, record: undefined })).toEqual({ is: 'unclear' });
  });

  test('that was refused by its own first try has landed: attempt, beat and holder are mine', () => {
    expect(fate(refused())).toEqual({ is: 'landed', record: record() });
  });

  test('with my term, attempt and name is never a loss, whatever the beat', () => {
    for (const beat of [6, 8, 900]) expect(fate(refused({ beat }))).toEqual({ is: 'unclear' });
  });

  test('whose number a revoke took is over, not landed (known-bad variant 35)', () => {
    expect(fate(vacant('revoked'))).toEqual({ is: 'over', reason: 'revoked' });
  });

  test.each(['expired', 'resigned', 'revoked'])('of a term that was %s is over', (reason) => {
    expect(fate(vacant(reason, 8))).toEqual({ is: 'over', reason });
  });

  test.each([
    ['a later term', { term: 5, attempt: 'other', holder: 'other' }],
    ['a later term of a namesake', { term: 5, attempt: 'other' }],
    ['my term with the attempt of another', { attempt: 'other' }],
    ['an earlier term: a rewound table', { term: 3, attempt: 'older' }],
    ['my attempt under another term', { term: 5 }],
    ['my attempt with another holder', { holder: 'other' }],
    ['a vacancy whose reason is unknown', { holder: undefined, reason: 'abdicated' }],
    ['a vacancy without a reason', { holder: undefined, reason: undefined }],
  ])('that meets %s is superseded', (_, change) => {
    expect(fate(refused(change))).toEqual({ is: 'over', reason: 'superseded' });
  });

  test('without any record is over', () => {
    expect(fate(gone)).toEqual({ is: 'over', reason: 'superseded' });
  });
});

describe('a resignation or a hand over', () => {
  const fate = (reply: Reply) => fateOfRelease(me, reply);

  test('that was applied has landed', () => {
    const vacancy = record({ holder: undefined, reason: 'resigned' });
    expect(fate({ applied: true, record: vacancy })).toEqual({ is: 'landed', record: vacancy });
  });

  test.each([
    ['its own first try, a vacancy', { holder: undefined, reason: 'resigned' }],
    ['its own first try, a hand over', { term: 5, attempt: 'challenge', holder: 'newcomer' }],
    ['any later term', { term: 9, attempt: 'other', holder: 'other' }],
    ['a revoke that came before', { holder: undefined, reason: 'revoked' }],
  ])('refused by %s has landed: for me it is over', (_, change) => {
    expect(fate(refused(change))).toEqual({ is: 'landed', record: record(change) });
  });

  test('refused with me still in office is unclear: an earlier write of mine was slower', () => {
    expect(fate(refused({ beat: 12 }))).toEqual({ is: 'unclear' });
    expect(fate(refused({ challenger: { id: 'x', attempt: 'c', rank: 1, why: '', stands: true } }))).toEqual({
      is: 'unclear',
    });
  });

  test('without any record is over', () => {
    expect(fate(gone)).toEqual({ is: 'over', reason: 'superseded' });
  });
});

test('a term that goes on has no end', () => {
  expect(endOf(me, record())).toBeUndefined();
});

test.each([
  ['my attempt and my name', record(), 'mine', true],
  ['the name alone: a restart proves nothing', record(), 'fresh', false],
  ['no attempt of mine', record(), undefined, false],
  ['the attempt alone: revoked meanwhile', record({ holder: undefined }), 'mine', false],
  ['the attempt of mine with another holder', record({ holder: 'other' }), 'mine', false],
  ['no record', undefined, 'mine', false],
])('an acquisition shows as mine by attempt and holder: %s', (_, shown, attempt, mine) => {
  expect(showsMine(shown, 'me', attempt)).toBe(mine);
});
