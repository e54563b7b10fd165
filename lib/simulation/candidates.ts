/** Who stands for election in a simulated world: processes that run on, and functions that are woken and frozen. */

import type { Leadership } from '../election/candidate/leadership.js';
import type { Effects } from '../election/context.js';
import { Election } from '../election/election.js';
import type { Post } from '../election/notices/notice.js';
import { sleep } from '../lease/clock.js';
import type { LeaseStore } from '../lease/store.js';
import { resolveTimings } from '../lease/timing.js';
import type { CandidateHistory } from './checker.js';
import { Courtesy } from './courtesy.js';
import type { Lockstep } from './lockstep.js';
import { Machine } from './machine.js';
import type { Link } from './network.js';
import { attemptOf, type ObservedLeadership, observed } from './observed-leadership.js';
import type { SeededRandom } from './seeded-random.js';
import type { Settings } from './settings.js';
import type { Simulation } from './simulation.js';
import { SimulatedStore } from './store.js';

/** A machine that runs one candidate. */
export interface Node extends CandidateHistory {
  readonly leaseMs: number;
  readonly lockstep: Lockstep | undefined;
  readonly isCopy: boolean;
  readonly machine: Machine;
  readonly link: Link;
  readonly store: SimulatedStore;
  readonly election: Election;
  readonly stop: AbortController;
  /** Since when its health check fails. */
  sickSince: number | undefined;
  /** When its wall clock was last set back, and when its monotonic clock last stood still: never both in one lease. */
  setBackAt: number;
  suspendedAt: number;
  /** When its wall clock was last set forward, and when its monotonic clock last ran ahead: never both in one watch. */
  setForthAt: number;
  aheadAt: number;
}

/** What a node is made of. */
interface Parts {
  readonly id: string;
  readonly index: number;
  readonly build?: string | undefined;
  readonly machine: Machine;
  readonly leaseMs: number;
  /** It has a copy in step, or is one. */
  readonly lockstep?: Lockstep | undefined;
  readonly isCopy?: boolean;
}

/** Makes a node, whose candidate does not stand yet. */
export function makeNode(simulation: Simulation, id: string, index: number, build?: string, lockstep?: Lockstep): Node {
  const { world, settings } = simulation;
  const { random } = world;
  const rate = rateOf(settings, random);
  // Functions' clocks agree well, as a rule; hints of time are only hints, and a few seeds show it.
  const skewMs = build !== undefined && random.chance(0.8) ? 50 : 3_600_000;
  const machine = new Machine(world, rate, random.between(-skewMs, skewMs));
  const mixed = settings.faults['mixed leases'] > 0 ? random.pick([0.5, 1, 2]) : 1;
  return assembled(simulation, { id, index, build, machine, leaseMs: settings.leaseMs * mixed, lockstep });
}

/** A copy of a node that was just made, in step with it. */
export function copyOf(simulation: Simulation, { id, machine, leaseMs, lockstep }: Node, index: number): Node {
  return assembled(simulation, { id, index, machine: machine.copy(), leaseMs, lockstep, isCopy: true });
}

