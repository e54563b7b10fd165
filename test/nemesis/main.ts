/** `npm run nemesis`: real processes under real faults, and builds known to be bad that must be caught by the same. */
import { setMaxListeners } from 'node:events';
import { type Engine, quietSdk, startEngine } from '../../lib/local/engine.js';
import { bundle } from '../simulation/build.js';
import { Clocks, provideFaketime } from './clocks.js';
import { BadArguments, commandOf, HELP, parseOptions, type Settings } from './options.js';
import { PLANTS, type Plant } from './plants.js';
import { type Caught, findings, table, violationsOf } from './report.js';
import { type Outcome, unleash } from './run.js';
import { electionsFor, leaseFor } from './timings.js';
import { warmUp } from './warm.js';

const PROGRAM = 'test/nemesis/candidates.ts';
/** A bad build is caught within a few leases: the first fault that outlasts one shows it. */
const PLANT_LIMIT_LEASES = 20;
/** Fewer processes, for they have to start first. */
const PLANT_PROCESSES = 4;

/** What a run stands on. */
interface Ground {
  readonly engine: Engine;
  readonly clocks: Clocks;
  readonly elections: number;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
}

async function main(argv: readonly string[]): Promise<number> {
  const settings = parseOptions(argv);
  if (settings.help) {
    console.log(HELP);
    return 0;
  }
  quietSdk();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // every run listens
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: a terminal tells the whole group, and those who started this process tell it again.
    process.on(signal, () => stop.abort(new Interrupted(`Stopped by ${signal}: all processes are ended.`)));
  }
  const missing = await provideFaketime(settings.ci);
  if (missing !== undefined) console.log(missing);
  const engine = await startEngine({ say: console.log, engine: settings.engine });
  console.log(engine.line);
  try {
    const answersPerSecond = await warmUp(engine.endpoint, stop.signal);
    const elections = settings.elections ?? electionsFor(answersPerSecond);
    const leaseMs = settings.leaseMs ?? leaseFor(elections, answersPerSecond);
    const field = `${elections} elections with a lease of ${leaseMs} ms`;
    console.log(`${field}: the engine answers ${answersPerSecond.toFixed(0)} requests a second here, now`);
    console.log(commandOf(settings, { elections, leaseMs }));
    const clocks = await Clocks.open();
    try {
      return await judge(settings, { engine, clocks, elections, leaseMs, signal: stop.signal });
    } finally {
      await clocks.close();
    }
  } finally {
    await engine.stop();
  }
}

async function judge(settings: Settings, ground: Ground): Promise<number> {
  const outcome = await run(settings, ground);
  const caught: Caught[] = [];
  for (const plant of PLANTS) caught.push(await plantIn(plant, settings.seed, ground));
  const found = findings(outcome);
  if (found !== '') console.log(`\n${found}`);
  console.log(`\n${table(outcome, ground.elections, settings.processes, caught)}\n`);
  const blind = caught.some(({ seconds }) => seconds === undefined);
  if (blind) console.log('A build known to be bad was not caught: the nemesis cannot see.');
  const isGood = violationsOf(outcome) === 0 && outcome.failures.length === 0;
  if (!isGood) console.log(`Something was violated. The same faults again: ${commandOf(settings, ground)}`);
  return isGood && !blind ? 0 : 1;
}

async function run({ seed, seconds, processes }: Settings, ground: Ground): Promise<Outcome> {
  const { engine, ...rest } = ground;
  const program = await bundle(PROGRAM);
  const say = (line: string) => console.log(`  ${line}`);
  const where = { program: program.file, endpoint: engine.endpoint, ...rest };
  try {
    return await unleash({ ...where, seed, seconds, processes, say });
  } finally {
    await program.remove();
  }
}

async function plantIn({ name, patches }: Plant, seed: number, ground: Ground): Promise<Caught> {
  const { engine, ...rest } = ground;
  const program = await bundle(PROGRAM, patches);
  const where = { program: program.file, endpoint: engine.endpoint, ...rest };
  try {
    const seconds = (PLANT_LIMIT_LEASES * ground.leaseMs) / 1000;
    const outcome = await unleash({ ...where, seed, seconds, processes: PLANT_PROCESSES, untilViolated: true });
    const first = outcome.shown[0]?.violation.sentence;
    return { name, seconds: first === undefined ? undefined : outcome.seconds, by: first?.split(':')[0] ?? '' };
  } finally {
    await program.remove();
  }
}

class Interrupted extends Error {}

async function codeOf(argv: readonly string[]): Promise<number> {
  try {
    return await main(argv);
  } catch (error) {
    if (error instanceof BadArguments || error instanceof Interrupted) console.error(error.message);
    else console.error(error);
    return error instanceof Interrupted ? 130 : 1;
  }
}

const code = await codeOf(process.argv.slice(2));
// Not left to the event loop: of so many connections that are reset, Node 20 fails to let some go, and never ends.
process.stdout.write('', () => process.exit(code));
