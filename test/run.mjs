/**
 * `npm test`: everything that must pass, from a fresh clone with no step before it. Prints each step as it begins, how long
 * each took, and ends with one line that counts all of it. With `--ci`, what a release needs besides: the build, the
 * package, real faults, the simulated worlds, the models, and the end-to-end run on an emulated AWS, where that can be had.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../bin/install.mjs';
import { endToEnd } from './runner/end-to-end.mjs';
import { Steps } from './runner/steps.mjs';
import { Tally } from './runner/tally.mjs';
import { tests } from './runner/tests.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ci = process.argv.includes('--ci');
const chosen = process.argv.slice(2).filter((argument) => argument !== '--ci');

/** The package: built, looked at as it will be published, and used. */
async function thePackage(steps) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const build = { title: 'build', command: 'npm', args: ['run', '--silent', 'build'] };
  const unused = steps.of('unused files, exports and dependencies (knip)', 'knip');
  if (!(await steps.together([build, unused]))) return;
  await steps.together([
    steps.of('package (publint)', 'publint', ['--strict']),
    steps.of('package (are the types wrong)', 'attw', ['--pack', '.', '--profile', 'esm-only']),
  ]);
  await steps.check(steps.of('package (installed, and used on each Node)', 'tsx', ['test/package/smoke.ts']));
}

/** What computes and times nothing: it takes the cores that another step leaves while it waits. */
const simulations = (steps) => [
  steps.of('simulated worlds', 'tsx', ['test/simulation/main.ts', '--seeds', '12000', '--from', '100001']),
  steps.of('known-bad variants', 'tsx', ['test/simulation/main.ts', 'mutants']),
];
const models = (steps) => [steps.of('models', 'tsx', ['spec/main.ts', '--ci'])];

async function everything(steps) {
  const types = steps.of('types', 'tsc', ['-p', 'tsconfig.json']);
  const lint = steps.of('lint and format', 'biome', ['check', '--error-on-warnings', '.']);
  await steps.together([types, lint]);
  if (!ci) return tests(steps, chosen);

  await thePackage(steps);
  const simulated = steps.modestly(simulations(steps));
  await tests(steps, chosen);
  await steps.settle(simulated);
  let checked;
  await endToEnd(steps, () => {
    checked ??= steps.modestly(models(steps));
  });
  await steps.settle(checked);
  // Last and alone: it asks how quick the machine is, and takes all that it can get.
  await steps.check(steps.of('real faults', 'tsx', ['test/nemesis/main.ts', '--ci', '--seconds', '60']));
}

try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const tally = new Tally();
await everything(new Steps(root, tally));
process.exitCode = tally.close();
