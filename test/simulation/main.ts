/**
 * `npm run simulate` (any number of seeds, on all cores) and `npm run mutants` (every known-bad variant must be killed).
 */
import { parseArgs } from 'node:util';
import { runMany } from '../../lib/cli/simulate/many.js';
import { RESTLESS, spreadLines, totalsLines, worldLines } from '../../lib/cli/simulate/report.js';
import { startEngine } from '../../lib/local/engine.js';
import { lineOf } from '../../lib/simulation/event-log.js';
import { FAULTS, type Fault } from '../../lib/simulation/faults.js';
import { simulate } from '../../lib/simulation/run.js';
import type { Violated } from '../../lib/simulation/seeds.js';
import { CORES, inThreads } from '../../lib/simulation/threads.js';
import type { Totals } from '../../lib/simulation/totals.js';
import { bundle } from './build.js';
import { MUTANTS, type Mutant } from './mutants.js';
import type { KillTask } from './worker.js';
import { WORLD_MUTANTS } from './world-mutants.js';

const WORKER = 'test/simulation/worker.ts';
const HELP = `npm run simulate -- [options]     runs the shipping election in simulated worlds, and asks every invariant
  --seeds N       how many (default 2000)
  --from S        the first one (default 1)
  --fault NAME    these faults are on, and no others (again and again): ${FAULTS.join(', ')}
  --timeline      writes down what happens: for one seed

npm run mutants -- [options]      kills every known-bad variant, and prints how many seeds that took
  --only N        only this variant (again and again)
`;

async function simulateMany(seeds: number, from: number, only: readonly Fault[] | undefined): Promise<boolean> {
  const built = await bundle(WORKER);
  let totals: Totals;
  try {
    totals = await runMany({ file: built.file, from, seeds, options: { only } }, console.log);
  } finally {
    await built.remove();
  }
  console.log(
    [`seeds ${from} to ${from + seeds - 1}`, ...totalsLines(totals), ...spreadLines(totals, false)].join('\n'),
  );
  for (const { seed, violations } of totals.violated.slice(0, 5)) {
    console.log(`\nseed ${seed}:\n  ${violations.join('\n  ')}`);
    const faults = (only ?? []).map((fault) => ` --fault ${JSON.stringify(fault)}`).join('');
    console.log(`  repeat it: npm run simulate -- --seeds 1 --from ${seed} --timeline${faults}`);
  }
  if (totals.restless) console.log(RESTLESS);
  return totals.violated.length === 0 && !totals.restless;
}

async function simulateOne(seed: number, only: readonly Fault[] | undefined): Promise<boolean> {
  const { settings, timeline, violations } = await simulate(seed, { only, timeline: true });
  console.log([`seed ${seed}`, ...worldLines(settings), ...timeline.map(lineOf)].join('\n'));
  console.log(violations.length === 0 ? 'no violation' : violations.join('\n'));
  return violations.length === 0;
}

/** How it died, or that it lives. */
async function kill(mutant: Mutant, endpoint: string): Promise<{ killed: boolean; how: string }> {
  const built = await bundle(WORKER, mutant.patches);
  let seeds = 0;
  let first: Violated | undefined;
  const { by } = mutant;
  const task =
    'seeds' in by
      ? { from: by.from ?? 1, end: (by.from ?? 1) + by.seeds, untilViolated: true }
      : 'scenario' in by
        ? { from: 1, end: 2, untilViolated: true, scenario: by.scenario }
        : { from: 1, end: 2, untilViolated: true, scenario: 'a real engine', endpoint };
  try {
    await inThreads<KillTask>(
      built.file,
      task,
      (progress) => {
        seeds += progress.seeds;
        first ??= progress.violated[0];
      },
      { cores: 'seeds' in by ? CORES : 1 },
    );
  } finally {
    await built.remove();
  }
  const tried = 'seeds' in by ? `${by.seeds} seeds` : 'scenario' in by ? `scenario "${by.scenario}"` : 'a real engine';
  if (first === undefined) return { killed: false, how: `SURVIVED ${tried}` };
  const where = 'seeds' in by ? `${seeds} seeds (seed ${first.seed})` : tried;
  return { killed: true, how: `${where}: ${first.violations[0]}` };
}

async function killAll(only: readonly string[]): Promise<boolean> {
  const chosen = [...MUTANTS, ...WORLD_MUTANTS].filter(
    ({ number }) => only.length === 0 || only.includes(String(number)),
  );
  if (chosen.length === 0) throw new Error(`There is no variant ${only.join(', ')}.`);
  let killed = 0;
  const began = performance.now();
  const engine = await startEngine({ engine: 'dynoxide' });
  try {
    for (const mutant of chosen) {
      const result = await kill(mutant, engine.endpoint);
      if (result.killed) killed += 1;
      console.log(`${String(mutant.number).padStart(2)} ${mutant.name}\n     ${result.how.slice(0, 160)}`);
    }
  } finally {
    await engine.stop();
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${killed} of ${chosen.length} known-bad variants killed, in ${seconds} s`);
  return killed === chosen.length;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true },
    only: { type: 'string', multiple: true, default: [] },
    timeline: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number from 0 to 999999999, but is ${JSON.stringify(text)}.`);
}

function faultsOf(names: readonly string[] | undefined): readonly Fault[] | undefined {
  const unknown = names?.filter((name) => !(FAULTS as readonly string[]).includes(name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`There is no fault ${JSON.stringify(unknown[0])}. There are: ${FAULTS.join(', ')}.`);
  return names as readonly Fault[] | undefined;
}

async function main(): Promise<boolean> {
  if (values.help) {
    console.log(HELP);
    return true;
  }
  if (positionals[0] === 'mutants') return killAll(values.only);
  const [seeds, from] = [whole('seeds', values.seeds), whole('from', values.from)];
  const only = faultsOf(values.fault);
  return values.timeline ? simulateOne(from, only) : simulateMany(seeds, from, only);
}

main().then(
  (fine) => process.exit(fine ? 0 : 1),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
