/** Who stands for election in a simulated world: processes that run on, and functions that are woken and frozen. */

import type { Leadership } from '../election/candidate/leadership.js';
import { Election } from '../election/election.js';
import type { Post } from '../election/notices/notice.js';
import { sleep } from '../lease/clock.js';
import type { Checker, Followed, Led } from './checker.js';
import type { Settings } from './faults.js';
import { type Link, SimulatedStore, type Table } from './store.js';
import type { Say } from './timeline.js';
import type { Traffic } from './traffic.js';
import { Machine, type World } from './world.js';

/** What all of them share. */
export interface Stage {
  readonly world: World;
  readonly settings: Settings;
  readonly table: Table;
  readonly checker: Checker;
  readonly traffic: Traffic;
  /** True once faults have ceased. */
  readonly calm: { faults: boolean };
  readonly injected: Record<string, number>;
  readonly say: Say;
  readonly post: ((machine: Machine) => Post) | undefined;
  /** The users' data: what a stamped item carries. */
  readonly journal: { stamped: number; refused: number };
}

/** A machine that runs one candidate. */
export interface Node extends Followed {
  readonly machine: Machine;
  readonly link: Link;
  readonly store: SimulatedStore;
  readonly election: Election;
  readonly stop: AbortController;
  sick: boolean;
  /** When its wall clock was last set back, and when its monotonic clock last stood still: never both in one lease. */
  setBackAt: number;
  suspendedAt: number;
}

/** Makes a node, whose candidate does not stand yet. */
export function makeNode(stage: Stage, id: string, index: number, build?: string): Node {
  const { world, settings, table, calm, injected, checker, traffic, say } = stage;
  const { dice } = world;
  const errs = settings.faults['clock drift'] > 0;
  const rate = errs ? 1 + dice.between(-settings.drift, settings.drift) * 0.99 : 1;
  // Functions' clocks agree well, as a rule; hints of time are only hints, and a few seeds show it.
  const skewMs = build !== undefined && dice.chance(0.8) ? 50 : 3_600_000;
  const machine = new Machine(world, rate, dice.between(-skewMs, skewMs));
  const link: Link = { sends: true, hears: true };
  const store = new SimulatedStore(world, machine, table, settings, calm, injected, link, (kind) =>
    traffic.asked(node, kind),
  );
  const mixed = settings.faults['mixed leases'] > 0 ? dice.pick([0.5, 1, 2]) : 1;
  const election: Election = new Election(
    {
      name: 'sim',
      tableName: 'sim',
      id,
      build,
      leaseMs: settings.leaseMs * mixed,
      renewMs: settings.renewMs,
      drift: settings.drift,
      priority: settings.priorities[index % 3],
      yieldTo: settings.yieldTo,
      succession: settings.succession,
      value: id,
      healthCheck: settings.faults['failing health'] > 0 ? () => !node.sick : undefined,
    },
    { store, roster: store.roster, clock: machine.clock, chance: machine.chance, post: stage.post?.(machine) },
  );
  const node: Node = {
    id,
    machine,
    link,
    store,
    election,
    stop: new AbortController(),
    sick: false,
    setBackAt: Number.NEGATIVE_INFINITY,
    suspendedAt: Number.NEGATIVE_INFINITY,
    lead: undefined,
    observed: { term: 0, beat: 0 },
  };
  election.on('elected', ({ term }) => {
    checker.elected(node, term, table);
    say('elected', () => `${id} leads term ${term}`);
  });
  election.on('lost', ({ term, reason }) => {
    checker.lost(node, term, reason, table);
    say('lost', () => `${id} has lost term ${term}: ${reason}`);
  });
  return node;
}

/** Lets a node's candidate run on, and observe. */
export function run(stage: Stage, node: Node): void {
  (async () => {
    for await (const office of node.election.observe()) stage.checker.observed(node, office);
  })();
  void node.election.run((leadership) => work(stage, node, leadership), { signal: node.stop.signal });
}

/** One invocation of a function: leads if nobody does, for so long at most. */
export async function invoke(stage: Stage, node: Node, timeoutMs: number): Promise<void> {
  const end = new AbortController();
  const cancel = node.machine.clock.after(timeoutMs * 0.9, () => end.abort());
  try {
    await node.election.tryRun((leadership) => work(stage, node, leadership), {
      signal: end.signal,
      relayAfterMs: Math.floor(timeoutMs / 3),
    });
  } catch {
    // The table could not be read, or this environment is busy: the next tick tries again.
  }
  cancel();
}

async function work(stage: Stage, node: Node, leadership: Leadership): Promise<void> {
  const entry: Led = { id: node.id, machine: node.machine, leadership, working: true, settled: false };
  stage.checker.led(entry);
  await lead(stage, node, entry);
  entry.working = false;
}

async function lead(stage: Stage, node: Node, entry: Led): Promise<void> {
  const { leadership } = entry;
  const { world, settings } = stage;
  const { dice } = world;
  const { leaseMs, faults } = settings;
  const resigns = !stage.calm.faults && faults['resigning work'] > 0;
  const ends = resigns && dice.chance(0.2) ? dice.between(0, 5 * leaseMs) : Number.POSITIVE_INFINITY;
  // Elsewhere a step of the work that has begun is finished first. Who tries timings asks what the election takes.
  const isPrompt = settings.paceMs !== undefined;
  const began = world.now;
  while (!leadership.signal.aborted && world.now - began < ends) {
    await effects(stage, node.store, leadership);
    if (dice.chance(0.05)) await proclaim(stage, leadership);
    const stepMs = dice.between(0.02, 0.8) * leaseMs;
    await (isPrompt ? sleep(node.machine.clock, stepMs, leadership.signal) : pause(node.machine, stepMs));
  }
  if (faults['slow work'] > 0 && dice.chance(0.3)) await pause(node.machine, dice.between(0, leaseMs));
  if (resigns && dice.chance(0.3)) {
    entry.working = false;
    await leadership.resign(dice.chance(0.5) ? { to: `p${dice.pick([0, 1, 2])}` } : {});
    entry.settled = true;
  }
}

/** What has resolved stands in the record, while that shows this leader in office. */
async function proclaim({ world, table, checker }: Stage, leadership: Leadership): Promise<void> {
  const value = { at: world.now };
  try {
    await leadership.proclaim(value);
  } catch {
    return; // the term is over
  }
  const { record } = table;
  const shows = (record?.value as typeof value | undefined)?.at === value.at;
  if (shows || record?.term !== leadership.term || record.holder !== leadership.id) return;
  checker.wrong(`section 3: proclaim() of term ${leadership.term} resolved, but the record does not show the value`);
}

/** What the leader does to the world: one write under check(), one under stamp(). */
async function effects({ table, checker, journal, settings }: Stage, store: SimulatedStore, leadership: Leadership) {
  const { term } = leadership;
  const attempt = leadership.fence.check().ConditionCheck.ExpressionAttributeValues[':attempt'];
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
