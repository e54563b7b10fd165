/**
 * One run of the shipping election, from one seed: candidates that run on or are woken, on machines of their own, with
 * faults and operators, until faults cease and somebody must lead.
 */
import { Checker } from './checker.js';
import { type Fault, MISCHIEF, type Mischief, type Settings, settingsOf } from './faults.js';
import { invoke, makeNode, type Node, run, type Stage } from './nodes.js';
import { queueOf } from './queue.js';
import { Table } from './store.js';
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
  /** What happened, a line each, if that was asked for. */
  readonly timeline: readonly string[];
  readonly refusedStamps: number;
  /** What was asked of the table while nothing happened: nothing in a world with faults. */
  readonly rest: Rest;
}

export interface Wishes {
  /** Faults that may be on; all of them unless told otherwise. */
  readonly only?: readonly Fault[];
  /** Writes down what happened: for who reads a failure. */
  readonly timeline?: boolean;
}

/** How long faults go on, in leases; after that the world is quiet. */
const STORMY_LEASES = 14;
/** A function's time-out and its ticks, in leases. */
const TIMEOUT_LEASES = 9;
const TICK_LEASES = 1.7;

export async function simulate(seed: number, { only, timeline: wanted = false }: Wishes = {}): Promise<Outcome> {
  const dice = new Dice(seed);
  const settings = settingsOf(dice, only);
  const { leaseMs } = settings;
  const world = new World(dice);
  const timeline: string[] = [];
  const say = (line: () => string) => {
    if (wanted) timeline.push(`${world.now.toFixed(1).padStart(10)}  ${line()}`);
  };
  const checker = new Checker(world, leaseMs, say);
  const table = new Table(world, (was, is) => checker.changed(was, is));
  const standbys = settings.quiet && settings.functions === 0 ? settings.processes - 1 : undefined;
  const traffic = new Traffic(world, leaseMs, standbys, (what) => checker.wrong(what));
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

  const count = (kind: string) => {
    injected[kind] = (injected[kind] ?? 0) + 1;
  };
  const on = MISCHIEF.filter((kind) => settings.faults[kind] > 0);
  const all = () => [...nodes, ...functions.flatMap((one) => one.environments)];
  const mischief = () => {
    if (calm.faults) return;
    const alive = all().filter((node) => node.machine.alive);
    const leading = alive.find((node) => node.election.state === 'leading');
    const victim =
      leading !== undefined && dice.chance(0.6) ? leading : alive.length > 0 ? dice.pick(alive) : undefined;
    if (victim !== undefined) {
      const kind = settings.bias === 'one-way partitions of the leader' ? 'one-way partition' : dice.pick(on);
      count(kind);
      say(() => `${kind} ${victim.id}`);
      misbehave(kind, victim);
    }
    world.after(dice.between(0.1, 2) * leaseMs, mischief);
  };

  const misbehave = (kind: Mischief, node: Node) => {
    const back = dice.between(0.05, 2.5) * leaseMs;
    const restart = () => {
      const index = nodes.indexOf(node);
      if (index >= 0) start(index);
    };
    const { machine, link, election } = node;
    if (kind === 'kill') {
      machine.alive = false;
      world.after(back, restart);
    } else if (kind === 'freeze' || kind === 'suspend') {
      const suspended = kind === 'suspend' && world.now - node.setBackAt > 3 * leaseMs;
      machine.freeze(suspended);
      world.after(back, () => {
        machine.thaw();
        if (suspended) node.suspendedAt = world.now;
      });
    } else if (kind === 'partition' || kind === 'one-way partition') {
      link.hears = false;
      link.sends = kind === 'one-way partition' && dice.chance(0.8);
      world.after(back, () => {
        link.hears = true;
        link.sends = true;
      });
    } else if (kind === 'outage') {
      table.outage = true;
      world.after(back, () => {
        table.outage = false;
      });
    } else if (kind === 'close') {
      node.stop.abort();
      void election.close().then(() => {
        if (!nodes.includes(node)) machine.alive = false; // a function whose election is closed is of no use to a tick
        world.after(back, restart);
      });
    } else if (kind === 'challenge') {
      void election.challenge({ why: 'sim' }).catch(() => {});
    } else if (kind === 'revoke') {
      const { record } = table;
      if (record?.holder === undefined) return;
      const dead = all().every((one) => one.id !== record.holder || !one.machine.alive);
      void election.revoke({ term: record.term, holder: record.holder, dead }).catch(() => {});
    } else if (kind === 'clock step') {
      // What section 9 assumes: a stop of the monotonic clock meets no wall clock that is set back in the same lease.
      const mayGoBack = !machine.frozen && world.now - node.suspendedAt > 3 * leaseMs;
      const step = dice.between(mayGoBack ? -2 : 0, 2) * leaseMs;
      if (step < 0) node.setBackAt = world.now;
      machine.stepWall(step);
    } else {
      node.sick = settings.faults['failing health'] > 0 && !node.sick;
      election.wake();
    }
  };

  const ask = () => checker.ask(table);
  if (on.length > 0) world.after(dice.between(0, 2) * leaseMs, mischief);
  await world.runUntil(STORMY_LEASES * leaseMs, ask);
  const { rest } = traffic;

  // Quiet: faults cease, and somebody must lead (L1, L5), for good (L3).
  calm.faults = true;
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
    refusedStamps: journal.refused,
    rest,
  };
}

async function untilLed(world: World, led: () => boolean, limitMs: number, ask: () => void): Promise<void> {
  const until = world.now + limitMs;
  const step = limitMs / 50;
  while (world.now < until && !led()) await world.runUntil(world.now + step, ask);
}

/** A candidate that is a function: woken by ticks, in environments that are kept warm, and frozen in between. */
class FunctionCandidate {
  readonly environments: Node[] = [];
  readonly #busy = new Set<Node>();
  #deploys = 0;

  constructor(
    private readonly stage: Stage,
    private readonly index: number,
  ) {}

  tick(): void {
    const { world, settings, calm } = this.stage;
    const { dice } = world;
    const { leaseMs, faults } = settings;
    world.after(TICK_LEASES * leaseMs, () => this.tick());
    if (!calm.faults && dice.chance(faults['tick lost'])) return;
    if (!calm.faults && dice.chance(0.05)) this.#deploys += 1;
    const warm = this.environments.filter((one) => one.machine.alive && !this.#busy.has(one));
    const node = warm.length > 0 && dice.chance(0.8) ? dice.pick(warm) : this.#environment();
    this.#busy.add(node);
    node.machine.thaw();
    const cutOff = world.after(TIMEOUT_LEASES * leaseMs, () => {
      node.machine.alive = false; // Lambda ends what takes longer
    });
    void invoke(this.stage, node, TIMEOUT_LEASES * leaseMs).finally(() => {
      cutOff();
      this.#busy.delete(node);
      // Between two invocations an environment stands still, and its monotonic clock may stand still with it.
      node.machine.freeze(world.now - node.setBackAt > 3 * leaseMs && dice.chance(0.5));
      node.suspendedAt = Number.POSITIVE_INFINITY;
    });
  }

  #environment(): Node {
    const node = makeNode(this.stage, `f${this.index}`, this.index, `v${this.#deploys}`);
    for (let place = this.environments.length - 1; place >= 0; place -= 1) {
      if (!this.environments[place]!.machine.alive) this.environments.splice(place, 1);
    }
    this.environments.push(node);
    return node;
  }
}
