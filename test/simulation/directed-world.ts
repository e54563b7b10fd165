/**
 * What directed scenarios are made of: a world without chance faults, a table, and the candidates that a scenario puts
 * in it.
 */
import type { Notice } from '../../lib/election/notices/notice.js';
import { type DueNotice, heed } from '../../lib/serverless/watchdog.js';
import { copyOf, makeNode, run } from '../../lib/simulation/candidates.js';
import { Checker } from '../../lib/simulation/checker.js';
import { FAULTS, type Fault } from '../../lib/simulation/faults.js';
import { Lockstep } from '../../lib/simulation/lockstep.js';
import { Machine } from '../../lib/simulation/machine.js';
import type { Node } from '../../lib/simulation/node.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import { DRIFT, type Settings } from '../../lib/simulation/settings.js';
import type { Simulation } from '../../lib/simulation/simulation.js';
import { SimulatedStore } from '../../lib/simulation/store.js';
import { Table } from '../../lib/simulation/table.js';
import { Traffic } from '../../lib/simulation/traffic.js';
import { World } from '../../lib/simulation/world.js';

export interface Scenario {
  readonly title: string;
  play(): Promise<readonly string[]>;
}

export const LEASE_MS = 10_000;

export const CALM: Settings = {
  leaseMs: LEASE_MS,
  renewMs: undefined,
  drift: DRIFT,
  paceMs: undefined,
  faults: Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>,
  bias: undefined,
  maxDelayMs: 2,
  priorities: [0, 0, 0],
  yieldTo: 'operator',
  processes: 0,
  functions: 0,
  notices: false,
  succession: undefined,
  quiet: true,
};

/** A world with a table and nobody in it. */
export class DirectedWorld {
  readonly world = new World(new SeededRandom(1));
  readonly checker = new Checker(this.world, CALM, () => {});
  readonly table = new Table(this.world, (was, is) => this.checker.changed(was, is));
  readonly #nodes: Node[] = [];
  readonly mailed: { readonly notice: Notice; readonly at: number }[] = [];
  readonly simulation: Simulation = {
    world: this.world,
    settings: CALM,
    table: this.table,
    checker: this.checker,
    traffic: new Traffic(this.world, CALM, undefined, (what) => this.checker.wrong(what)),
    ceased: { faults: true },
    injected: {},
    all: () => this.#nodes,
    log: () => {},
    post: () => async (notice) => void this.mailed.push({ notice, at: this.world.now }),
    journal: { stamped: 0, refused: 0 },
  };

  node(id: string, post = this.simulation.post): Node {
    const node = makeNode({ ...this.simulation, post }, id, 0);
    this.#nodes.push(node);
    return node;
  }

  /** A candidate that stands and works until it is stopped. */
  candidate(id: string, post = this.simulation.post): Node {
    const node = this.node(id, post);
    run(this.simulation, node);
    return node;
  }

  /** A candidate that has a copy, and goes in step with it until `release` lets both go on by themselves. */
  copied(id: string): { original: Node; copy: Node; release: () => void } {
    const lockstep = new Lockstep();
    const original = makeNode(this.simulation, id, 0, undefined, lockstep);
    const copy = copyOf(this.simulation, original, 0);
    this.#nodes.push(original, copy);
    for (const node of [original, copy]) run(this.simulation, node);
    const release = () => {
      const { lead, observed } = original;
      Object.assign(copy, { lead, observed });
      this.checker.cloned(original.machine, lockstep.raised);
      lockstep.release();
    };
    return { original, copy, release };
  }

  /** Lets time pass; the invariants are asked after every event. */
  async pass(ms: number): Promise<void> {
    await this.world.runUntil(this.world.now + ms, () => this.checker.ask(this.table));
  }

  /** Lets time pass until something is so; what never comes is a violation. */
  async until(what: string, holds: () => boolean, limitMs = 40 * LEASE_MS): Promise<void> {
    const end = this.world.now + limitMs;
    while (!holds() && this.world.now < end) await this.pass(5);
    if (!holds()) this.checker.wrong(`${what} did not come within ${limitMs} ms`);
  }

  leads(node: Node): () => boolean {
    return () => node.election.state === 'leading';
  }

  /** The watchdog, given a notice that its queue held for so long. */
  async watchdog(due: DueNotice): Promise<void> {
    const machine = new Machine(this.world, 1, 0);
    const link = { sends: true, hears: true };
    const store = new SimulatedStore(this.simulation, machine, link);
    void heed(due, { store, clock: machine.clock, drift: DRIFT });
    await this.pass(3_000);
  }

  end(): readonly string[] {
    return this.checker.violations;
  }
}

export const scenario = (title: string, play: (on: DirectedWorld) => Promise<void>): [string, Scenario] => [
  title,
  {
    title,
    async play() {
      const on = new DirectedWorld();
      await play(on);
      return on.end();
    },
  },
];
