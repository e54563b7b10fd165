/** Each check of the local cluster passes on a good history, and fails on one in which exactly its rule is broken. */
import { describe, expect, test } from 'vitest';
import { resolveTimings } from '../../lib/lease/timing.js';
import type { CandidateReport, FencedBy } from '../../lib/local/candidate-messages.js';
import { ALLOWANCE_MS, failoverBoundMs, Invariants } from '../../lib/local/invariants.js';

type Reported = [id: string, report: CandidateReport];

const timings = resolveTimings({ leaseMs: 3_000 });
const claim = (id: string, term: number, at: number): Reported => [
  id,
  { is: 'claim', term, before: at, after: at + 0.1, remainingMs: 100 },
];
const elected = (id: string, term: number, at: number): Reported => [id, { is: 'elected', term, at }];
const lost = (id: string, term: number, at: number): Reported => [id, { is: 'lost', term, reason: 'expired', at }];
const wrote = (id: string, term: number, seq: number, by: FencedBy = 'stamp'): Reported => [
  id,
  { is: 'accepted', by, term, seq },
];

/** Two terms as they should be, with the second leader's reports first: nothing depends on the order of arrival. */
const GOOD: Reported[] = [
  elected('ben', 2, 200),
  claim('ben', 2, 210),
  claim('ben', 2, 230),
  wrote('ben', 2, 3),
  wrote('ben', 2, 4),
  elected('ada', 1, 100),
  claim('ada', 1, 110),
  wrote('ada', 1, 1),
  claim('ada', 1, 190),
  wrote('ada', 1, 2),
  lost('ada', 1, 195),
];

function judge(...history: Reported[]): string[] {
  const invariants = new Invariants(timings);
  for (const [id, report] of history) invariants.see(id, report);
  return invariants.violations;
}

describe('the invariants of a cluster', () => {
  test('a good history breaks none, and what was compared is counted', () => {
    const invariants = new Invariants(timings);
    for (const [id, report] of GOOD) invariants.see(id, report);
    invariants.failover('SIGKILL of ada', 3_050);
    expect(invariants.violations).toEqual([]);
    expect(invariants.counts).toEqual({ claims: 4, terms: 2, ends: 1, writes: 4, failovers: 1 });
  });

  test.each<[string, RegExp, Reported[]]>([
    ['two leaders at a time', /^S1: ada in term 1 and ben in term 2 both passed/, [claim('ada', 1, 220)]],
    ['two leaders at a time, reported the other way round', /^S1: ben in term 2 and ada/, [claim('ben', 2, 150)]],
    ['a term that two claim', /^S3: both ben and cleo passed assertHeld\(\) in term 2/, [claim('cleo', 2, 220)]],
    ['a term given twice', /^S3: term 2 was reported elected by ben and again by cleo/, [elected('cleo', 2, 300)]],
    ['a term that falls', /^S3: cleo was elected in term 3 at a time on the wrong side/, [elected('cleo', 3, 150)]],
    ['a claim after the end', /^S9: assertHeld\(\) of ada passed in term 1 2\.0 ms after/, [claim('ada', 1, 197)]],
    [
      'elected while in office',
      /^S9: ben was elected in term 3 before its term 2 was reported lost/,
      [elected('ben', 3, 300)],
    ],
    ['lost without being elected', /^S9: cleo reported term 7 lost, which it did not lead/, [lost('cleo', 7, 300)]],
    ['lost twice', /^S9: ada reported term 1 lost/, [lost('ada', 1, 300)]],
    ['a stamped write of the old term after one of the new', /^S6: write 5 of ada in term 1/, [wrote('ada', 1, 5)]],
    ['a stamped write of a new term before one of the old', /^S6: write 1 of ben in term 2/, [wrote('ben', 2, 1)]],
    [
      'a checked write of the old term after one of the new',
      /^S5: write 2 of ada in term 1/,
      [wrote('ben', 2, 1, 'check'), wrote('ada', 1, 2, 'check')],
    ],
  ])('%s is found', (_, sentence, planted) => {
    expect(judge(...GOOD, ...planted)).toContainEqual(expect.stringMatching(sentence));
  });

  test('the histories of the two items are compared each with itself', () => {
    expect(judge(...GOOD, wrote('ada', 1, 90, 'check'), wrote('ben', 2, 91, 'check'))).toEqual([]);
  });

  test('a failover later than L1 with its allowance is found, an earlier one is not', () => {
    const invariants = new Invariants(timings);
    const most = failoverBoundMs(timings) + ALLOWANCE_MS;
    invariants.failover('SIGKILL of ada', most);
    expect(invariants.violations).toEqual([]);
    invariants.failover('SIGKILL of ben', most + 1);
    expect(invariants.violations).toEqual([
      expect.stringMatching(/^L1: the failover after SIGKILL of ben took 7212 ms/),
    ]);
  });

  test('L1 is the lag, the lease by two clocks that err, the courtesy, a read and two writes', () => {
    expect(failoverBoundMs({ ...timings, leaseMs: 990, renewMs: 300, drift: 0.01 })).toBe(300 + 50 + 1_010 + 50 + 150);
  });

  test('one breach is not reported for ever', () => {
    const flood = Array.from({ length: 500 }, (_, n) => claim('ada', 1, 210 + n));
    expect(judge(...GOOD, ...flood).length).toBeLessThanOrEqual(20);
  });
});
