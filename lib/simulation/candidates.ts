/** The candidates of a simulated world: processes that run on, and functions that are woken and frozen. */

import type { Effects } from '../election/context.js';
import { Election } from '../election/election.js';
import type { Post } from '../election/notices/notice.js';
import type { LeaseStore } from '../lease/store.js';
import { resolveTimings } from '../lease/timing.js';
import { Courtesy } from './courtesy.js';
import type { Lockstep } from './lockstep.js';
import { Machine } from './machine.js';
import type { Link } from './network.js';
import type { Node } from './node.js';
import type { SeededRandom } from './seeded-random.js';
import type { Settings } from './settings.js';
import type { Simulation } from './simulation.js';
import { SimulatedStore } from './store.js';
import { steadyWork, work } from './work.js';

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
    // What a copy has resigned ends a term here without a resignation of its own.
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

/**
 * Lets a node's candidate run on, and observe. Two in lockstep observe from the clone on: what an observer draws and asks
 * comes between what the candidate does, and a microtask decides which is first.
 */
export function run(simulation: Simulation, node: Node): void {
  const observe = async () => {
    for await (const office of node.election.observe()) simulation.checker.observed(node, office);
  };
  if (node.lockstep === undefined) void observe();
  else node.lockstep.onceReleased(() => void observe());
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