function assembled(simulation: Simulation, parts: Parts): Node {
  const { id, index, build, machine, leaseMs, lockstep, isCopy = false } = parts;
  const { world, settings, table, checker, traffic, log } = simulation;
  const link: Link = { sends: true, hears: true };
  const courtesy = new Courtesy(() => node, {
    timings: resolveTimings({ leaseMs, renewMs: settings.renewMs, drift: settings.drift }),
    now: () => world.now,
    all: simulation.all,
    wrong: (what) => checker.wrong(what),
  });
  const store = new SimulatedStore(simulation, machine, link, { asked: (kind) => traffic.asked(node, kind), courtesy });
  const post = simulation.post?.(machine);
  const election: Election = new Election(
    {
      name: 'sim',
      tableName: 'sim',
      id,
      build,
      leaseMs,
      renewMs: settings.renewMs,
      drift: settings.drift,
      priority: settings.priorities[index % 3],
      yieldTo: settings.yieldTo,
      succession: settings.succession,
      value: id,
      healthCheck: settings.faults['failing health'] > 0 ? () => node.sickSince === undefined : undefined,
    },
    { clock: machine.clock, ...effectsOf({ store, machine, post, lockstep, isCopy }) },
  );
  /** Nothing of a copy is seen while it goes in step. */
  const isSeen = () => !isCopy || lockstep!.released;
  const node: Node = {
    id,
    leaseMs,
    lockstep,
    isCopy,
    machine,
    link,
    store,
    election,
    stop: new AbortController(),
    sickSince: undefined,
    setBackAt: Number.NEGATIVE_INFINITY,
    suspendedAt: Number.NEGATIVE_INFINITY,
    setForthAt: Number.NEGATIVE_INFINITY,
    aheadAt: Number.NEGATIVE_INFINITY,
    rewindReported: false,
    lead: undefined,
    observed: { term: 0, beat: 0 },
  };
  election.on('elected', ({ term, id }) => {
    if (!isSeen()) return;
    courtesy.elected();
    checker.elected(node, term, table);
    log('elected', () => `${id} leads term ${term}`);
  });
  election.on('lost', ({ term, id, reason }) => {
    if (!isSeen()) return;
    // What a copy has resigned ends a term here without a resignation of one's own.
    courtesy.lost(term, lockstep === undefined && reason === 'resigned');
    checker.lost(node, { term, id, reason }, table);
    log('lost', () => `${id} has lost term ${term}: ${reason}`);
  });
  election.on('error', ({ code }) => {
    if (!isSeen()) return;
    if (code === 'TermFell' || code === 'RecordVanished') checker.rewindReported(node, code);
  });
  return node;
}

/** How fast a machine's clocks run: by all that they may err, or by any part of it. */
function rateOf({ bias, drift, faults }: Settings, random: SeededRandom): number {
  if (bias === 'clocks at the margin') return random.pick([1 - drift, 1 + drift]);
  return faults['clock drift'] > 0 ? 1 + random.between(-drift, drift) * 0.99 : 1;
}

/** Lets a node's candidate run on, and observe. */
export function run(simulation: Simulation, node: Node): void {
  (async () => {
    for await (const office of node.election.observe()) {
      if (!node.isCopy || node.lockstep!.released) simulation.checker.observed(node, office);
    }
  })();
  const does = node.lockstep === undefined ? work : steadyWork;
  void node.election.run((leadership) => does(simulation, node, leadership), { signal: node.stop.signal });
}

interface Wiring {
  readonly store: SimulatedStore;
  readonly machine: Machine;
  readonly post: Post | undefined;
  readonly lockstep: Lockstep | undefined;
  readonly isCopy: boolean;
}

/** What an election is given of the world: as it is, remembered for its copy, or as its original has it. */
function effectsOf({ store, machine, post, lockstep, isCopy }: Wiring): Partial<Effects> {
  const { chance } = machine;
  if (lockstep === undefined) return { store, roster: store.roster, chance, post };
  if (!isCopy) {
    const [recorded, roster] = [lockstep.recording<LeaseStore>(store), lockstep.recording(store.roster)];
    return { store: recorded, roster, chance: lockstep.drawing(chance), post };
  }
  return {
    store: lockstep.repeating<LeaseStore>(store, machine),
    roster: lockstep.repeating(store.roster, machine),
    chance: lockstep.redrawing(chance),
    post: post && (async (notice, delayS) => (lockstep.released ? post(notice, delayS) : undefined)),
  };
}

/** The work of a process that has a copy, and of the copy: it ends when its signal aborts, in both at the same moment. */
async function steadyWork(simulation: Simulation, node: Node, leadership: Leadership): Promise<void> {
  const { lockstep, isCopy, machine } = node;
  const { checker, table, world, settings } = simulation;
  const { signal } = leadership;
  const entry = observed(machine, leadership);
  if (isCopy && !lockstep!.released) checker.ledInStep(entry);
  else checker.led(entry, table);
  const acts = async () => {
    while (!signal.aborted) {
      await effects(simulation, node.store, leadership);
      await pause(machine, world.random.between(0.02, 0.8) * settings.leaseMs);
    }
  };
  if (isCopy) lockstep!.onceReleased(() => void acts());
  else void acts();
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  entry.working = false;
}

