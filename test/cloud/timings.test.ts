/** The constructs refuse what the runtime would refuse, and time-outs that cannot work; and need no package of the runtime. */
import { fileURLToPath } from 'node:url';
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { checkDrift, checkTimeout, resolveNotices, resolveTimings, type Timings } from '../../lib/cloud/timings.js';

const stack = new Stack();

test('what is left out keeps its proportion to the lease', () => {
  expect(resolveTimings(stack, { leaseMs: 20_000 })).toEqual({
    leaseMs: 20_000,
    renewMs: 6_000,
    stepDownMs: 2_000,
    requestTimeoutMs: 3_000,
    drift: 0.01,
  });
});

test.each<[Timings, string]>([
  [{ leaseMs: 99 }, '`leaseMs` must be a whole number of milliseconds from 100 to 900000, but is 99'],
  [{ leaseMs: 900_001 }, '`leaseMs` must be a whole number of milliseconds from 100 to 900000, but is 900001'],
  [{ leaseMs: '10000' as unknown as number }, '`leaseMs` must be a whole number'],
  [{ renewMs: 9 }, '`renewMs` must be'],
  [{ stepDownMs: -1 }, '`stepDownMs` must be'],
  [{ requestTimeoutMs: 3_001 }, '`requestTimeoutMs` must be'],
  [{ drift: 0.251 }, '`drift` must be a number from 0.0001 to 0.25'],
  [
    { leaseMs: Lazy.number({ produce: () => 10_000 }) },
    '`leaseMs` must be a number, written out, but is a value that is',
  ],
])('%j is refused as the runtime refuses it, with the construct', (timings, message) => {
  expect(() => resolveTimings(stack, timings)).toThrow(`Tenure, at Default: ${message}`);
});

test('a drift is checked by itself where the timings of the candidates are not known', () => {
  expect([undefined, 0.0001, 0.25].map((drift) => checkDrift(stack, drift))).toEqual([0.01, 0.0001, 0.25]);
  expect(() => checkDrift(stack, 0.3)).toThrow('`drift` must be a number from 0.0001 to 0.25');
});

test('timings that cannot survive one lost heartbeat are refused with the sum', () => {
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

test('the constructs import the CDK alone, and of the runtime only what needs no package', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['lib/cloud/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const packages = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(packages.filter((path) => !/^(node:|aws-cdk-lib(\/|$)|constructs$)/.test(path))).toEqual([]);
  const others = Object.keys(metafile.inputs).filter((path) => !/^lib\/(cloud|names)\//.test(path));
  expect(others.sort()).toEqual(['lib/lease/errors.ts', 'lib/lease/timing.ts']);
});
