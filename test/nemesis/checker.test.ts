/** The checker finds each kind of violation in made-up reports, and says nothing about a good history, however late it comes. */

import { describe, expect, it } from 'vitest';
import type { LeaseRecord } from '../../lib/lease/record.js';
import type { FencedBy } from '../../lib/local/candidate-messages.js';
import { Checker, type Kind, type Violation } from './checker.js';
import type { Report } from './messages.js';

const election = 'office-1';
const elected = (term: number, at: number): Report => ({
  is: 'elected',
  election,
  term,
  reason: 'expired',
  at: { least: at, most: at + 10 },
});
const lost = (term: number, at: number): Report => ({
  is: 'lost',
  election,
  term,
  reason: 'expired',
  at: { least: at, most: at + 10 },
});
const held = (term: number, from: number, to: number): Report => ({ is: 'held', election, term, from, to });
const wrote = (term: number, by: FencedBy, sentAt: number): Report => ({
  is: 'wrote',
  election,
  term,
  by,
  late: true,
  sentAt: { least: sentAt, most: sentAt + 10 },
  outcome: 'accepted',
});
const record = (term: number, beat: number, holder: string | undefined, more: Partial<LeaseRecord> = {}) =>
  ({
    term,
    beat,
    holder,
    attempt: `attempt-${term}`,
    leaseMs: 2_000,
    renewMs: 500,
    priority: 0,
    acquiredAt: term,
    renewedAt: 10 * term + beat,
    ...more,
  }) satisfies Partial<LeaseRecord> as LeaseRecord;

/** A good history: p1 leads term 1, is stopped, and p2 takes over as term 2. */
function good(checker: Checker): void {
  const { history } = checker;
  history.change(election, record(1, 0, 'p1'));
  history.changeFence(election, { term: 1, attempt: 'attempt-1' });
  history.change(election, record(1, 1, 'p1'));
  history.change(election, record(1, 1, 'p1', { challenger: undefined }));
  history.change(election, record(2, 0, 'p2', { reason: 'expired', previous: 'p1' }));
  history.changeFence(election, { term: 2, attempt: 'attempt-2' });
  checker.see('p1/1', elected(1, 100));
  checker.see('p1/1', held(1, 110, 900));
  checker.see('p2/1', elected(2, 3_000));
  checker.see('p2/1', held(2, 3_020, 4_000));
  checker.see('p2/1', wrote(2, 'check', 3_030));
  // What was held back in the stopped process comes last.
  checker.see('p1/1', held(1, 950, 1_900));
  checker.see('p1/1', wrote(1, 'check', 1_950));
  checker.see('p1/1', lost(1, 3_500));
  checker.readJournal(election, 'check', [1, 1, 2], new Map([[1, 1]]));
  checker.readJournal(election, 'stamp', [1, 2, 2], new Map([[2, 2]]));
}

/** What the checker says of a good history with something bad after it. */
function judge(bad: (checker: Checker) => void): { broken: Kind[]; sentences: string[] } {
  const violations: Violation[] = [];
  const checker = new Checker((violation) => violations.push(violation));
  good(checker);
  expect(violations).toEqual([]);
  bad(checker);
  checker.finish();
  expect(checker.violations).toBe(violations.length);
  return { broken: violations.map(({ kind }) => kind), sentences: violations.map(({ sentence }) => sentence) };
}

