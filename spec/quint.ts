/**
 * Quint's part: type check, random traces of the protocol with all invariants, the witnesses that show what those traces
 * reach, and the known-bad variants that they must find. Seeds are printed, and a seed repeats its run.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ran, run, sideBySide } from './programs.js';
import { grouped, type Result } from './result.js';
import { VARIANTS } from './variants.js';

export const MODEL = fileURLToPath(new URL('tenure.qnt', import.meta.url));
const INVARIANTS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S10', 'S11'];
/** Processes that share traces: as many on every machine, so that the seed alone says what is found. */
const SHARES = 2;
/** How long a trace is: enough for several terms of office. */
export const STEPS = 50;

const QUINT = join(
  dirname(createRequire(import.meta.url).resolve('@informalsystems/quint/package.json')),
  'dist/src/cli.js',
);

/** Runs quint itself, in one process. */
export const quint = (...args: readonly string[]): Promise<Ran> => run(process.execPath, [QUINT, ...args]);

export const simulation = (seed: number, samples: number, steps = STEPS): string[] => [
  '--backend=typescript',
  `--seed=0x${seed.toString(16)}`,
  `--max-samples=${samples}`,
  `--max-steps=${steps}`,
];

/** Names that a model defines with this beginning. */
async function defined(prefix: string): Promise<string[]> {
  const text = await readFile(MODEL, 'utf8');
  return [...text.matchAll(new RegExp(`^  val (${prefix}\\w+) =`, 'gm'))].map(([, name]) => name!);
}

function witnessed(output: string): Map<string, number> {
  return new Map(
    [...output.matchAll(/^(\w+) was witnessed in (\d+) trace/gm)].map(([, name, n]) => [name!, Number(n)]),
  );
}

export async function typeCheck(): Promise<Result> {
  const { code, output, seconds } = await quint('typecheck', MODEL);
  return {
    part: 'quint: type check',
    looked: 'tenure.qnt',
    seconds,
    fine: code === 0,
    detail: code === 0 ? '' : output,
  };
}

/** The protocol; each process has a seed of its own. */
export async function randomTraces(traces: number, seed: number): Promise<Result[]> {
  const began = performance.now();
  const witnesses = await defined('saw');
  const shares = Array.from({ length: SHARES }, (_, index) => ({
    seed: seed + index,
    samples: Math.ceil((traces * (index + 1)) / SHARES) - Math.ceil((traces * index) / SHARES),
  })).filter(({ samples }) => samples > 0);
  const args = (share: { seed: number; samples: number }) => [
    ...['run', MODEL, '--main=good', ...simulation(share.seed, share.samples)],
    ...['--invariants', ...INVARIANTS, '--witnesses', ...witnesses],
  ];
  const runs = await sideBySide(shares, async (share) => ({ share, ran: await quint(...args(share)) }));
  const seconds = (performance.now() - began) / 1000;
  const broken = runs.filter(({ ran }) => ran.code !== 0);
  const detail = broken.map(
    ({ share, ran }) => `${ran.output.slice(-3_000)}\n  repeat it: npx quint ${args(share).join(' ')}`,
  );
  const seen = runs.map(({ ran }) => witnessed(ran.output));
  const reached = witnesses.map((name) => ({ name, times: seen.reduce((sum, map) => sum + (map.get(name) ?? 0), 0) }));
  const missing = reached.filter(({ times }) => times === 0).map(({ name }) => name);
  const seeds = shares.map((share) => `0x${share.seed.toString(16)}`).join(', ');
  return [
    {
      part: 'quint: random traces',
      looked: `${grouped(traces)} traces, seeds ${seeds}`,
      seconds,
      fine: broken.length === 0,
      detail: detail.join('\n'),
    },
    {
      part: 'quint: witnesses',
      looked: `${witnesses.length} states`,
      seconds: 0,
      fine: missing.length === 0,
      detail:
        missing.length === 0
          ? reached.map(({ name, times }) => `${name.slice(3)} ${times}`).join(', ')
          : `never reached: ${missing.join(', ')}; run more traces: npm run models -- quint --traces ${traces * 4}`,
    },
  ];
}

