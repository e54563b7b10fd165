/** What each incident does to a candidate, the table or the clocks of a simulated world, and how it ends. */
import { resolveTimings } from '../lease/timing.js';
import type { Incident } from './faults.js';
import type { Node } from './node.js';
import type { Settings } from './settings.js';
import type { Simulation } from './simulation.js';

/** The candidates of a world. */
export interface Population {
  /** Every node that was made and is not replaced. */
  all(): readonly Node[];
  /** Makes a new process in place of this one, where it is a process. */
  restart(node: Node): void;
  isProcess(node: Node): boolean;
  /** Lets a process that has a copy in step, and that copy, go their own ways. */
  clone(): void;
}

/** One incident: its world, its victim, and after how long it ends. */
export interface Strike {
  readonly simulation: Simulation;
  readonly population: Population;
  readonly node: Node;
  readonly backMs: number;
}

/** Two clocks of one machine are not both wrong within so many leases, for then neither would be right. */
const APART_LEASES = 3;
const FAR_APART_LEASES = 6;

export const INCIDENT: Readonly<Record<Incident, (strike: Strike) => void>> = {
  kill({ simulation, population, node, backMs }) {
    node.machine.alive = false;
    simulation.world.after(backMs, () => population.restart(node));
  },
  freeze: (strike) => standStill(strike, false),
  suspend(strike) {
    const { world, settings } = strike.simulation;
    standStill(strike, world.now - strike.node.setBackAt > APART_LEASES * settings.leaseMs);
  },
  partition: (strike) => cutOff(strike, false),
  'one-way partition': (strike) => cutOff(strike, strike.simulation.world.random.chance(0.8)),
  outage: ({ simulation, backMs }) => outage(simulation, backMs),
  close({ simulation, population, node, backMs }) {
    node.stop.abort();
    void node.election.close().then(() => {
      // A function whose election is closed is of no use to a tick.
      if (!population.isProcess(node)) node.machine.alive = false;
      simulation.world.after(backMs, () => population.restart(node));
    });
  },
  challenge({ simulation, population, node }) {
    const { random } = simulation.world;
    const to = random.chance(0.3) ? random.pick(population.all()).id : undefined;
    void node.election.challenge({ why: 'sim', ...(to !== undefined && { to }) }).catch(() => {});
  },
  revoke({ simulation, population, node }) {
    const { record } = simulation.table;
    if (record?.holder === undefined) return;
    const dead = population.all().every((one) => one.election.id !== record.holder || !one.machine.alive);
    void node.election.revoke({ term: record.term, holder: record.holder, dead }).catch(() => {});
  },
  'clock step'({ simulation, node }) {
    const { world, settings } = simulation;
    const { machine } = node;
    // What section 9 assumes: a stop of the monotonic clock meets no wall clock that is set back in the same lease, and
    // one that ran ahead meets none that is set forward.
    const mayGoBack = !machine.frozen && world.now - node.suspendedAt > APART_LEASES * settings.leaseMs;
    const mayGoForth = world.now - node.aheadAt > FAR_APART_LEASES * settings.leaseMs;
    const step = world.random.between(mayGoBack ? -2 : 0, mayGoForth ? 2 : 0) * settings.leaseMs;
    if (step < 0) node.setBackAt = world.now;
    if (step > 0) node.setForthAt = world.now;
    machine.stepWall(step);
  },
  wake({ simulation, node }) {
    const turnsSick = simulation.settings.faults['failing health'] > 0 && node.sickSince === undefined;
    node.sickSince = turnsSick ? simulation.world.now : undefined;
    node.election.wake();
  },
  twin,
  'table restored'({ simulation }) {
    const { table, checker, world } = simulation;
    if (table.restorable === 0) return;
    const was = table.record;
    const withFence = world.random.chance(0.4);
    table.restore(1 + Math.floor(world.random.unit() * table.restorable), withFence);
    checker.rewound(was, table, withFence);
  },
  'record deleted'({ simulation }) {
    const { table, checker } = simulation;
    const was = table.record;
    if (was === undefined) return;
    table.deleteRecord();
    checker.rewound(was, table, false);
  },
  'monotonic ahead'({ simulation, node }) {
    const { world, settings } = simulation;
    if (world.now - node.setForthAt <= FAR_APART_LEASES * settings.leaseMs) return;
    node.aheadAt = world.now;
    node.machine.stepMono(world.random.between(0.1, 2) * settings.leaseMs);
  },
  clone: ({ population }) => population.clone(),
  'short outage'({ simulation }) {
    outage(simulation, simulation.world.random.between(0.8, 1) * survivableMs(simulation.settings));
  },
};

/** An outage below this loses no term by itself. */
export function survivableMs({ leaseMs, renewMs, drift }: Pick<Settings, 'leaseMs' | 'renewMs' | 'drift'>): number {
  const timings = resolveTimings({ leaseMs, renewMs, drift });
  return leaseMs - timings.stepDownMs - timings.renewMs - timings.requestTimeoutMs;
}

function outage({ world, table, log }: Simulation, ms: number): void {
  table.outage = true;
  world.after(ms, () => {
    if (table.outage) log('relief', () => 'the table answers again');
    table.outage = false;
  });
}

function standStill({ simulation, node, backMs }: Strike, suspended: boolean): void {
  const { world, log } = simulation;
  const { machine } = node;
  machine.freeze(suspended);
  world.after(backMs, () => {
    if (machine.alive) log('relief', () => `${node.id} goes on`);
    machine.thaw();
    if (suspended) node.suspendedAt = world.now;
  });
}

function cutOff({ simulation, node, backMs }: Strike, sends: boolean): void {
  const { world, log } = simulation;
  const { machine, link } = node;
  link.hears = false;
  link.sends = sends;
  world.after(backMs, () => {
    if (machine.alive) log('relief', () => `${node.id} is connected again`);
    link.hears = true;
    link.sends = true;
  });
}

/** One that stood still goes on while another runs under its id; later it dies. */
function twin({ simulation, population, node, backMs }: Strike): void {
  const { world, settings, ceased, log } = simulation;
  const { machine } = node;
  if (!population.isProcess(node)) return;
  machine.freeze(false);
  population.restart(node);
  world.after(backMs, () => {
    if (ceased.faults) machine.alive = false;
    if (!machine.alive) return;
    log('relief', () => `the first ${node.id} goes on`);
    machine.thaw();
    world.after(settings.leaseMs, () => {
      log('fault', () => `the first ${node.id} is gone`);
      machine.alive = false;
    });
  });
}

export const SENTENCES: Readonly<Record<Incident, (name: string) => string>> = {
  kill: (name) => `${name} is gone without a word`,
  freeze: (name) => `${name} stands still`,
  suspend: (name) => `the machine of ${name} is suspended`,
  partition: (name) => `${name} is cut off`,
  'one-way partition': (name) => `${name} gets no answers`,
  outage: () => 'the table answers nobody',
  close: (name) => `${name} is asked to close`,
  challenge: (name) => `from where ${name} runs, an operator asks for the office`,
  revoke: (name) => `from where ${name} runs, an operator revokes the leader`,
  'clock step': (name) => `the wall clock of ${name} jumps`,
  wake: (name) => `${name} is woken for nothing, or its health changes`,
  twin: (name) => `${name} stands still, and another is started under its name`,
  'table restored': () => 'the table goes back to an earlier state',
  'record deleted': () => 'the record is deleted',
  'monotonic ahead': (name) => `the monotonic clock of ${name} runs ahead`,
  clone: () => 'a process with a copy in step is copied: both go on',
  'short outage': () => 'the table answers nobody, for less than a term can survive',
};
