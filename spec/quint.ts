/**
 * Quint's part: type check, random traces of the protocol with all invariants, the witnesses that show what those traces
 * reach, and the known-bad variants that they must find. Seeds are printed, and a seed repeats its run.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORES, type Ran, run, sideBySide } from './programs.js';
import { grouped, type Result } from './result.js';
import { VARIANTS } from './variants.js';

export const MODEL = fileURLToPath(new URL('tenure.qnt', import.meta.url));
const INVARIANTS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S10', 'S11'];
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
  return { part: 'quint: type check', looked: 'tenure.qnt', seconds, fine: code === 0, told: code === 0 ? '' : output };
}

/** The protocol, on all cores; each process has a seed of its own. */
export async function randomTraces(traces: number, seed: number): Promise<Result[]> {
  const began = performance.now();
  const witnesses = await defined('saw');
  const shares = Array.from({ length: CORES }, (_, index) => ({
    seed: seed + index,
    samples: Math.ceil((traces * (index + 1)) / CORES) - Math.ceil((traces * index) / CORES),
  })).filter(({ samples }) => samples > 0);
  const args = (share: { seed: number; samples: number }) => [
    ...['run', MODEL, '--main=good', ...simulation(share.seed, share.samples)],
    ...['--invariants', ...INVARIANTS, '--witnesses', ...witnesses],
  ];
  const runs = await sideBySide(shares, async (share) => ({ share, ran: await quint(...args(share)) }));
  const seconds = (performance.now() - began) / 1000;
  const broken = runs.filter(({ ran }) => ran.code !== 0);
  const told = broken.map(
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
      told: told.join('\n'),
    },
    {
      part: 'quint: witnesses',
      looked: `${witnesses.length} states`,
      seconds: 0,
      fine: missing.length === 0,
      told:
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
  await writeFile(
    file,
    `module only { import tenure(VARIANTS = Set(${numbers.join(', ')})).* from ${JSON.stringify(from)} }\n`,
  );
  return file;
}

/** The variants that random traces must find: each in a process of its own, which ends with the first trace that does. */
export async function variants(
  folder: string,
  options: { nightly: boolean; only: readonly number[] },
): Promise<Result> {
  const began = performance.now();
  const most = options.nightly ? 2_000 : 300;
  const ours = VARIANTS.filter(({ number, quint: reach }) =>
    options.only.length > 0
      ? options.only.includes(number) && reach !== 'not modelled'
      : reach === 'default' || (options.nightly && reach === 'nightly'),
  );
  const kills = await sideBySide(ours, async ({ number, name }) => {
    const file = await moduleOf([number], folder);
    const { output } = await quint(
      ...['run', file, '--main=only', ...simulation(1, most), '--invariant=safe', '--witnesses=sawWork'],
    );
    const explored = Number(/out of (\d+) explored/.exec(output)?.[1] ?? 0);
    const killed = output.includes('Invariant violated');
    console.log(
      `  ${String(number).padStart(3)} ${name}: ${killed ? `${explored} traces` : `SURVIVED ${explored} traces`}`,
    );
    return { number, killed, explored };
  });
  const alive = kills.filter(({ killed }) => !killed);
  const again = options.nightly ? ' --nightly' : '';
  return {
    part: 'quint: variants',
    looked: `${ours.length} variants`,
    seconds: (performance.now() - began) / 1000,
    fine: alive.length === 0,
    told:
      alive.length === 0
        ? `killed, after so many traces: ${kills.map(({ number, explored }) => `${number} (${explored})`).join(' ')}`
        : alive
            .map(({ number }) => `variant ${number} survived: npm run models -- quint --only ${number}${again}`)
            .join('; '),
  };
}