/** A module of the named variants alone, in a file of its own: each trace picks one of them. */
export async function moduleOf(numbers: readonly number[], folder: string): Promise<string> {
  const file = join(folder, `only${numbers.join('_')}.qnt`);
  const from = relative(folder, MODEL).replace(/\.qnt$/, '');
  const killed = numbers.map((number) => `  val killed${number} = omitted == ${number} and not(safe)\n`);
  const imported = `  import tenure(VARIANTS = Set(${numbers.join(', ')})).* from ${JSON.stringify(from)}\n`;
  await writeFile(file, `module only {\n${imported}${killed.join('')}}\n`);
  return file;
}

/** Traces for each variant while one process makes those of all: most are found there. */
const TOGETHER = 25;
/** And the most for each of the others, which has a process of its own until the first trace that finds it. */
const ALONE = 900;
const ALONE_AT_NIGHT = 4_000;
/** How often each variant was found in so many traces of all of them. */
async function foundTogether(numbers: readonly number[], seed: number, folder: string): Promise<number[]> {
  const file = await moduleOf(numbers, folder);
  const shares = Array.from({ length: SHARES }, (_, index) => seed + index);
  const witnesses = numbers.map((number) => `killed${number}`);
  const samples = Math.ceil((TOGETHER * numbers.length) / SHARES);
  const runs = await sideBySide(shares, (share) =>
    quint(...['run', file, '--main=only', ...simulation(share, samples)], ...['--witnesses', ...witnesses]),
  );
  const seen = runs.map(({ output }) => witnessed(output));
  return numbers.map((number) => seen.reduce((sum, map) => sum + (map.get(`killed${number}`) ?? 0), 0));
}

/** After how many traces it is found; undefined if it never is. */
async function foundAlone(number: number, most: number, seed: number, folder: string): Promise<number | undefined> {
  const file = await moduleOf([number], folder);
  const { output } = await quint(
    ...['run', file, '--main=only', ...simulation(seed, most), '--invariant=safe', '--witnesses=sawWork'],
  );
  if (!output.includes('Invariant violated')) return undefined;
  return Number(/out of (\d+) explored/.exec(output)?.[1] ?? 0);
}

/** The variants that random traces must find. */
export async function variants(
  folder: string,
  options: { nightly: boolean; only: readonly number[]; seed: number },
): Promise<Result> {
  const began = performance.now();
  const { nightly, only, seed } = options;
  const ours = VARIANTS.filter(({ number, quint: reach }) =>
    only.length > 0
      ? only.includes(number) && reach !== 'not modelled'
      : reach === 'default' || (nightly && reach === 'nightly'),
  );
  const kills = new Map<number, string>();
  const killed = (number: number, how: string) => {
    const name = ours.find((variant) => variant.number === number)!.name;
    console.log(`  ${String(number).padStart(3)} ${name}: killed ${how}`);
    kills.set(number, how);
  };
  const numbers = ours.map(({ number }) => number);
  const times = await foundTogether(numbers, seed, folder);
  for (const [index, number] of numbers.entries()) {
    if (times[index]! > 0) killed(number, `by ${times[index]} of ${TOGETHER}`);
  }
  const most = nightly ? ALONE_AT_NIGHT : ALONE;
  await sideBySide(
    numbers.filter((number) => !kills.has(number)),
    async (number) => {
      const after = await foundAlone(number, most, seed + SHARES, folder);
      if (after !== undefined) killed(number, `after ${after}`);
    },
  );
  const alive = numbers.filter((number) => !kills.has(number));
  const again = `${nightly ? ' --nightly' : ''} --seed ${seed}`;
  return {
    part: 'quint: variants',
    looked: `${ours.length} variants`,
    seconds: (performance.now() - began) / 1000,
    fine: alive.length === 0,
    detail:
      alive.length === 0
        ? `killed by so many traces: ${numbers.map((number) => `${number} (${kills.get(number)})`).join(', ')}`
        : alive
            .map((number) => `variant ${number} survived: npm run models -- quint --only ${number}${again}`)
            .join('; '),
  };
}
