/** Many seeds: the same result on any number of threads, and worlds with timings that somebody gave. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveTimings } from '../../lib/lease/timing.js';
import type { Cause } from '../../lib/simulation/failovers.js';
import { FAULTS, type Fault } from '../../lib/simulation/faults.js';
import { type SimulationOptions, simulate } from '../../lib/simulation/run.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import type { Task } from '../../lib/simulation/seeds.js';
import { NEVER_PLANNED, settingsOf } from '../../lib/simulation/settings.js';
import { inThreads } from '../../lib/simulation/threads.js';
import { Totals } from '../../lib/simulation/totals.js';
import { bundle } from './build.js';

const plan = {
  timings: resolveTimings({ leaseMs: 5_000, renewMs: 1_000, drift: 0.02 }),
  candidates: 4,
  maxDelayMs: 30,
  paceMs: 20_000,
};

async function tallied(file: string, options: SimulationOptions, cores: number) {
  const totals = new Totals();
  await inThreads<Task>(file, { from: 50, end: 74, options }, (progress) => totals.add(progress), { cores });
  const { sums, injected, violated, spreads, rest } = totals;
  return { sums, injected, violated, spreads, rest };
}

test('the result is the same on one thread and on three', async () => {
  const built = await bundle('lib/simulation/worker.ts');
  onTestFinished(built.remove);
  for (const options of [{}, { plan }]) {
    const alone = await tallied(built.file, options, 1);
    expect(alone.sums.seeds).toBe(24);
    expect(alone.spreads.length).toBeGreaterThan(2);
    expect(await tallied(built.file, options, 3)).toEqual(alone);
  }
});

describe('what is asked for changes nothing else', () => {
  const settings = (seed: number, asked?: SimulationOptions) => settingsOf(new SeededRandom(seed), asked);

  test('faults that are named are on in every world, and no others', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const only: readonly Fault[] = ['kill', 'reply lost'];
      const { faults, quiet, bias, ...others } = settings(seed, { only });
      expect(FAULTS.filter((fault) => faults[fault] > 0).sort()).toEqual([...only].sort());
      expect([quiet, bias]).toEqual([false, undefined]);
      const { faults: drawn, quiet: _, bias: leaning, ...same } = settings(seed);
      // That bias brings its own lease and network with it, and a world with named faults has no bias.
      const { leaseMs, maxDelayMs } = leaning === 'clocks at the margin' ? others : same;
      expect(others).toEqual({ ...same, leaseMs, maxDelayMs });
      if (drawn.kill > 0) expect(faults.kill).toBe(drawn.kill);
    }
  });

  test('no fault at all makes every world quiet', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const { faults, quiet } = settings(seed, { only: [] });
      expect([quiet, Object.values(faults).some((rate) => rate > 0)]).toEqual([true, false]);
    }
  });

  test('a plan replaces timings and candidates, and leaves the other faults of the seed', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const planned = settings(seed, { plan });
      expect(planned).toMatchObject({ leaseMs: 5_000, renewMs: 1_000, drift: 0.02, processes: 4, functions: 0 });
      const drawn = settings(seed);
      for (const fault of FAULTS) {
        expect(planned.faults[fault]).toBe(NEVER_PLANNED.includes(fault) ? 0 : drawn.faults[fault]);
      }
    }
  });
});

test.each([
  ['kill', 'crash'],
  ['freeze', 'standstill', 'resigned'], // who goes on, or is connected again, just before its lease ends gives it back
  ['suspend', 'standstill', 'resigned'],
  ['partition', 'expired', 'resigned'],
  ['close', 'resigned'],
  ['revoke', 'revoked'],
  ['challenge', 'handed over', 'resigned'], // in favour of whom it was asked for
] as const)('after a %s, the leader is said to have ended by: %s', async (fault, cause, besides?: Cause) => {
  const found: string[] = [];
  for (let seed = 1; seed <= 6; seed += 1) {
    const { failovers } = await simulate(seed, { plan, only: [fault] });
    found.push(...failovers.map((one) => one.cause));
    for (const { withoutLeaderMs } of failovers) expect(withoutLeaderMs).toBeGreaterThan(0);
  }
  expect(found).toContain(cause);
  const expected: readonly (string | undefined)[] = [cause, besides];
  expect(found.filter((one) => !expected.includes(one))).toEqual([]);
});

test('a planned world keeps its promises, and its leaders keep the given timings', async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const { violations, timeline, simulatedMs } = await simulate(seed, { plan, timeline: true });
    expect(violations, `tenure simulate --seed ${seed} --lease 5s --heartbeat 1s`).toEqual([]);
    expect(timeline.length).toBeGreaterThan(1);
    expect(simulatedMs).toBeGreaterThan(5 * plan.paceMs);
  }
});
