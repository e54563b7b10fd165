/**
 * Spin's part: every state of `tenure.pml` within its bounds, and every known-bad variant. Each model becomes a C program
 * in a temporary folder, which goes through its states with 4 bytes kept of each (hash compaction).
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, sideBySide } from './programs.js';
import { grouped, type Result } from './result.js';
import { type Bounds, type Configuration, VARIANTS } from './variants.js';

const MODEL = fileURLToPath(new URL('tenure.pml', import.meta.url));
const COMPILE = ['-w', '-DSAFETY', '-DHC4', '-DNOFAIR', '-DNOREDUCE', '-DNOBOUNDCHECK'];
/** Every variant must be found within so many seconds of one core, however many others share it. */
const VARIANT_LIMIT = 15;
/** Nothing that is asked for here takes longer; what does is stopped, and fails. */
const LIMIT = 1_800;

/** What is missing of Spin and a compiler; with `install`, Debian's packages are installed where this process may. */
export async function missingPrograms(install: boolean): Promise<string | undefined> {
  const isThere = async (program: string) => (await run(program, [program === 'spin' ? '-V' : '--version'])).code === 0;
  const missing = async () =>
    (await Promise.all(['spin', 'gcc'].map(async (p) => ((await isThere(p)) ? [] : [p])))).flat();
  const first = await missing();
  if (first.length === 0) return undefined;
  if (install && process.getuid?.() === 0) {
    await run('apt-get', ['update']);
    const { output } = await run('apt-get', ['install', '-y', '--no-install-recommends', 'spin', 'gcc', 'libc6-dev']);
    if ((await missing()).length === 0) return undefined;
    return `apt-get could not install ${first.join(' and ')}: ${output.slice(-500)}`;
  }
  return `${first.join(' and ')} is not here. On Debian and Ubuntu: apt-get install spin gcc`;
}

const macros = (bounds: Bounds, variant?: number): string[] => [
  ...Object.entries(bounds).map(([name, value]) => `-D${name}=${value}`),
  ...(variant === undefined ? [] : [`-DVARIANT_${variant}`]),
];

interface Searched {
  readonly built: boolean;
  readonly states: number;
  /** The assertion that does not hold. */
  readonly violated: string | undefined;
  /** No state was left out, by time or by depth. */
  readonly complete: boolean;
  /** Of one core. */
  readonly seconds: number;
  readonly output: string;
}

async function search(
  folder: string,
  {
    bounds,
    variant,
    slots,
    optimise,
    limit,
  }: { bounds: Bounds; variant?: number; slots: number; optimise: string; limit: number },
): Promise<Searched> {
  await mkdir(folder, { recursive: true });
  await copyFile(MODEL, join(folder, 'tenure.pml'));
  const generated = await run('spin', [...macros(bounds, variant), '-a', 'tenure.pml'], { cwd: folder });
  const compiled = await run('gcc', [optimise, ...COMPILE, '-o', 'pan', 'pan.c'], { cwd: folder });
  if (generated.code !== 0 || compiled.code !== 0) {
    const output = generated.output + compiled.output;
    return { built: false, states: 0, violated: undefined, complete: false, seconds: 0, output };
  }
  // `times` says what it took of a core: on a machine that is shared, the clock on the wall says nothing.
  const command = `ulimit -t ${limit}; ./pan -E -m100000 -w${slots}; times`;
  const { output } = await run('sh', ['-c', command], { cwd: folder });
  const [, minutes, rest] = /(\d+)m([\d.]+)s \S+\s*$/.exec(output) ?? [];
  const seconds = Number(minutes ?? 0) * 60 + Number(rest ?? 0);
  return {
    built: true,
    states: Number(/^\s*([\d.e+]+) states, stored/m.exec(output)?.[1] ?? 0),
    violated: /assertion violated (.*)/.exec(output)?.[1],
    complete: /errors: 0/.test(output) && !/max search depth too small|Search not completed/.test(output),
    seconds,
    output,
  };
}

/** The protocol within each configuration's bounds, to the last state. */
export async function exhaust(configurations: readonly Configuration[], folder: string): Promise<Result[]> {
  return sideBySide(configurations, async ({ name, bounds, slots }) => {
    const at = join(folder, name.replace(/\W+/g, '-'));
    const found = await search(at, { bounds, slots, optimise: '-O1', limit: LIMIT });
    const text = Object.entries(bounds).map(([key, value]) => `${key} ${value}`);
    const why = found.violated ?? (found.built ? 'the search was not completed' : found.output.slice(-1_000));
    return {
      part: `spin: ${name}`,
      looked: `${grouped(found.states)} states`,
      seconds: found.seconds,
      fine: found.complete,
      detail: found.complete
        ? text.join(', ').toLowerCase()
        : `${why}\n  repeat it: npm run models -- spin --only ${JSON.stringify(name)} --keep`,
    };
  });
}

/** Every variant must break an assertion, soon. */
export async function killVariants(folder: string, only: readonly number[]): Promise<Result> {
  const began = performance.now();
  const ours = VARIANTS.flatMap(({ number, name, spin }) =>
    spin === 'not modelled' || (only.length > 0 && !only.includes(number)) ? [] : [{ number, name, bounds: spin }],
  );
  const results = await sideBySide(ours, async ({ number, name, bounds }) => {
    const found = await search(join(folder, `variant-${number}`), {
      bounds,
      variant: number,
      slots: 22,
      optimise: '-O0', // most are found at once: then it is the compiler that one waits for
      limit: VARIANT_LIMIT,
    });
    const how =
      found.violated === undefined ? 'SURVIVED' : `${found.seconds.toFixed(1)} s, ${grouped(found.states)} states`;
    console.log(`  ${String(number).padStart(3)} ${name}: ${how}`);
    return { number, alive: found.violated === undefined, seconds: found.seconds };
  });
  const alive = results.filter((result) => result.alive);
  const slowest = results.reduce((a, b) => (b.seconds > a.seconds ? b : a));
  return {
    part: 'spin: variants',
    looked: `${ours.length} variants`,
    seconds: (performance.now() - began) / 1000,
    fine: alive.length === 0,
    detail:
      alive.length === 0
        ? `all killed, the slowest (${slowest.number}) in ${slowest.seconds.toFixed(1)} s`
        : alive
            .map(({ number }) => `variant ${number} survived: npm run models -- spin --only ${number} --keep`)
            .join('; '),
  };
}
