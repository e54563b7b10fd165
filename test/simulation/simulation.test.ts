/**
 * The shipping election in a simulated world: a few seeds of it, with every invariant asked after every event. A failing
 * seed prints what was violated, what happened before, and the command that repeats it.
 */
import { describe, expect, test } from 'vitest';
import { lineOf } from '../../lib/simulation/event-log.js';
import { simulate } from '../../lib/simulation/run.js';

const FIRST_SEED = Number(process.env.SIMULATION_SEED ?? 1);
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 400);
const PER_TEST = 50;

describe('no fault breaks an invariant', () => {
  const starts = Array.from({ length: Math.ceil(SEEDS / PER_TEST) }, (_, index) => FIRST_SEED + index * PER_TEST);
  test.each(starts)('seeds from %i', async (start) => {
    let elections = 0;
    for (let seed = start; seed < Math.min(start + PER_TEST, FIRST_SEED + SEEDS); seed += 1) {
      const outcome = await simulate(seed);
      elections += outcome.elections;
      if (outcome.violations.length === 0) continue;
      const { timeline } = await simulate(seed, { timeline: true });
      const repeat = `SIMULATION_SEED=${seed} SIMULATION_SEEDS=1 npx vitest run test/simulation`;
      expect(
        outcome.violations,
        `seed ${seed}; repeat it with: ${repeat}\n${timeline.slice(-40).map(lineOf).join('\n')}`,
      ).toEqual([]);
    }
    expect(elections).toBeGreaterThan(0);
  });
});

test('a seed gives the same run twice, and writing down what happens changes nothing', async () => {
  const [first, again, withTimeline] = [await simulate(7), await simulate(7), await simulate(7, { timeline: true })];
  expect(again).toEqual(first);
  expect({ ...withTimeline, timeline: [] }).toEqual(first);
  expect(first.events).toBeGreaterThan(300);
});

// Caught: a challenger that took a look which was under way for a refusal, and looked again a heartbeat later; a leader
// that vacated right after its heartbeat, where nobody looks for a whole period.
test('whom an operator asks to go is followed at once: no heartbeat passes without a leader', async () => {
  const timings = { leaseMs: 10_000, renewMs: 3_000, stepDownMs: 1_000, requestTimeoutMs: 1_500, drift: 0.01 };
  const plan = { timings, candidates: 3, maxDelayMs: 50, paceMs: 60_000 };
  const gaps: { seed: number; withoutLeaderMs: number }[] = [];
  for (let seed = 1; seed <= 60; seed += 1) {
    const { failovers } = await simulate(seed, { only: ['challenge'], plan });
    gaps.push(...failovers.map(({ withoutLeaderMs }) => ({ seed, withoutLeaderMs })));
  }
  expect(gaps.length).toBeGreaterThan(50);
  expect(gaps.filter(({ withoutLeaderMs }) => withoutLeaderMs > 600)).toEqual([]);
});
