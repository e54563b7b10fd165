/**
 * One run of the shipping election, from one seed: candidates that run on or are woken, on machines of their own, with
 * faults and operators, until faults cease and somebody must lead.
 */
import { Checker } from './checker.js';
import type { Failover } from './failovers.js';
import { type Asked, type Settings, settingsOf } from './faults.js';
import { FunctionCandidate } from './functions.js';
import { Mischiefs } from './mischief.js';
import { makeNode, type Node, run, type Stage } from './nodes.js';
import { queueOf } from './queue.js';
import { Table } from './store.js';
import type { Happening, Say } from './timeline.js';
import { type Rest, Traffic } from './traffic.js';
import { Dice, World } from './world.js';

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
  readonly timeline: readonly Happening[];
  readonly failovers: readonly Failover[];
  readonly refusedStamps: number;
  /** What was asked of the table while nothing happened: nothing in a world with faults. */
  readonly rest: Rest;
}

export interface Wishes extends Asked {
  /** Writes down what happened: for who reads a failure. */
  readonly timeline?: boolean;
}

/** How long faults go on, in leases; after that the world is quiet. */
const STORMY_LEASES = 14;
/** And at least so often something befalls somebody. */
const STORMY_PACES = 5;

export async function simulate(seed: number, { timeline: wanted = false, ...asked }: Wishes = {}): Promise<Outcome> {
  const dice = new Dice(seed);
  const settings = settingsOf(dice, asked);
  const { leaseMs, paceMs = 0 } = settings;
  const world = new World(dice);
  const timeline: Happening[] = [];
  const say: Say = (kind, what) => {
    if (wanted) timeline.push({ atMs: Math.round(world.now * 1_000) / 1_000, kind, what: what() });
  };
  const checker = new Checker(world, leaseMs, say);
  const table = new Table(world, (was, is) => checker.changed(was, is));
  const standbys = settings.quiet && settings.functions === 0 ? settings.processes - 1 : undefined;
  const traffic = new Traffic(world, settings, standbys, (what) => checker.wrong(what));
  const injected: Record<string, number> = {};
  const calm = { faults: false };
  const journal = { stamped: 0, refused: 0 };
  const bare: Stage = { world, settings, table, checker, traffic, calm, injected, say, post: undefined, journal };
  const stage: Stage = { ...bare, post: settings.notices ? queueOf(bare) : undefined };

  const nodes: Node[] = [];
  const start = (index: number) => {
    const node = makeNode(stage, `p${index}`, index);
    nodes[index] = node;
    run(stage, node);
  };
  for (let index = 0; index < settings.processes; index += 1) start(index);
  const functions = Array.from({ length: settings.functions }, (_, index) => new FunctionCandidate(stage, index));
  for (const one of functions) one.tick();

  const all = () => [...nodes, ...functions.flatMap((one) => one.environments)];
  const mischiefs = new Mischiefs(stage, {
    all,
    isProcess: (node) => nodes.includes(node),
    restart: (node) => {
      const index = nodes.indexOf(node);
      if (index < 0) return;
      say('relief', () => `${node.id} is started again`);
      start(index);
    },
  });
  const ask = () => checker.ask(table);
  mischiefs.begin();
  await world.runUntil(Math.max(STORMY_LEASES * leaseMs, STORMY_PACES * paceMs), ask);
  const { rest } = traffic;

  // Quiet: faults cease, and somebody must lead (L1, L5), for good (L3).
  calm.faults = true;
  say('relief', () => 'from here on nothing goes wrong');
  table.outage = false;
  await world.runUntil(world.now + 3 * leaseMs, ask);
  for (const node of all()) {
    node.sick = false;
    node.link.sends = true;
    node.link.hears = true;
    node.machine.thaw();
  }
  for (const [index, node] of nodes.entries()) {
    if (!node.machine.alive || node.stop.signal.aborted) start(index);
  }
  // The longest hold-off of who resigned again and again, and two of the longest leases.
  const led = () => all().some(({ machine, election }) => machine.alive && election.state === 'leading');
  await untilLed(world, led, 26 * leaseMs, ask);
  if (!led()) checker.wrong('L1: nobody leads though all is quiet');
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
