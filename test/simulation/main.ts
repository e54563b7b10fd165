/**
 * `npm run simulate` (any number of seeds, on all cores) and `npm run mutants` (every known-bad variant must be killed).
 */
import { parseArgs } from 'node:util';
import { startEngine } from '../../lib/local/engine.js';
import { bundle } from './build.js';
import { FAULTS, type Fault } from './faults.js';
import { MUTANTS, type Mutant } from './mutants.js';
import { simulate } from './run.js';
import { CORES, inThreads } from './threads.js';
import { added, type Rest } from './traffic.js';
import type { Progress } from './worker.js';

const WORKER = 'test/simulation/worker.ts';
const HELP = `npm run simulate -- [options]     runs the shipping election in simulated worlds, and asks every invariant
  --seeds N       how many (default 2000)
  --from S        the first one (default 1)
  --fault NAME    only these faults may be on (again and again): ${FAULTS.join(', ')}
  --timeline      writes down what happens: for one seed

npm run mutants -- [options]      kills every known-bad variant, and prints how many seeds that took
  --only N        only this variant (again and again)
`;

/** S12; judged only over so many heartbeats that chance has no say in it. */
const MOST_READS = 1.2;
const ENOUGH_SEEN = 5_000;
const readsAtRest = ({ reads, seen }: Rest) => reads / seen;

const grouped = (n: number) => Math.round(n).toLocaleString('en');

async function simulateMany(seeds: number, from: number, only: readonly Fault[] | undefined): Promise<boolean> {
  const total = { seeds: 0, elections: 0, relays: 0, simulatedMs: 0, events: 0, refusedStamps: 0 };
  const injected: Record<string, number> = {};
  const violated: Progress['violated'] = [];
  let rest: Rest = { heartbeats: 0, reads: 0, seen: 0 };
  const built = await bundle(WORKER);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let said = began;
  try {
    await inThreads(built.file, { from, end: from + seeds, only }, (progress) => {
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += progress[key];
      for (const [kind, count] of Object.entries(progress.injected)) injected[kind] = (injected[kind] ?? 0) + count;
      for (const { seed, violations } of progress.violated) console.log(`seed ${seed}: ${violations[0]}`);
      violated.push(...progress.violated);
      rest = added(rest, progress.rest);
      if (performance.now() - said < 5_000) return;
      said = performance.now();
      console.log(
        `${grouped(total.seeds)} of ${grouped(seeds)} seeds, ${violated.length} violated, ${elapsed().toFixed(0)} s`,
      );
    });
  } finally {
    await built.remove();
  }
  const years = total.simulatedMs / 31_557_600_000;
  const rows: [string, string][] = [
    ['seeds', `${grouped(total.seeds)} (${from} to ${from + seeds - 1})`],
    ['elections', grouped(total.elections)],
    ['relays', grouped(total.relays)],
    [
      'simulated time',
      years >= 0.1 ? `${years.toFixed(2)} years` : `${(total.simulatedMs / 3_600_000).toFixed(1)} hours`,
    ],
    ['events', grouped(total.events)],
    ['fenced writes refused', grouped(total.refusedStamps)],
    ...Object.entries(injected)
      .sort(([, a], [, b]) => b - a)
      .map(([kind, count]): [string, string] => [`  ${kind}`, grouped(count)]),
    ['reads a heartbeat and standby, at rest', rest.seen === 0 ? 'none seen' : readsAtRest(rest).toFixed(3)],
    ['seeds with a violation', String(violated.length)],
    ['took', `${elapsed().toFixed(1)} s on ${CORES} cores: ${(total.seeds / elapsed()).toFixed(0)} seeds a second`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
  for (const { seed, violations } of violated.slice(0, 5)) {
    console.log(`\nseed ${seed}:\n  ${violations.join('\n  ')}`);
    const faults = (only ?? []).map((fault) => ` --fault ${JSON.stringify(fault)}`).join('');
    console.log(`  repeat it: npm run simulate -- --seeds 1 --from ${seed} --timeline${faults}`);
  }
  const restless = rest.seen >= ENOUGH_SEEN && readsAtRest(rest) > MOST_READS;
  if (restless) console.log(`S12: more than ${MOST_READS} reads a heartbeat and standby, though nothing happened`);
  return violated.length === 0 && !restless && total.seeds === seeds;
}

async function simulateOne(seed: number, only: readonly Fault[] | undefined): Promise<boolean> {
  const { settings, timeline, violations } = await simulate(seed, { only, timeline: true });
  const on = Object.entries(settings.faults).filter(([, rate]) => rate > 0);
  console.log(
    `seed ${seed}: lease ${settings.leaseMs} ms, ${settings.processes} processes, ${settings.functions} functions`,
  );
  console.log(`faults: ${on.map(([fault, rate]) => `${fault} ${rate.toFixed(3)}`).join(', ') || 'none'}`);
  console.log(`bias: ${settings.bias ?? 'none'}; notices: ${settings.notices}\n${timeline.join('\n')}`);
  console.log(violations.length === 0 ? 'no violation' : violations.join('\n'));
  return violations.length === 0;
}

/** How it died, or that it lives. */
async function kill(mutant: Mutant, endpoint: string): Promise<{ killed: boolean; how: string }> {
  const built = await bundle(WORKER, mutant.patches);
  let seeds = 0;
  let first: Progress['violated'][number] | undefined;
  const { by } = mutant;
  const task =
    'seeds' in by
      ? { from: by.from ?? 1, end: (by.from ?? 1) + by.seeds, untilViolated: true }
      : 'scenario' in by
        ? { from: 1, end: 2, untilViolated: true, scenario: by.scenario }
        : { from: 1, end: 2, untilViolated: true, scenario: 'a real engine', endpoint };
  try {
    await inThreads(
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
  const chosen = MUTANTS.filter(({ number }) => only.length === 0 || only.includes(String(number)));
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
