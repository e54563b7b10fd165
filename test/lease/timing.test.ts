/** The arithmetic of time: safe whatever the clocks do within `drift` (section 4), and options that are refused with the sum. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TenureError } from '../../lib/lease/errors.js';
import {
  elapsedForHolder,
  holdMs,
  judgeWatch,
  leftOfLease,
  MAX_LEASE_MS,
  resolveTimings,
  type Timings,
  waitMs,
} from '../../lib/lease/timing.js';

const drifts = fc.double({ min: 0.0001, max: 0.25, noNaN: true });
const leases = fc.integer({ min: 100, max: MAX_LEASE_MS });

const refusal = (options: object): TenureError => {
  try {
    resolveTimings(options as Partial<Timings>);
  } catch (error) {
    return error as TenureError;
  }
  throw new Error(`accepted: ${JSON.stringify(options)}`);
};

describe('hold and wait', () => {
  test('the slowest holder ends before the fastest standby begins', () => {
    fc.assert(
      fc.property(leases, drifts, (leaseMs, drift) => {
        const realHold = holdMs(leaseMs, drift) / (1 - drift);
        const realWait = waitMs(leaseMs, drift) / (1 + drift);
        expect(realHold).toBeLessThanOrEqual(realWait * (1 + 1e-12));
      }),
    );
  });

  test('a lease over the limit of the protocol counts as the limit, for both', () => {
    expect(holdMs(31_536_000_000, 0.01)).toBe(891_000);
    expect(waitMs(31_536_000_000, 0.01)).toBe(909_000);
    expect([holdMs(10_000, 0.01), waitMs(10_000, 0.01)]).toEqual([9_900, 10_100]);
  });

  test('clocks within drift never overlap, whatever the delays', () => {
    const rate = fc.double({ min: -1, max: 1, noNaN: true });
    const arb = fc.record({
      leaseMs: leases,
      drift: drifts,
      holder: rate,
      standby: rate,
      delay: fc.nat(60_000),
      start: fc.nat(1e9),
    });
    fc.assert(
      fc.property(arb, ({ leaseMs, drift, holder, standby, delay, start }) => {
        // Real time 0: the holder stamps. The write lands, the standby sees it, after `delay`.
        const holderRate = 1 + drift * holder;
        const standbyRate = 1 + drift * standby;
        const on = (rate: number, real: number) => ({ mono: start + rate * real, wall: start + rate * real });
        const leads = (real: number) => leftOfLease(on(holderRate, 0), on(holderRate, real), { leaseMs, drift }) > 0;
        const since = on(standbyRate, delay);
        const takes = (real: number) => judgeWatch(since, on(standbyRate, real), leaseMs, drift) === 'expired';
        const latestLead = holdMs(leaseMs, drift) / holderRate;
        expect(takes(latestLead - 0.001) && leads(latestLead - 0.001)).toBe(false);
        expect(takes(delay + leaseMs * (1 - 1e-9) - 0.001)).toBe(false);
      }),
    );
  });
});

describe('what a holder counts', () => {
  test.each([
    ['both clocks agree', 4_000, 4_000, 4_000],
    ['the monotonic clock stood still', 10, 60_000, 60_000],
    ['the wall clock was set back', 4_000, -86_400_000, 4_000],
    ['the wall clock was set ahead', 4_000, 30_000, 30_000],
  ])('%s', (_, mono, wall, elapsed) => {
    const from = { mono: 500, wall: 1e12 };
    expect(elapsedForHolder(from, { mono: 500 + mono, wall: 1e12 + wall })).toBe(elapsed);
  });

  test('is never less than either clock says', () => {
    const instant = fc.record({
      mono: fc.double({ min: 0, max: 1e9, noNaN: true }),
      wall: fc.integer({ min: 0, max: 2e12 }),
    });
    fc.assert(
      fc.property(instant, instant, leases, (from, to, leaseMs) => {
        const left = leftOfLease(from, to, { leaseMs, drift: 0.01 });
        expect(left).toBeLessThanOrEqual(holdMs(leaseMs, 0.01) - (to.mono - from.mono));
        expect(left).toBeLessThanOrEqual(holdMs(leaseMs, 0.01) - (to.wall - from.wall));
      }),
    );
  });

  test('the lease ends at its end', () => {
    const timings = { leaseMs: 10_000, drift: 0.01 };
    const at = (ms: number) => leftOfLease({ mono: 0, wall: 0 }, { mono: ms, wall: ms }, timings);
    expect([at(0), at(9_899), at(9_900), at(9_901)]).toEqual([9_900, 1, 0, -1]);
  });
});

describe('what a reader concludes', () => {
  test.each([
    ['too early', 10_099, 10_099, 'watching'],
    ['a whole lease', 10_100, 10_100, 'expired'],
    ['the monotonic clock alone counts: a wall clock set ahead makes nothing expire', 500, 900_000, 'watching'],
    ['a wall clock a little behind is borne', 10_100, 10_000, 'expired'],
    ['... by a lease times drift at most', 10_100, 9_999, 'restart'],
    ['a wall clock set back starts the watch again', 3_000, -5_000, 'restart'],
    ['a machine that slept counts what the monotonic clock saw', 200, 3_600_000, 'watching'],
  ])('%s', (_, mono, wall, verdict) => {
    expect(judgeWatch({ mono: 7, wall: 9 }, { mono: 7 + mono, wall: 9 + wall }, 10_000, 0.01)).toBe(verdict);
  });

  test('never expires before the wait is over by its own monotonic clock', () => {
    const ms = fc.integer({ min: 0, max: 2_000_000 });
    fc.assert(
      fc.property(leases, drifts, ms, ms, (leaseMs, drift, mono, wall) => {
        const verdict = judgeWatch({ mono: 0, wall: 0 }, { mono, wall }, leaseMs, drift);
        if (verdict === 'expired') expect(mono).toBeGreaterThanOrEqual(leaseMs * (1 + drift) - 1e-6);
      }),
    );
  });

  test('a lease of a year ends with the longest that the protocol knows', () => {
    expect(judgeWatch({ mono: 0, wall: 0 }, { mono: 909_000, wall: 909_000 }, 3.2e10, 0.01)).toBe('expired');
  });
});

describe('timings', () => {
  test('have the defaults of the protocol, in proportion to the lease', () => {
    expect(resolveTimings({})).toEqual({
      leaseMs: 10_000,
      renewMs: 3_000,
      stepDownMs: 1_000,
      requestTimeoutMs: 1_500,
      drift: 0.01,
    });
    expect(resolveTimings({ leaseMs: 101 })).toEqual({
      leaseMs: 101,
      renewMs: 30,
      stepDownMs: 10,
      requestTimeoutMs: 15,
      drift: 0.01,
    });
    expect(resolveTimings({ leaseMs: undefined, renewMs: 2_000 })).toMatchObject({
      leaseMs: 10_000,
      requestTimeoutMs: 1_000,
    });
  });

  test('the defaults survive a lost heartbeat at any lease', () => {
    fc.assert(fc.property(leases, (leaseMs) => void resolveTimings({ leaseMs })));
  });

  test("client-go's 15/14/10 is refused, and the sum is shown", () => {
    // LeaseDuration 15 s, RenewDeadline 14 s, RetryPeriod 10 s: passes there, and cannot survive one lost heartbeat.
    const error = refusal({ leaseMs: 15_000, renewMs: 10_000, requestTimeoutMs: 10_000, stepDownMs: 1_000 });
    expect(error).toMatchObject({ code: 'BadOption', details: { needed: 31_000, held: 14_850 } });
    expect(error.message).toContain('2 * renewMs + requestTimeoutMs + stepDownMs');
    expect(error.message).toContain('2 * 10000 + 10000 + 1000 = 31000');
    expect(error.message).toContain('15000 * (1 - 0.01) = 14850');
  });

  test('the limit itself is accepted, and 1 ms more is not', () => {
    const limit = { leaseMs: 10_000, renewMs: 4_000, requestTimeoutMs: 900, stepDownMs: 1_000 };
    expect(resolveTimings(limit)).toMatchObject(limit);
    expect(refusal({ ...limit, stepDownMs: 1_001 }).message).toContain('2 * 4000 + 900 + 1001 = 9901');
  });

  const suggested = (error: TenureError) => JSON.parse(/Set (\{.*?\})/.exec(error.message)?.[1] ?? 'null');

  test('what the message suggests is accepted, also where other options were left to their defaults', () => {
    expect(suggested(refusal({ drift: 0.25 }))).toMatchObject({ leaseMs: 11_334, renewMs: 3_000 });
    const option = fc.record(
      {
        leaseMs: leases,
        renewMs: fc.integer({ min: 10, max: 300_000 }),
        stepDownMs: fc.integer({ min: 0, max: 200_000 }),
        drift: drifts,
      },
      { requiredKeys: [] },
    );
    let refused = 0;
    fc.assert(
      fc.property(option, (options) => {
        try {
          resolveTimings(options);
        } catch (error) {
          refused += 1;
          const set = suggested(error as TenureError);
          if (set === null) expect((error as Error).message).toContain('Lower the others: leaseMs is at most 900000');
          else expect(resolveTimings({ drift: options.drift, ...set })).toMatchObject(set);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(200);
  });

  const BAD_NUMBERS = [
    null,
    '5000',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    1_000.5,
    5_000n,
    {},
    [5_000],
    true,
    () => 5_000,
  ];
  test.each(['leaseMs', 'renewMs', 'stepDownMs', 'requestTimeoutMs'])(
    '%s must be a whole number of its range',
    (name) => {
      for (const value of [...BAD_NUMBERS, 900_001]) {
        const error = refusal({ [name]: value });
        expect(error, String(value)).toMatchObject({
          code: 'BadOption',
          message: expect.stringContaining(`\`${name}\``),
        });
      }
      expect(refusal({ [name]: '5000' }).message).toContain('but is "5000"');
    },
  );

  test.each([null, '0.01', Number.NaN, 0, 0.00009, 0.26, -0.01, 1, {}])('drift %o is refused', (drift) => {
    expect(refusal({ drift })).toMatchObject({ code: 'BadOption', message: expect.stringContaining('`drift`') });
  });

  test.each([
    [{ leaseMs: 99 }, '`leaseMs`'],
    [{ renewMs: 9 }, '`renewMs`'],
    [{ requestTimeoutMs: 4 }, '`requestTimeoutMs`'],
    [{ requestTimeoutMs: 3_001 }, '`requestTimeoutMs`'],
  ])('%o is out of range', (options, named) => {
    expect(refusal(options).message).toContain(named);
  });
});
