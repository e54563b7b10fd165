/** When a standby contends (section 6): each kind of vacancy, courtesy, hold-off, expiry, and clocks that cannot be trusted. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance, nextLook, periodMs, restingMs } from '../../lib/election/heartbeat-rhythm.js';
import { type Contender, isFree, plan, trustedSince } from '../../lib/election/takeover-plan.js';
import type { Instant } from '../../lib/lease/clock.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import { waitMs } from '../../lib/lease/timing.js';

const WALL = 1_800_000_000_000;
const at = (mono: number, wall = mono): Instant => ({ mono, wall: WALL + wall });
const me: Contender = { id: 'me', priority: 0, staggerMs: 250, place: undefined, drift: 0.01, holdOffUntil: 0 };
const held: LeaseRecord = {
  term: 4,
  beat: 7,
  holder: 'leader',
  attempt: 'x',
  leaseMs: 10_000,
  renewMs: 3_000,
  priority: 0,
  acquiredAt: WALL,
  renewedAt: WALL,
};
const vacant = (change: Partial<LeaseRecord>): LeaseRecord => ({
  ...held,
  holder: undefined,
  previous: 'leader',
  ...change,
});
const since = at(1_000);
/** The moment from which `me` contends: found by asking. */
const from = (record: LeaseRecord | undefined, changes: Partial<Contender> = {}): number => {
  const answer = plan(record, since, since, { ...me, ...changes }, 0);
  if (answer.do === 'contend') return since.mono;
  const then = at(answer.until);
  expect(plan(record, since, then, { ...me, ...changes }, 0).do, 'what was promised').toBe('contend');
  expect(plan(record, since, at(answer.until - 1e-6), { ...me, ...changes }, 0).do, 'and not earlier').toBe('wait');
  return answer.until;
};

describe('from when a candidate contends', () => {
  test('where there is no record, at once', () => {
    expect(plan(undefined, since, at(9_999), me, 0.5)).toEqual({ do: 'contend', courtesyMs: 25 });
  });

  test.each<[string, LeaseRecord, number]>([
    ['a held record: a whole lease with drift', held, 10_100],
    ["the record's own lease counts, not the reader's", { ...held, leaseMs: 500 }, 505],
    ['a lease without end: the longest of the protocol', { ...held, leaseMs: 31_536_000_000 }, 909_000],
    ['resigned: at once', vacant({ reason: 'resigned' }), 0],
    ['expired: at once', vacant({ reason: 'expired' }), 0],
    ['revoked with proof of death: at once', vacant({ reason: 'revoked', dead: true }), 0],
    ['revoked without: the old holder may not know', vacant({ reason: 'revoked' }), 10_100],
    ['revoked with a false proof', vacant({ reason: 'revoked', dead: false }), 10_100],
    ['a proof without revoke proves nothing', vacant({ reason: 'yielded', dead: true }), 10_100],
    ['yielded, yet vacant', vacant({ reason: 'yielded' }), 10_100],
    ['a reason of another version', vacant({ reason: 'abdicated' }), 10_100],
    ['no reason', vacant({}), 10_100],
    ['reserved for another: two heartbeats', vacant({ reason: 'resigned', successor: 'other' }), 6_000],
    ['... never longer than a lease', vacant({ reason: 'resigned', successor: 'other', renewMs: 90_000 }), 10_100],
    ['reserved, and not free', vacant({ reason: 'revoked', successor: 'other' }), 10_100],
    ['reserved for me: at once', vacant({ reason: 'resigned', successor: 'me' }), 0],
    ['reserved for me, and not free', vacant({ reason: 'revoked', successor: 'me' }), 10_100],
  ])('%s', (_, record, ms) => {
    expect(from(record) - since.mono).toBe(ms);
    expect(isFree(record)).toBe(
      ms === 0 || record.successor === 'other' ? record.reason !== 'revoked' || !!record.dead : false,
    );
  });

  test('the hold-off leaves vacancies to others, but not what is reserved for me, nor an expiry', () => {
    const holdOffUntil = 60_000;
    expect(from(vacant({ reason: 'resigned' }), { holdOffUntil })).toBe(60_000);
    expect(from(vacant({ reason: 'revoked' }), { holdOffUntil: 5_000 })).toBe(11_100);
    expect(from(vacant({ reason: 'resigned', successor: 'me' }), { holdOffUntil })).toBe(since.mono);
    expect(from(held, { holdOffUntil })).toBe(11_100);
  });

  test('nobody contends for what may still be held', () => {
    const reason = fc.constantFrom(undefined, 'revoked', 'yielded', 'abdicated', 'resigned', 'expired');
    const arb = fc.record({
      reason,
      dead: fc.boolean(),
      holder: fc.constantFrom(undefined, 'leader', 'me'),
      successor: fc.constantFrom(undefined, 'me', 'other'),
      leaseMs: fc.integer({ min: 1, max: 2_000_000 }),
      renewMs: fc.integer({ min: 1, max: 2_000_000 }),
      waited: fc.integer({ min: 0, max: 2_000_000 }),
    });
    fc.assert(
      fc.property(arb, ({ waited, ...change }) => {
        const record = { ...held, ...change };
        if (plan(record, since, at(since.mono + waited), me, 0).do === 'wait') return;
        if (!isFree(record)) expect(waited).toBeGreaterThanOrEqual(waitMs(record.leaseMs, me.drift) - 1e-6);
      }),
    );
  });
});

