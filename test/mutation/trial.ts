/**
 * What tries each mutant of the election's code: simulated worlds until one is violated, and then every directed scenario.
 * In one thread, for many of these run side by side. Ends with 1 if the mutant was caught.
 */
import { preparedThread, runSeeds } from '../../lib/simulation/seeds.js';
import { SCENARIOS } from '../simulation/scenarios.js';

/** Most of the known-bad variants die within 15; more would make each mutant that lives take longer. */
const SEEDS = 150;

preparedThread();
const caught = (by: string) => {
  console.log(by);
  process.exit(1);
};
try {
  await runSeeds({ from: 1, end: 1 + SEEDS, step: 1, untilViolated: true }, ({ violated }) => {
    for (const { seed, violations } of violated) caught(`seed ${seed}: ${violations[0]}`);
  });
  for (const [name, { play }] of Object.entries(SCENARIOS)) {
    const [violation] = await play();
    if (violation !== undefined) caught(`scenario ${name}: ${violation}`);
  }
} catch (error) {
  caught((error as Error).message);
}
process.exit(0); // simulated worlds leave promises behind that nobody settles
