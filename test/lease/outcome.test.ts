/** What an answer says about the caller's own write (section 5): a lost reply, a request that came twice, a term that is over, a clone. */
import { describe, expect, test } from 'vitest';
import { endOf, fateOfRelease, fateOfRenewal, showsMine } from '../../lib/lease/outcome.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import type { Reply } from '../../lib/lease/store.js';

const me = { term: 4, attempt: 'mine', holder: 'me' };
const record = (change: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...me,
  beat: 7,
  mark: 'mine-7',
  leaseMs: 10_000,
  renewMs: 3_000,
  priority: 0,
  acquiredAt: 1,
  renewedAt: 2,
  ...change,
});
const refused = (change: Partial<LeaseRecord> = {}): Reply => ({ applied: false, record: record(change) });
const marks = { known: ['mine-6'], next: 'mine-7' };
const isMine = (mark: string | undefined) => mark === undefined || mark.startsWith('mine');
const gone: Reply = { applied: false, record: undefined };
const vacant = (reason: string | undefined, beat = 7) => refused({ holder: undefined, reason, beat });

describe('a renewal with beat 7', () => {
  const fate = (reply: Reply) => fateOfRenewal(me, marks, reply, isMine);

  test('that was applied has landed', () => {
    expect(fate({ applied: true, record: record() })).toEqual({ is: 'landed', record: record() });
    expect(fate({ applied: true, record: undefined })).toEqual({ is: 'unclear' });
  });

  test('that was delivered twice has landed: the record shows its mark', () => {
    expect(fate(refused())).toEqual({ is: 'landed', record: record() });
  });

  test('with my term, attempt, name and any mark of mine is never a loss, whatever the beat', () => {
    for (const beat of [6, 7, 8, 900]) {
      for (const mark of ['mine-5', 'mine-9', undefined]) {
        expect(fate(refused({ beat, mark }))).toEqual({ is: 'unclear', record: record({ beat, mark }) });
      }
    }
  });

  test('that meets my term, attempt and name under a mark of somebody else is over: a clone has renewed', () => {
    expect(fate(refused({ mark: 'theirs' }))).toEqual({ is: 'over', reason: 'cloned' });
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
  const fate = (reply: Reply) => fateOfRelease(me, reply, isMine);

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
    const challenger = { id: 'x', attempt: 'c', rank: 1, why: '', stands: true };
    for (const change of [{ beat: 12 }, { challenger }]) {
      expect(fate(refused(change))).toEqual({ is: 'unclear', record: record(change) });
    }
  });

  test('refused with a clone of mine in office is over, and nothing was given back', () => {
    expect(fate(refused({ mark: 'theirs' }))).toEqual({ is: 'over', reason: 'cloned' });
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
  ['the attempt alone: revoked meanwhile', record({ holder: undefined }), 'mine', false],
  ['the attempt of mine with another holder', record({ holder: 'other' }), 'mine', false],
  ['no record', undefined, 'mine', false],
])('an acquisition shows as mine by attempt and holder: %s', (_, shown, attempt, mine) => {
  expect(showsMine(shown, 'me', attempt)).toBe(mine);
});