describe('courtesy', () => {
  const courtesy = (record: LeaseRecord | undefined, changes: Partial<Contender> = {}, unit = 0) => {
    const answer = plan(record, since, at(100_000), { ...me, ...changes }, unit);
    return answer.do === 'contend' ? answer.courtesyMs : Number.NaN;
  };

  test.each([
    [0, 0, 0],
    [1, 0, 250],
    [3, 1, 500],
    [5, 0, 1_250],
    [1_000_000, 0, 1_250],
    [0, 9, 0],
  ])('to a leader of priority %d, %d waits %d ms', (theirs, mine, ms) => {
    const record = vacant({ reason: 'resigned', priority: theirs });
    expect(courtesy(record, { priority: mine })).toBe(ms);
    expect(courtesy(held && { ...held, priority: theirs }, { priority: mine })).toBe(ms);
  });

  test('is spread by up to 50 ms of chance, and the successor has none', () => {
    expect(courtesy(vacant({ reason: 'expired' }), {}, 0.5)).toBe(25);
    expect(courtesy(vacant({ reason: 'resigned', successor: 'me', priority: 9 }), {}, 0.9)).toBe(0);
    expect(courtesy(held, { staggerMs: 0 }, 0.999)).toBeLessThan(50);
  });
});

describe('a watch', () => {
  test('goes on while the clocks agree, and starts again where the monotonic clock ran ahead', () => {
    expect(trustedSince(held, since, at(9_000, 9_000), 0.01)).toBe(since);
    expect(trustedSince(held, since, at(9_000, 8_900), 0.01)).toBe(since);
    expect(trustedSince(held, since, at(9_000, 8_899), 0.01)).toEqual(at(9_000, 8_899));
    expect(trustedSince(held, since, at(9_000, 90_000), 0.01)).toBe(since);
  });
});

describe('the next look', () => {
  const look = (mono: number, change = {}) => ({ sent: at(mono), unchangedAt: undefined, reread: false, ...change });
  const seen = { ...held, renewedAt: WALL + 900 };
  const phase = advance(undefined, seen, look(1_000));

  test('takes a first hint of the rhythm from renewedAt, if the looks allow it', () => {
    expect(phase.anchor).toBe(900);
    expect(nextLook(phase, seen, 1_000, 0)).toEqual({ at: 3_900, reread: false });
    const ahead = { ...held, renewedAt: WALL + 99_000 };
    expect(advance(undefined, ahead, look(1_000)).anchor).toBe(1_000);
    const ancient = { ...held, renewedAt: WALL - 3_600_000 };
    expect(advance(undefined, ancient, look(1_000)).anchor).toBe(1_000);
  });

  test('is the next place that is not past, however late one is', () => {
    expect(nextLook(phase, seen, 3_900, 0).at).toBe(6_900);
    expect(nextLook(phase, seen, 33_000, 0).at).toBe(33_900);
  });

  test('comes again after 50, 100, 200 ... ms, never past the next place', () => {
    const gaps: number[] = [];
    let sent = 3_900;
    for (let rereads = 1; ; rereads += 1) {
      const next = nextLook(phase, seen, sent, rereads);
      gaps.push(next.at - sent);
      sent = next.at;
      if (!next.reread) break;
    }
    expect(gaps).toEqual([50, 100, 200, 400, 800, 1_450]);
    expect(sent).toBe(6_900);
  });

  test('moves earlier while it finds what it came for, and to the middle of the gap when it came too early', () => {
    const next = { ...held, beat: 8, renewedAt: WALL + 3_900 };
    const early = advance(phase, next, look(3_960, { unchangedAt: 3_910, reread: true }));
    expect(early.anchor).toBe(3_935);
    const late = advance(phase, next, look(3_950, { unchangedAt: 1_000 }));
    expect(late.anchor).toBe(3_900 - phase.stepMs);
  });

  test('a new leader has a rhythm of its own', () => {
    const other = { ...held, term: 5, beat: 0, attempt: 'y', renewedAt: WALL + 5_000 };
    expect(advance(phase, other, look(5_100)).steps).toEqual([]);
  });

  test('proclaims in a row make no rhythm of their own', () => {
    let rhythm = phase;
    for (const [index, ms] of [2, 4, 7].entries()) {
      const next = { ...held, beat: 8 + index, renewedAt: WALL + 900 + ms };
      rhythm = advance(rhythm, next, look(1_000 + 20 * ms));
      expect(nextLook(rhythm, next, 2_000, 1).at - 2_000).toBeGreaterThanOrEqual(50);
      expect(periodMs(rhythm, next)).toBe(750);
    }
  });

  test('whatever a record declares, looks are neither a storm nor rarer than two a lease', () => {
    const arb = fc.record({ leaseMs: fc.integer({ min: 1, max: 1e12 }), renewMs: fc.integer({ min: 1, max: 1e12 }) });
    fc.assert(
      fc.property(arb, (declared) => {
        const record = { ...seen, ...declared };
        const most = Math.max(10, Math.min(declared.leaseMs, 900_000) / 2);
        for (const ms of [periodMs(advance(undefined, record, look(1_000)), record), restingMs(record)]) {
          expect(ms).toBeGreaterThanOrEqual(10);
          expect(ms).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
