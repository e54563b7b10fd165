/** The simulated table against real engines: what the simulation finds is worth as much as this finds no difference. */
import { expect, test } from 'vitest';
import { onEachEngine } from '../support/lease.js';
import { differences } from './engine.js';

const OPERATIONS = Number(process.env.SIMULATION_OPERATIONS ?? 4_000);
const SEED = Number(process.env.SIMULATION_SEED ?? 1);

onEachEngine(`${OPERATIONS} random operations`, (endpoint) => {
  test('the same answers', async () => {
    const repeat = `SIMULATION_SEED=${SEED} SIMULATION_OPERATIONS=${OPERATIONS} npx vitest run test/simulation/engine.test.ts`;
    const found = await differences({ operations: OPERATIONS, seed: SEED, endpoint });
    expect(found, `repeat it with: ${repeat}`).toEqual([]);
  }, 1_200_000);
});
