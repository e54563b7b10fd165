/** What a leader does with its leadership in a simulated world: fenced writes, proclamations, resignations. */
import type { Leadership } from '../election/candidate/leadership.js';
import { sleep } from '../lease/clock.js';
import { anySet } from '../lease/latch.js';
import type { Node } from './node.js';
import { type ObservedLeadership, observed } from './observed-leadership.js';
import type { Simulation } from './simulation.js';
import type { SimulatedStore } from './store.js';

/** Works until its time is up, its signal is aborted, or it resigns by itself. */
export async function work(simulation: Simulation, node: Node, leadership: Leadership): Promise<void> {
  const entry = observed(node.machine, leadership, node.leaseMs);
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
  // Elsewhere a step of the work that has begun is finished first. A run with a set pace measures what the election takes.
  const isPrompt = settings.paceMs !== undefined;
  const began = world.now;
  while (!leadership.signal.aborted && world.now - began < ends) {
    await effects(simulation, node.store, entry);
    if (random.chance(0.05)) await proclaim(simulation, leadership);
    const stepMs = random.between(0.02, 0.8) * leaseMs;
    await sleep(node.machine.clock, stepMs, ...(isPrompt ? [leadership.signal] : []));
  }
  if (faults['slow work'] > 0 && random.chance(0.3)) await sleep(node.machine.clock, random.between(0, leaseMs));
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
  { leadership: { term }, attempt }: ObservedLeadership,
) {
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

/** The work of a process that has a copy, and of the copy: it ends when its signal aborts, in both at the same moment. */
export async function steadyWork(simulation: Simulation, node: Node, leadership: Leadership): Promise<void> {
  const { lockstep, isCopy, machine } = node;
  const { checker, table, world, settings } = simulation;
  const { signal } = leadership;
  const entry = observed(machine, leadership, node.leaseMs);
  if (isCopy && !lockstep!.released) checker.clones.ledInStep(entry);
  else checker.led(entry, table);
  const acts = async () => {
    while (!signal.aborted) {
      await effects(simulation, node.store, entry);
      await sleep(machine.clock, world.random.between(0.02, 0.8) * settings.leaseMs);
    }
  };
  if (isCopy) lockstep!.onceReleased(() => void acts());
  else void acts();
  await anySet(signal);
  entry.working = false;
}