describe('the checker of the nemesis', () => {
  it('has nothing to say of a good history', () => {
    expect(judge(() => {})).toEqual({ broken: [], sentences: [] });
  });

  it('finds two leaders at a time, whichever report comes first (S1)', () => {
    const late = judge((checker) => checker.see('p1/1', held(1, 3_010, 3_050)));
    expect(late).toMatchObject({
      broken: ['overlap'],
      sentences: [expect.stringMatching(/^S1: p1\/1 led term 1 .* 30\.0 ms/)],
    });
    const early = judge((checker) => checker.see('p2/1', held(2, 1_800, 1_850)));
    expect(early).toMatchObject({ broken: ['overlap'] });
  });

  it('takes no claim for an overlap that its times do not prove', () => {
    // It held at an instant before 3,030 and at one after 3,010: both may be the moment before term 2 was first led.
    expect(judge((checker) => checker.see('p1/1', held(1, 3_030, 3_010))).broken).toEqual([]);
  });

  it('counts an overlap once, however often it shows', () => {
    const twice = (checker: Checker) => {
      checker.see('p1/1', held(1, 3_010, 3_050));
      checker.see('p1/1', held(1, 3_060, 3_090));
    };
    expect(judge(twice).broken).toEqual(['overlap']);
  });

  it('finds a term that two lead, and one whose leader was not its holder (S2, S3)', () => {
    const { sentences } = judge((checker) => checker.see('p3/1', elected(2, 5_000)));
    expect(sentences.map((sentence) => sentence.slice(0, 2))).toEqual(['S3', 'S2']);
  });

  it.each([
    ['S4', 'a record that goes back', record(1, 7, 'p1')],
    ['S4', 'a record that is removed', undefined],
    ['S7', 'a version that is written twice', record(2, 0, 'p2', { renewedAt: 99 })],
    ['S3', 'a term that changes its attempt', record(2, 1, 'p2', { attempt: 'another' })],
    ['S3', 'a holder that comes into office without a term', record(2, 1, 'p3')],
    ['S3', 'an attempt that serves two terms', record(3, 0, 'p3', { attempt: 'attempt-2' })],
  ])('finds (%s) %s', (rule, _, next) => {
    const { broken, sentences } = judge((checker) => checker.history.change(election, next));
    expect(broken).toEqual(['record']);
    expect(sentences[0]).toMatch(new RegExp(`^${rule}: `));
  });

  it.each([
    ['falls', { term: 1, attempt: 'attempt-1' }],
    ['changes its attempt', { term: 2, attempt: 'another' }],
    ['is removed', undefined],
  ])('finds a fence that %s (S5)', (_, fence) => {
    const { broken, sentences } = judge((checker) => checker.history.changeFence(election, fence));
    expect(broken).toEqual(['record']);
    expect(sentences[0]).toMatch(/^S5: /);
  });

  it.each([
    ['check', 'S5'],
    ['stamp', 'S6'],
  ] as const)('finds an old write after a new one in the journal by %s() (%s)', (by, rule) => {
    const { broken, sentences } = judge((checker) => checker.readJournal(election, by, [1, 2, 1, 2], new Map()));
    expect(broken).toEqual(['stale']);
    expect(sentences[0]).toMatch(new RegExp(`^${rule}: a write of term 1 was accepted after one of term 2`));
  });

  it('finds a write that was accepted and is not there', () => {
    expect(judge((checker) => checker.readJournal(election, 'check', [1], new Map([[1, 2]]))).broken).toEqual([
      'stale',
    ]);
  });

  it('finds a write that was sent after the work of a later term had begun, and accepted (S5)', () => {
    const { broken, sentences } = judge((checker) => checker.see('p1/1', wrote(1, 'check', 3_011)));
    expect(broken).toEqual(['stale']);
    expect(sentences[0]).toMatch(/^S5: a write of term 1 was sent after/);
    // A write that is stamped is refused only once a later one has been there.
    expect(judge((checker) => checker.see('p1/1', wrote(1, 'stamp', 3_011))).broken).toEqual([]);
  });

  it('finds `elected` before `lost`, and `lost` of what was not led (S9)', () => {
    const again = (checker: Checker) => {
      checker.history.change(election, record(3, 0, 'p2'));
      checker.see('p2/1', elected(3, 5_000));
    };
    expect(judge(again).broken).toEqual(['order']);
    expect(judge((checker) => checker.see('p1/1', lost(1, 5_000))).broken).toEqual(['order']);
  });

  it('finds a leadership that passes again after its end (S10)', () => {
    const revived = (checker: Checker) => checker.see('p1/1', { is: 'revived', election, term: 1 });
    expect(judge(revived).broken).toEqual(['revived']);
  });
});