/** One invocation of a function: leads if nobody does, for so long at most. */
export async function invoke(simulation: Simulation, node: Node, timeoutMs: number): Promise<void> {
  const end = new AbortController();
  const cancel = node.machine.clock.after(timeoutMs * 0.9, () => end.abort());
  try {
    await node.election.tryRun((leadership) => work(simulation, node, leadership), {
      signal: end.signal,
      relayAfterMs: Math.floor(timeoutMs / 3),
    });
  } catch {
    // The table could not be read, or this environment is busy: the next tick tries again.
  }
  cancel();
}

async function work(simulation: Simulation, node: Node, leadership: Leadership): Promise<void> {
  const entry = observed(node.machine, leadership);
  simulation.checker.led(entry, simulation.table);
  await lead(simulation, node, entry);
  entry.working = false;
}

async function lead(simulation: Simulation, node: Node, entry: ObservedLeadership): Promise<void> {
  const { leadership } = entry;
  const { world, settings } = simulation;
  const { random } = world;
  const { leaseMs, faults } = settings;
  const resigns = !simulation.ceased.faults && faults['resigning work'] > 0;
  const ends = resigns && random.chance(0.2) ? random.between(0, 5 * leaseMs) : Number.POSITIVE_INFINITY;
  // Elsewhere a step of the work that has begun is finished first. Who tries timings asks what the election takes.
  const isPrompt = settings.paceMs !== undefined;
  const began = world.now;
  while (!leadership.signal.aborted && world.now - began < ends) {
    await effects(simulation, node.store, leadership);
    if (random.chance(0.05)) await proclaim(simulation, leadership);
    const stepMs = random.between(0.02, 0.8) * leaseMs;
    await (isPrompt ? sleep(node.machine.clock, stepMs, leadership.signal) : pause(node.machine, stepMs));
  }
  if (faults['slow work'] > 0 && random.chance(0.3)) await pause(node.machine, random.between(0, leaseMs));
  if (resigns && random.chance(0.3)) {
    entry.working = false;
    await leadership.resign(random.chance(0.5) ? { to: `p${random.pick([0, 1, 2])}` } : {});
    entry.settled = true;
  }
}

/** What has resolved stands in the record, while that shows this leader in office. */
async function proclaim({ world, table, checker }: Simulation, leadership: Leadership): Promise<void> {
  const value = { at: world.now };
  const { count } = checker.rewinds;
  try {
    await leadership.proclaim(value);
  } catch {
    return; // the term is over
  }
  const { record } = table;
  const shows = (record?.value as typeof value | undefined)?.at === value.at;
  if (checker.rewinds.count > count) return;
  if (shows || record?.term !== leadership.term || record.holder !== leadership.id) return;
  checker.wrong(`section 3: proclaim() of term ${leadership.term} resolved, but the record does not show the value`);
}

/** What the leader does to the world: one write under check(), one under stamp(). */
async function effects(
  { table, checker, journal, settings }: Simulation,
  store: SimulatedStore,
  leadership: Leadership,
) {
  const { term } = leadership;
  const attempt = attemptOf(leadership);
  const check = () => {
    if (table.fence?.term !== term || table.fence.attempt !== attempt) return;
    if (checker.begunTerm > term) {
      checker.wrong(`S5: a checked write of term ${term} committed after term ${checker.begunTerm} began`);
    }
  };
  const overwrite = () => {
    if (journal.stamped > term) checker.wrong(`S6: a write of term ${term} replaced one of term ${journal.stamped}`);
    journal.stamped = term;
  };
  const stamp = () => {
    if (journal.stamped > term) journal.refused += 1;
    else overwrite();
  };
  for (const write of [check, stamp]) {
    await answered(store, write, settings.leaseMs / 10);
  }
}

/** As any user's client would, it stops waiting at some time; the write may land all the same. */
function answered(store: SimulatedStore, write: () => void, mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = store.machine.clock.after(mostMs, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    store.send(write).then(done, done);
  });
}

function pause(machine: Machine, ms: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.after(ms, () => resolve());
  });
}
