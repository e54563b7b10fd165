/** The constructs refuse what the runtime would refuse, by the same arithmetic; and time-outs that cannot work. */
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkTimeout, resolveNotices, resolveTimings, type Timings } from '../../lib/cloud/timings.js';
import { resolveTimings as runtime } from '../../lib/lease/timing.js';

const stack = new Stack();

/** What it makes of the timings, or `undefined` where it refuses them. */
function outcome(resolve: (timings: Timings) => unknown, timings: Timings): unknown {
  try {
    return resolve(timings);
  } catch {
    return undefined;
  }
}
const both = (timings: Timings) => [
  outcome((given) => resolveTimings(stack, given), timings),
  outcome((given) => runtime(given), timings),
];

test.each<Timings>([
  {},
  { leaseMs: 100 },
  { leaseMs: 99 },
  { leaseMs: 900_000 },
  { leaseMs: 900_001 },
  { leaseMs: 1000.5 },
  { leaseMs: Number.NaN },
  { leaseMs: null as unknown as number },
  { leaseMs: '10000' as unknown as number },
  { renewMs: 9 },
  { renewMs: 4_000 },
  { renewMs: 5_000 },
  { stepDownMs: 0 },
  { stepDownMs: -1 },
  { stepDownMs: 9_000 },
  { requestTimeoutMs: 4 },
  { requestTimeoutMs: 3_000 },
  { requestTimeoutMs: 3_001 },
  { drift: 0.25 },
  { drift: 0.251 },
  { drift: 0 },
  { drift: 0.0001 },
  { drift: '0.01' as unknown as number },
  // On the edge: 2 * 10 + 5 + 74 = 99 = 100 * (1 - 0.01), and one more.
  { leaseMs: 100, renewMs: 10, requestTimeoutMs: 5, stepDownMs: 74 },
  { leaseMs: 100, renewMs: 10, requestTimeoutMs: 5, stepDownMs: 75 },
])('constructs and runtime make the same of %j', (timings) => {
  const [constructs, library] = both(timings);
  expect(constructs).toEqual(library);
});

test('constructs and runtime make the same of whatever comes', () => {
  const maybe = (max: number) => fc.option(fc.integer({ min: -1, max }), { nil: undefined });
  const timings = fc.record({
    leaseMs: maybe(60_000),
    renewMs: maybe(20_000),
    stepDownMs: maybe(10_000),
    requestTimeoutMs: maybe(10_000),
    drift: fc.option(fc.double({ min: 0, max: 0.3, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(timings, (given) => {
      const [constructs, library] = both(given);
      expect(constructs).toEqual(library);
    }),
    { numRuns: 2_000 },
  );
});

test('what is refused is told with its sum', () => {
  expect(() => resolveTimings(stack, { renewMs: 5_000 })).toThrow(
    '2 * 5000 + 2500 + 1000 = 13500 is more than 10000 * (1 - 0.01) = 9900',
  );
});

const lease = (leaseMs: number, drift = 0.01) => ({ leaseMs, drift });

test.each([
  ['always', 900, lease(10_000)],
  ['always', 150, lease(10_000)],
  ['always', 900, lease(881_188)],
  ['duty', 20, lease(14_851)],
  ['duty', 2, lease(1_485)],
] as const)('mode %s with a time-out of %i s can watch out a lease of %j', (mode, seconds, timings) => {
  expect(checkTimeout(stack, Duration.seconds(seconds), mode, timings)).toBe(seconds);
});

test.each([
  ['always', 149, lease(10_000), 'needs a time-out of 150 s or more, so that two minute ticks fall into the time'],
  ['always', 900, lease(881_189), '881189 * (1 + 0.01) + 10000 = 900001 ms is more than 900000 ms'],
  ['duty', 20, lease(14_852), '14852 * (1 + 0.01) + 5000 = 20001 ms is more than 20000 ms'],
  ['duty', 901, lease(10_000), 'must be 1 to 900 s'],
  ['duty', 0, lease(10_000), 'must be 1 to 900 s'],
] as const)('mode %s with a time-out of %i s and a lease of %j is refused', (mode, seconds, timings, message) => {
  expect(() => checkTimeout(stack, Duration.seconds(seconds), mode, timings)).toThrow(message);
});

test('a time-out that is known at deployment only is refused', () => {
  const late = Duration.seconds(Lazy.number({ produce: () => 900 }));
  expect(() => checkTimeout(stack, late, 'always', lease(10_000))).toThrow('written out');
});

test('notices are on unless the lease is too long for them; to insist is refused', () => {
  expect(resolveNotices(stack, undefined, 10_000)).toBe(true);
  expect(resolveNotices(stack, 'on', 889_999)).toBe(true);
  expect(resolveNotices(stack, undefined, 890_000)).toBe(false);
  expect(resolveNotices(stack, 'off', 10_000)).toBe(false);
  expect(() => resolveNotices(stack, 'on', 890_000)).toThrow("set `notices` to 'off'");
  expect(() => resolveNotices(stack, 'yes' as 'on', 10_000)).toThrow("must be 'on' or 'off', but is \"yes\"");
});
