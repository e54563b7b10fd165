/** Directed scenarios in the simulated world: each is what kills one known-bad variant, and passes here. */
import { expect, test } from 'vitest';
import { SCENARIOS } from './scenarios.js';

test.each(Object.values(SCENARIOS))('$title', async ({ play }) => {
  expect(await play()).toEqual([]);
});
