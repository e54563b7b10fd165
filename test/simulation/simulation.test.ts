/**
 * The shipping election in a simulated world: a few seeds of it, with every invariant asked after every event. A failing
 * seed prints what was violated and what happened before.
 */
import { describe, expect, test } from 'vitest';
import { simulate } from './run.js';

const FIRST_SEED = Number(process.env.SIMULATION_SEED ?? 1);
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 60);
const PER_TEST = 10;

describe('no fault breaks an invariant', () => {
  const starts = Array.from({ length: Math.ceil(SEEDS / PER_TEST) }, (_, index) => FIRST_SEED + index * PER_TEST);
  test.each(starts)('seeds from %i', async (start) => {
    let elections = 0;
    for (let seed = start; seed < Math.min(start + PER_TEST, FIRST_SEED + SEEDS); seed += 1) {
      const outcome = await simulate(seed);
      elections += outcome.elections;
      const repeat = `SIMULATION_SEED=${seed} SIMULATION_SEEDS=1 npx vitest run test/simulation`;
      const last = outcome.timeline.slice(-40).join('\n');
      expect(outcome.violations, `seed ${seed}; repeat it with: ${repeat}\n${last}`).toEqual([]);
    }
    expect(elections).toBeGreaterThan(0);
  });
});

test('a seed gives the same run twice', async () => {
  const [first, again] = [await simulate(7), await simulate(7)];
  expect(again).toEqual(first);
  expect(first.events).toBeGreaterThan(1000);
});
