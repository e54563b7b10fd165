/**
 * One run of the shipping election, from one seed: candidates that run on or are woken, on machines of their own, with
 * faults and operators, until faults cease and somebody must lead.
 */
import { copyOf, makeNode, run } from './candidates.js';
import { Checker } from './checker.js';
import { type LogEntry, logTo } from './event-log.js';
import type { Failover } from './failovers.js';
import { FaultInjector } from './fault-injector.js';
import { FunctionCandidate } from './function-candidate.js';
import { Lockstep } from './lockstep.js';
import type { Node } from './node.js';
import { queueOf } from './notice-queue.js';
import { SeededRandom } from './seeded-random.js';
import { type Constraints, type Settings, settingsOf } from './settings.js';
import type { Simulation } from './simulation.js';
import { Table } from './table.js';
import { type Rest, Traffic } from './traffic.js';
import { World } from './world.js';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly elections: number;
  readonly relays: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly injected: Readonly<Record<string, number>>;
  readonly settings: Settings;
  /** What happened, if that was asked for. */
  readonly timeline: readonly LogEntry[];
  readonly failovers: readonly Failover[];
  readonly refusedStamps: number;
  /** What was asked of the table while nothing happened: nothing in a world with faults. */
  readonly rest: Rest;
}

export interface SimulationOptions extends Constraints {
  /** Writes down what happened, so that people can read a failure. */
  readonly timeline?: boolean;
}

/** How long faults go on, in leases; after that the world is quiet. */
const STORMY_LEASES = 14;
/** And at least so many incidents happen. */
const STORMY_PACES = 5;

export async function simulate(
  seed: number,
  { timeline: wanted = false, ...asked }: SimulationOptions = {},
): Promise<Outcome> {
  const random = new SeededRandom(seed);
  const settings = settingsOf(random, asked);
  const { leaseMs, paceMs = 0 } = settings;
  const world = new World(random);
  const timeline: LogEntry[] = [];
  const log = logTo(wanted ? timeline : undefined, world);
  const checker = new Checker(world, settings, log);
  const table = new Table(world, (was, is) => checker.changed(was, is));
  const standbys = settings.quiet && settings.functions === 0 ? settings.processes - 1 : undefined;
  const traffic = new Traffic(world, settings, standbys, (what) => checker.wrong(what));
  const injected: Record<string, number> = {};
  const ceased = { faults: false };
  const journal = { stamped: 0, refused: 0 };
  const nodes: Node[] = [];
  const functions: FunctionCandidate[] = [];
  const released: Node[] = [];
  const all = () => [...nodes, ...released, ...functions.flatMap((one) => one.environments)];
  const bare: Simulation = {
    all,
    world,
    settings,
    table,
    checker,
    traffic,
    ceased,
    injected,
    log,
    post: undefined,
    journal,
  };
  const simulation: Simulation = { ...bare, post: settings.notices ? queueOf(bare) : undefined };

  let pair: { readonly node: Node; readonly copy: Node } | undefined;
  const lockstep = settings.faults.clone > 0 && settings.processes > 0 ? new Lockstep() : undefined;
  const startWithCopy = (index: number) => {
    const node = makeNode(simulation, `p${index}`, index, undefined, lockstep);
    const copy = copyOf(simulation, node, index);
    nodes[index] = node;
    pair = { node, copy };
    run(simulation, node);
    run(simulation, copy);
  };
  const clone = () => {
    if (pair === undefined || lockstep!.broken) return;
    const { node, copy } = pair;
    pair = undefined;
    const { lead, observed } = node;
    Object.assign(copy, { lead, observed });
    checker.cloned(node.machine, lockstep!.raised);
    node.machine.touch();
    released.push(copy);
    lockstep!.release();
  };
  const start = (index: number) => {
    const node = makeNode(simulation, `p${index}`, index);
    nodes[index] = node;
    run(simulation, node);
  };
  for (let index = 0; index < settings.processes; index += 1) {
    if (index === 0 && lockstep !== undefined) startWithCopy(index);
    else start(index);
  }
  for (let index = 0; index < settings.functions; index += 1) functions.push(new FunctionCandidate(simulation, index));
  for (const one of functions) one.tick();

  const injector = new FaultInjector(simulation, {
    all,
    clone,
    isProcess: (node) => nodes.includes(node),
    restart: (node) => {
      const index = nodes.indexOf(node);
      if (index < 0) return;
      log('relief', () => `${node.id} is started again`);
      start(index);
    },
  });
  const ask = () => checker.ask(table);
  injector.begin();
  await world.runUntil(Math.max(STORMY_LEASES * leaseMs, STORMY_PACES * paceMs), ask);
  const { rest } = traffic;

  // Quiet: faults cease, and somebody must lead (L1, L5), for good (L3).
  ceased.faults = true;
  log('relief', () => 'from here on nothing goes wrong');
  table.outage = false;
  await world.runUntil(world.now + 3 * leaseMs, ask);
  for (const node of all()) {
    node.sickSince = undefined;
    node.link.sends = true;
    node.link.hears = true;
    node.machine.thaw();
  }
  for (const [index, node] of nodes.entries()) {
    if (!node.machine.alive || node.stop.signal.aborted) start(index);
  }
  // The longest hold-off of a candidate that resigned again and again, and two of the longest leases.
  const led = () => all().some(({ machine, election }) => machine.alive && election.state === 'leading');
  await untilLed(world, led, 26 * leaseMs, ask);
  if (!led()) checker.wrong('L1: nobody leads though all is quiet');
  checker.end();
  for (const node of all()) node.machine.alive = false;
  return {
    seed,
    violations: checker.violations,
    elections: checker.elections,
    relays: checker.relays,
    simulatedMs: world.now,
    events: world.events,
    injected,
    settings,
    timeline,
    failovers: checker.failovers.all,
    refusedStamps: journal.refused,
    rest,
  };
}

async function untilLed(world: World, led: () => boolean, limitMs: number, ask: () => void): Promise<void> {
  const until = world.now + limitMs;
  const step = limitMs / 50;
  while (world.now < until && !led()) await world.runUntil(world.now + step, ask);
}
