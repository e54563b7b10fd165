/** `npm run nemesis`: real processes under real faults, and builds known to be bad that must be caught by the same. */
import { setMaxListeners } from 'node:events';
import { installPeers } from '../../bench/setup.js';
import { TITLES } from '../../bench/systems/system.js';
import { BadArguments } from '../../lib/local/arguments.js';
import { type Engine, quietSdk, startEngine } from '../../lib/local/engine.js';
import { bundle } from '../simulation/build.js';
import { Clocks, provideFaketime } from './clocks.js';
import type { Peer, PeerName } from './messages.js';
import { commandOf, type Field, HELP, parseOptions, type Settings } from './options.js';
import { PLANTS, type Plant } from './plants.js';
import { type Caught, findings, table, violationsOf } from './report.js';
import { type Outcome, unleash } from './run.js';
import { electionsFor, leaseFor } from './timings.js';
import { ROUNDS, warmUp } from './warm.js';

const PROGRAM = 'test/nemesis/candidates.ts';
const PEER_PROGRAM = 'test/nemesis/peer.ts';
/** A bad build is caught within a few leases; a machine that has just lost most of its cores to others needs longer. */
const PLANT_LIMIT_SECONDS = 180;
/** Fewer processes and elections than for the good build: they lead soon, and on a machine that has become busy too. */
const PLANT_PROCESSES = 4;
const PLANT_ELECTIONS = 8;
/** What shows how quick a warm engine is at this moment. */
const AGAIN_ROUNDS = ROUNDS / 5;

/** What a run stands on. */
interface Ground {
  readonly engine: Engine;
  readonly clocks: Clocks;
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
    // Not once: a terminal signals the whole group, and the parent of this process signals it again.
    process.on(signal, () => stop.abort(new Interrupted(`Stopped by ${signal}: all processes are ended.`)));
  }
  const missing = await provideFaketime(settings.ci);
  if (missing !== undefined) console.log(missing);
  const engine = await startEngine({ say: console.log, engine: settings.engine });
  console.log(engine.line);
  const clocks = await Clocks.open();
  try {
    return await judge(settings, { engine, clocks, signal: stop.signal });
  } finally {
    await clocks.close();
    await engine.stop();
  }
}

async function judge(settings: Settings, ground: Ground): Promise<number> {
  const field = await fieldOf(settings, ground, ROUNDS);
  console.log(commandOf(settings, field));
  if (settings.peer !== undefined) return judgePeer(settings.peer, settings, field, ground);
  const outcome = await run(settings, field, ground);
  const caught: Caught[] = [];
  for (const plant of PLANTS) caught.push(await plantIn(plant, settings, ground));
  const found = findings(outcome);
  if (found !== '') console.log(`\n${found}`);
  console.log(`\n${table(outcome, field.elections, settings.processes, caught)}\n`);
  const blind = caught.some(({ seconds }) => seconds === undefined);
  if (blind) console.log('A build known to be bad was not caught: the nemesis cannot see.');
  const isGood = violationsOf(outcome) === 0 && outcome.failures.length === 0;
  if (!isGood) console.log(`Something was violated. The same faults again: ${commandOf(settings, field)}`);
  return isGood && !blind ? 0 : 1;
}

/** A peer's lock: what is found is reported, and proves that the nemesis sees. */
async function judgePeer(system: PeerName, settings: Settings, field: Field, ground: Ground): Promise<number> {
  const packages = await installPeers(console.log);
  const outcome = await run(settings, field, ground, { system, packages });
  console.log(
    `\n${findings(outcome)}\n\n${TITLES[system]}\n${table(outcome, field.elections, settings.processes, [])}\n`,
  );
  return 0;
}

/** As many elections, and as short a lease, as this machine can keep now: asked before each run, for it is shared. */
async function fieldOf(given: Settings, { engine, signal }: Ground, rounds: number, most?: number): Promise<Field> {
  const answersPerSecond = await warmUp(engine.endpoint, signal, rounds);
  const elections = Math.min(given.elections ?? electionsFor(answersPerSecond), most ?? Number.POSITIVE_INFINITY);
  const leaseMs = given.leaseMs ?? leaseFor(elections, answersPerSecond);
  const field = `${elections} elections with a lease of ${leaseMs} ms`;
  console.log(`${field}: the engine answers ${answersPerSecond.toFixed(0)} requests a second here, now`);
  return { elections, leaseMs };
}

async function run(
  { seed, seconds, processes }: Settings,
  field: Field,
  ground: Ground,
  peer?: Peer,
): Promise<Outcome> {
  const { engine, ...rest } = ground;
  const program = await bundle(peer === undefined ? PROGRAM : PEER_PROGRAM);
  const say = (line: string) => console.log(`  ${line}`);
  const where = { program: program.file, endpoint: engine.endpoint, ...rest };
  try {
    return await unleash({ ...where, ...field, seed, seconds, processes, say, ...(peer && { peer }) });
  } finally {
    await program.remove();
  }
}

async function plantIn({ name, patches }: Plant, settings: Settings, ground: Ground): Promise<Caught> {
  console.log(`\nplanted: ${name}`);
  const { engine, ...rest } = ground;
  const field = await fieldOf(settings, ground, AGAIN_ROUNDS, PLANT_ELECTIONS);
  const program = await bundle(PROGRAM, patches);
  const { seed } = settings;
  const where = { program: program.file, endpoint: engine.endpoint, ...rest };
  const effort = { seed, seconds: PLANT_LIMIT_SECONDS, processes: PLANT_PROCESSES, untilViolated: true };
  try {
    const outcome = await unleash({ ...where, ...field, ...effort });
    const first = outcome.shown[0]?.violation.sentence;
    const caught = { name, seconds: first === undefined ? undefined : outcome.seconds, by: first?.split(':')[0] ?? '' };
    // What it did instead of harm: or a blind nemesis would look like a machine that stood still.
    if (first === undefined)
      console.log(`${findings(outcome)}\n${table(outcome, field.elections, PLANT_PROCESSES, [])}`);
    return caught;
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
