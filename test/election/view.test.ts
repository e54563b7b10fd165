/** What this process knows of the office (S8): only what is newer is reported, in whatever order answers come. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Emitter } from '../../lib/election/events.js';
import { type Office, officeOf, sameOffice } from '../../lib/election/office.js';
import { View } from '../../lib/election/view.js';
import type { TenureError } from '../../lib/lease/errors.js';
import { compareVersions, type LeaseRecord } from '../../lib/lease/record.js';

let view: View;
let offices: Office[];
let errors: TenureError[];
beforeEach(() => {
  const emitter = new Emitter();
  view = new View('billing', { now: () => ({ mono: 0, wall: 5_000 }), after: () => () => {} }, emitter);
  offices = [];
  errors = [];
  emitter.on('office', (office) => offices.push(office));
  emitter.on('error', (error) => errors.push(error));
});

const at = (term: number, beat: number, change: Partial<LeaseRecord> = {}): LeaseRecord => ({
  term,
  beat,
  holder: `leader-${term}`,
  attempt: `attempt-${term}`,
  leaseMs: 10_000,
  renewMs: 3_000,
  priority: 2,
  acquiredAt: 1_000,
  renewedAt: 2_000,
  ...change,
});
const reported = () => offices.map(({ term, beat, holder }) => [term, beat, holder]);

describe('is reported', () => {
  test('the first sighting, even of nothing', () => {
    expect([view.offices, view.latest]).toEqual([0, undefined]);
    view.see(undefined);
    expect(offices).toEqual([
      expect.objectContaining({ election: 'billing', term: 0, holder: undefined, ageMs: undefined }),
    ]);
    view.see(undefined);
    expect(view.offices).toBe(1);
  });

  test('each change of office, with an age by the own wall clock', () => {
    view.see(at(1, 0));
    view.see(at(1, 1, { holder: undefined, reason: 'resigned', previous: 'leader-1' }));
    view.see(at(2, 0, { previous: 'leader-1', reason: 'resigned' }));
    expect(reported()).toEqual([
      [1, 0, 'leader-1'],
      [1, 1, undefined],
      [2, 0, 'leader-2'],
    ]);
    expect(offices[2]).toMatchObject({
      ageMs: 3_000,
      reason: 'resigned',
      previous: 'leader-1',
      leaseMs: 10_000,
      dead: false,
    });
  });

  test('a new value, a proof of death, a successor; but no heartbeat and no challenge', () => {
    const challenger = { id: 'c', attempt: 'y', rank: 3, why: '', stands: true };
    view.see(at(1, 0, { value: { url: 'a' } }));
    view.see(at(1, 1, { value: { url: 'a' } }));
    view.see(at(1, 1, { value: { url: 'a' }, challenger }));
    expect(view.latest?.challenger).toEqual(challenger);
    expect(view.offices).toBe(1);
    view.see(at(1, 2, { value: { url: 'b' } }));
    view.see(at(1, 3, { holder: undefined, reason: 'revoked' }));
    view.see(at(1, 4, { holder: undefined, reason: 'revoked', dead: true }));
    expect(view.offices).toBe(4);
  });

  test('the last of several quick changes: none is held back', () => {
    view.see(at(1, 0));
    view.see(at(5, 0));
    expect(reported().map(([term]) => term)).toEqual([1, 5]);
  });
});

describe('does not report what is older', () => {
  test('an answer that came late', () => {
    view.see(at(3, 2));
    for (const late of [at(3, 1), at(2, 99), undefined]) view.see(late);
    expect([reported(), view.latest?.beat, errors]).toEqual([[[3, 2, 'leader-3']], 2, []]);
    expect([view.isOlder(at(3, 1)), view.isOlder(undefined), view.isOlder(at(3, 2)), view.isOlder(at(3, 3))]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a strong read that was sent before something newer was seen', () => {
    view.see(at(3, 2));
    const mark = view.mark();
    view.see(at(3, 3)); // the reply of a write overtakes it
    view.see(at(3, 1), mark);
    expect([view.latest?.beat, errors]).toEqual([3, []]);
  });

  test('in any order of arrival', () => {
    const sightings = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(5)), { maxLength: 40 });
    fc.assert(
      fc.property(sightings, (versions) => {
        const emitter = new Emitter();
        const any = new View('e', { now: () => ({ mono: 0, wall: 0 }), after: () => () => {} }, emitter);
        let last = { term: 0, beat: 0 };
        emitter.on('office', (office) => {
          expect(compareVersions(office, last)).toBeGreaterThanOrEqual(0);
          last = office;
        });
        for (const [term, beat] of versions) any.see(at(term, beat));
        const newest = versions
          .map(([term, beat]) => ({ term, beat }))
          .sort(compareVersions)
          .at(-1);
        expect(any.latest && { term: any.latest.term, beat: any.latest.beat }).toEqual(newest);
      }),
    );
  });
});

describe('a table that was rewound', () => {
  test.each([
    ['to an earlier term', at(2, 7), 'TermFell', 'it is at term 2, beat 7'],
    ['to an earlier beat', at(3, 1), 'TermFell', 'it is at term 3, beat 1'],
    ['to nothing', undefined, 'RecordVanished', 'there is none'],
  ])('%s is an error, and observing starts again from there', (_, found, code, words) => {
    view.see(at(3, 2));
    view.see(found, view.mark());
    expect(errors).toEqual([expect.objectContaining({ code, details: { was: at(3, 2), found } })]);
    expect(errors[0]?.message).toContain(words);
    expect(view.latest).toEqual(found);
    view.see(found, view.mark());
    expect(errors).toHaveLength(1);
    const next = at(found?.term ?? 1, (found?.beat ?? 0) + 1);
    view.see(next);
    expect(view.latest).toEqual(next);
  });

  test('to the same numbers under another attempt is reported as another office', () => {
    view.see(at(3, 2));
    view.see(at(3, 2, { attempt: 'again', holder: 'other' }), view.mark());
    expect(reported().at(-1)).toEqual([3, 2, 'other']);
  });
});

describe('waiting for a change', () => {
  test('ends with the next change, and not with a heartbeat', () => {
    view.see(at(1, 0));
    const { changed } = view;
    view.see(at(1, 1));
    expect([changed.isSet, view.changed]).toEqual([false, changed]);
    view.see(at(2, 0));
    expect(changed.isSet).toBe(true);
    expect(view.changed.isSet).toBe(false); // the one after it has not come
  });
});

test('offices are the same by what users decide on', () => {
  const base = at(1, 0, { value: { a: [1] } });
  expect(sameOffice(base, { ...at(1, 9, { value: { a: [1] } }), renewedAt: 9 })).toBe(true);
  for (const change of [
    { term: 2 },
    { attempt: 'z' },
    { holder: 'z' },
    { reason: 'z' },
    { dead: true },
    { successor: 'z' },
    { value: 1 },
  ]) {
    expect(sameOffice(base, { ...base, ...change }), JSON.stringify(change)).toBe(false);
  }
  expect(sameOffice(undefined, undefined)).toBe(true);
  expect(officeOf('e', undefined, 1)).toMatchObject({ term: 0, beat: 0, dead: false });
});
