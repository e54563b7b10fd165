/**
 * `npm run models`: the models of the protocol, checked. Quint (readable, random traces, replayed on the shipping code) and
 * Spin (every state within bounds), each with the known-bad variants that it must find.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../lib/local/engine.js';
import { CORES, coreSeconds, sideBySide } from './programs.js';
import { randomTraces, typeCheck, variants } from './quint.js';
import { replay } from './replay.js';
import { grouped, type Result, tableOf } from './result.js';
import { exhaust, killVariants, missingPrograms } from './spin.js';
import { makeTraces } from './traces.js';
import { FOR_CI, FOR_NIGHT, VARIANTS } from './variants.js';

const PARTS = ['quint', 'replay', 'spin'] as const;
type Part = (typeof PARTS)[number];

const HELP = `npm run models -- [parts] [options]     checks the models of the protocol (docs/models.md)
  parts          ${PARTS.join(', ')}; by default all of them
  --traces N     Quint's random traces (default 1500)
  --replays N    traces that are replayed on the code (default 200; with --nightly 1000)
  --seed S       the first seed of both (default 1); each process counts on from it
  --nightly      larger configurations of Spin, and more variants and replays of Quint
  --only WHAT    this variant (its number), or this configuration of Spin (its name), and no other (again and again)
  --keep         leaves Spin's programs where they were built, and says where
  --ci           installs Spin and a compiler where they are missing and this process may
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    traces: { type: 'string', default: '1500' },
    replays: { type: 'string' },
    seed: { type: 'string', default: '1' },
    nightly: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
    ci: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number from 1 to 999999999, but is ${JSON.stringify(text)}.`);
}

function partsOf(names: readonly string[]): readonly Part[] {
  const unknown = names.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`There is no part ${JSON.stringify(unknown)}. There are: ${PARTS.join(', ')}.`);
  return names.length === 0 ? PARTS : (names as readonly Part[]);
}

/** Variants by number, configurations by name; what is neither is refused. */
function chosen(only: readonly string[]) {
  const all = [...FOR_CI, ...FOR_NIGHT];
  const unknown = only.find(
    (what) => !VARIANTS.some(({ number }) => String(number) === what) && !all.some(({ name }) => name === what),
  );
  if (unknown !== undefined) {
    throw new Error(
      `There is no variant or configuration ${JSON.stringify(unknown)}. Variants: ${VARIANTS.map(({ number }) => number).join(', ')}. ` +
        `Configurations: ${all.map(({ name }) => JSON.stringify(name)).join(', ')}.`,
    );
  }
  return {
    numbers: VARIANTS.map(({ number }) => number).filter((number) => only.includes(String(number))),
    configurations: all.filter(({ name }) => only.includes(name)),
  };
}

/** How many traces one process of quint makes: it keeps them all in memory. */
const BATCH = 125;

async function replayAll(traces: number, seed: number): Promise<Result> {
  const began = performance.now();
  const engine = await startEngine({ prefer: 'dynoxide' });
  try {
    const batches = Array.from({ length: Math.ceil(traces / BATCH) }, (_, index) => ({
      seed: seed + index,
      traces: Math.min(BATCH, traces - index * BATCH),
    }));
    const done = await sideBySide(batches, async (batch) => replay(await makeTraces(batch), engine.endpoint), CORES);
    const differences = done.flatMap((batch) => batch.differences);
    const writes = done.reduce((sum, { steps }) => sum + steps, 0);
    return {
      part: 'replay on the code',
      looked: `${grouped(traces)} traces, ${grouped(writes)} writes`,
      seconds: (performance.now() - began) / 1000,
      fine: differences.length === 0,
      detail:
        differences.length === 0
          ? `the same on ${engine.name}`
          : `${differences.length} differ, e.g.\n${differences.slice(0, 3).join('\n')}\n` +
            `  repeat it: npm run models -- replay --seed ${seed} --replays ${traces}`,
    };
  } finally {
    await engine.stop();
  }
}

async function main(): Promise<boolean> {
  if (values.help) {
    console.log(HELP);
    return true;
  }
  const parts = partsOf(positionals);
  const { numbers, configurations } = chosen(values.only);
  const { nightly } = values;
  const seed = whole('seed', values.seed);
  const traces = whole('traces', values.traces);
  const replays = whole('replays', values.replays ?? (nightly ? '1000' : '200'));
  const everything = values.only.length === 0;
  const folder = await mkdtemp(join(tmpdir(), 'tenure-models-'));
  const results: Result[] = [];
  const report = (...found: readonly Result[]) => {
    results.push(...found);
    for (const { part, looked, seconds, fine } of found)
      console.log(`${fine ? 'holds ' : 'FAILED'} ${part}: ${looked}, ${seconds.toFixed(1)} s`);
    const busy = coreSeconds();
    if (busy !== undefined) console.log(`       ${busy.toFixed(0)} s of a core so far`);
  };
  try {
    if (parts.includes('spin')) {
      const missing = await missingPrograms(values.ci);
      if (missing !== undefined) throw new Error(missing);
    }
    if (parts.includes('quint')) {
      if (everything) report(await typeCheck());
      if (everything) report(...(await randomTraces(traces, seed)));
      if (everything || numbers.length > 0) report(await variants(folder, { nightly, only: numbers, seed }));
    }
    if (parts.includes('replay') && everything) report(await replayAll(replays, seed));
    if (parts.includes('spin')) {
      const ours = everything ? [...FOR_CI, ...(nightly ? FOR_NIGHT : [])] : configurations;
      report(...(await exhaust(ours, folder)));
      if (everything || numbers.length > 0) report(await killVariants(folder, numbers));
    }
  } finally {
    if (values.keep) console.log(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  console.log(`\n${tableOf(results)}`);
  if (results.length === 0) throw new Error('Nothing was run: --only names nothing that these parts have.');
  return results.every(({ fine }) => fine);
}

main().then(
  (fine) => process.exit(fine ? 0 : 1),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
