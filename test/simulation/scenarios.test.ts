/** Directed scenarios in the simulated world: most are what kills a known-bad variant; all pass here. */
import { expect, test } from 'vitest';
import { SCENARIOS } from './scenarios.js';

test.each(Object.values(SCENARIOS))('$title', async ({ play }) => {
  expect(await play()).toEqual([]);
});
