/**
 * Directed scenarios: what plain schedules find once in a hundred thousand seeds, or never. Each is a world without chance
 * faults, in which one thing goes wrong at one moment; it tells what was violated, nothing if the code is right.
 */
import type { Scenario } from './directed-world.js';
import { CHALLENGES } from './scenarios-challenges.js';
import { HOLDING } from './scenarios-holding.js';
import { NOTICES } from './scenarios-notices.js';
import { STANDING } from './scenarios-standing.js';

export { CALM } from './directed-world.js';

export const SCENARIOS: Readonly<Record<string, Scenario>> = Object.fromEntries([
  ...STANDING,
  ...HOLDING,
  ...CHALLENGES,
  ...NOTICES,
]);
