/**
 * One run of the shipping election, from one seed: candidates on machines of their own, faults, operators, and a checker
 * that knows real time and asks after every event whether the invariants of docs/protocol.md still hold.
 */
import { Election } from '../../lib/election/election.js';
import type { Leadership } from '../../lib/election/leadership.js';
import { compareVersions, type LeaseRecord } from '../../lib/lease/record.js';
import { type Faults, SimulatedStore, Table } from './store.js';
import { Dice, Machine, World } from './world.js';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly elections: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly injected: Readonly<Record<string, number>>;
  /** What happened, a line each: for who reads a failure. */
  readonly timeline: readonly string[];
  readonly refusedStamps: number;
}

const DRIFT = 0.01;

interface Node {
  readonly id: string;
  readonly machine: Machine;
  readonly election: Election;
  readonly stop: AbortController;
  /** Leaderships that this process was given, with what it was told of them. */
  readonly terms: { leadership: Leadership; settled: boolean }[];
  cutOff: boolean;
  /** When its wall clock was last set back, and when its monotonic clock last stood still: never both in one lease. */
  setBackAt: number;
  suspendedAt: number;
  lead: 'elected' | 'lost' | undefined;
}

/** @param horizonMs how long faults go on; after that the world is quiet, and somebody must lead */
export async function simulate(seed: number, horizonMs = 120_000): Promise<Outcome> {
  const dice = new Dice(seed);
  const world = new World(dice);
  const timeline: string[] = [];
  const violations: string[] = [];
  const injected: Record<string, number> = {};
  const say = (line: string) => timeline.push(`${world.now.toFixed(1).padStart(10)}  ${line}`);
  const wrong = (what: string) => {
    if (violations.length < 5) violations.push(`${world.now.toFixed(1)}: ${what}`);
    say(`VIOLATION ${what}`);
  };

  const leaseMs = dice.pick([1000, 3000, 10_000]);
  const mixedLeases = dice.chance(0.2);
  const noisy = dice.chance(0.85);
  const rate = (most: number) => (noisy && dice.chance(0.7) ? dice.between(0, most) : 0);
  const faults = {
    maxDelayMs: dice.pick([2, leaseMs / 50, mixedLeases ? leaseMs / 50 : leaseMs / 20]),
    requestLost: rate(0.1),
    replyLost: rate(0.1),
    duplicate: rate(0.1),
    late: rate(0.1),
    error500: rate(0.1),
    staleReads: true,
  };
  const mutable: { -readonly [K in keyof Faults]: Faults[K] } = faults;

  let elections = 0;
  let newest: LeaseRecord | undefined;
  const attempts = new Map<number, string>();
  const revoked = new Map<number, string>();
  const table = new Table(world, (was, is) => {
    if (was !== undefined && is.challenger === was.challenger && compareVersions(is, was) <= 0) {
      wrong(`S3/S7: version ${was.term}.${was.beat} was followed by ${is.term}.${is.beat}`);
    }
    if (newest !== undefined && compareVersions(is, newest) < 0) wrong('S4: an old version came back');
    newest = is;
    const known = attempts.get(is.term);
    if (known !== undefined && known !== is.attempt) wrong(`S3: term ${is.term} has two attempts`);
    attempts.set(is.term, is.attempt);
    if (is.transition === 'elected' && was?.term !== is.term) elections += 1;
    if (is.reason === 'revoked' && is.previous !== undefined && is.holder === undefined)
      revoked.set(is.term, is.previous);
    if (is.transition !== undefined)
      say(`record ${is.term}.${is.beat} ${is.transition} ${is.holder ?? `vacant (${is.reason})`}`);
  });

  // The users' data: one journal under check(), one item under stamp().
  let begunTerm = 0;
  let stamped = 0;
  let refusedStamps = 0;
  const nodes: Node[] = [];
  const priorities = dice.chance(0.3) ? [0, 5, 10] : [0, 0, 0];
  const yieldTo = dice.chance(0.5) ? ('priority' as const) : ('operator' as const);

  const spawn = (index: number) => {
    const id = `n${index}`;
    const machine = new Machine(world, 1 + dice.between(-DRIFT, DRIFT) * 0.99, dice.between(-3_600_000, 3_600_000));
    const node: Node = {
      id,
      machine,
      stop: new AbortController(),
      terms: [],
      cutOff: false,
      setBackAt: Number.NEGATIVE_INFINITY,
      suspendedAt: Number.NEGATIVE_INFINITY,
      lead: undefined,
      election: undefined as unknown as Election,
    };
    const store = new SimulatedStore(world, machine, table, faults, injected, () => node.cutOff);
    const lease = mixedLeases ? leaseMs * dice.pick([0.5, 1, 2]) : leaseMs;
    const election = new Election(
      { name: 'sim', tableName: 'sim', id, leaseMs: lease, priority: priorities[index % 3], yieldTo, value: id },
      { store, clock: machine.clock, chance: machine.chance },
    );
    Object.assign(node, { election });
    election.on('elected', ({ term }) => {
      if (node.lead === 'elected') wrong(`S9: ${id} elected twice without lost`);
      node.lead = 'elected';
      if (table.fence === undefined || table.fence.term < term) wrong(`S9: ${id} began term ${term} before its fence`);
      say(`${id} elected ${term}`);
    });
    election.on('lost', ({ term, reason }) => {
      if (node.lead !== 'elected') wrong(`S9: ${id} lost without elected`);
      node.lead = 'lost';
      say(`${id} lost ${term}: ${reason}`);
    });
    const terms: number[] = [];
    (async () => {
      for await (const office of election.observe()) {
        const last = terms.at(-1) ?? 0;
        if (office.term < last) wrong(`S8: ${id} observed term ${office.term} after ${last}`);
        terms.push(office.term);
      }
    })();
    const stopsFast = dice.chance(0.8);
    void election.run(
      async (leadership) => {
        const entry = { leadership, settled: false };
        node.terms.push(entry);
        begunTerm = Math.max(begunTerm, leadership.term);
        const ends = dice.chance(0.1) ? dice.between(0, 5 * leaseMs) : Number.POSITIVE_INFINITY;
        const began = world.now;
        while (!leadership.signal.aborted && world.now - began < ends) {
          await effects(store, leadership);
          if (dice.chance(0.02)) await leadership.proclaim({ at: world.now }).catch(() => {});
          await pause(machine, dice.between(10, leaseMs / 5));
        }
        if (!stopsFast) await pause(machine, dice.between(0, leaseMs));
        if (dice.chance(0.2)) {
          await leadership.resign(dice.chance(0.5) ? { to: `n${dice.pick([0, 1, 2])}` } : {});
          entry.settled = true;
        }
      },
      { signal: node.stop.signal },
    );
    nodes[index] = node;
  };

  const effects = async (store: SimulatedStore, leadership: Leadership) => {
    const { term } = leadership;
    const attempt = leadership.fence.check().ConditionCheck.ExpressionAttributeValues[':attempt'];
    const check = () => {
      if (table.fence?.term !== term || table.fence.attempt !== attempt) return;
      if (begunTerm > term) wrong(`S5: a checked write of term ${term} committed after term ${begunTerm} began`);
    };
    const stamp = () => {
      if (stamped > term) refusedStamps += 1;
      else stamped = term;
    };
    for (const write of [check, stamp]) {
      // As any user's client would, it stops waiting at some time; the write may land all the same.
      await Promise.race([store.send(write).catch(() => {}), pause(store.machine, leaseMs / 10)]);
    }
  };

  const check = () => {
    const passing = nodes.flatMap((node) => {
      if (!node.machine.alive || node.machine.frozen) return [];
      return node.terms
        .filter(({ leadership }) => leadership.remainingMs() > 0)
        .map(({ leadership, settled }) => ({ node, leadership, settled }));
    });
    if (passing.length > 1) {
      wrong(
        `S1: ${passing.map(({ node, leadership }) => `${node.id} in term ${leadership.term}`).join(' and ')} at once`,
      );
    }
    for (const { node, leadership, settled } of passing) {
      if (settled) wrong(`S10: ${node.id} leads term ${leadership.term} again after resign() settled`);
      const { record } = table;
      const holds = record?.term === leadership.term && record.holder === node.id;
      const wasRevoked = record?.term === leadership.term && revoked.get(leadership.term) === node.id;
      if (!holds && !wasRevoked)
        wrong(`S2: ${node.id} passes in term ${leadership.term}, the record says ${record?.term} ${record?.holder}`);
    }
  };

  for (const index of [0, 1, 2]) spawn(index);
  const mischief = () => {
    if (world.now > horizonMs) return;
    const node = dice.pick(nodes);
    const leading = nodes.find((n) => n.machine.alive && n.election.state === 'leading');
    const victim = leading !== undefined && dice.chance(0.6) ? leading : node;
    misbehave(victim, nodes.indexOf(victim));
    world.after(dice.between(0.1, 3) * leaseMs, mischief);
  };

  const misbehave = (node: Node, index: number) => {
    const kind = dice.pick([
      'kill',
      'freeze',
      'suspend',
      'cut off',
      'outage',
      'close',
      'challenge',
      'revoke',
      'step',
      'wake',
    ]);
    injected[kind] = (injected[kind] ?? 0) + 1;
    say(`${kind} ${node.id}`);
    const back = dice.between(0.05, 3) * leaseMs;
    if (!node.machine.alive) return;
    if (kind === 'kill') {
      node.machine.alive = false;
      world.after(back, () => nodes[index] === node && spawn(index));
    } else if (kind === 'freeze' || kind === 'suspend') {
      const suspended = kind === 'suspend' && world.now - node.setBackAt > 3 * leaseMs;
      node.machine.freeze(suspended);
      world.after(back, () => {
        node.machine.thaw();
        if (suspended) node.suspendedAt = world.now;
      });
    } else if (kind === 'cut off') {
      node.cutOff = true;
      world.after(back, () => {
        node.cutOff = false;
      });
    } else if (kind === 'outage') {
      table.outage = true;
      world.after(back, () => {
        table.outage = false;
      });
    } else if (kind === 'close') {
      node.stop.abort();
      void node.election.close().then(() => world.after(back, () => nodes[index] === node && spawn(index)));
    } else if (kind === 'challenge') {
      void node.election.challenge({ why: 'sim' }).catch(() => {});
    } else if (kind === 'revoke') {
      const { record } = table;
      if (record?.holder === undefined) return;
      const dead = nodes.every((n) => n.id !== record.holder || !n.machine.alive);
      void node.election.revoke({ term: record.term, holder: record.holder, dead }).catch(() => {});
    } else if (kind === 'step') {
      // What section 9 assumes: a stop of the monotonic clock meets no wall clock that is set back in the same lease.
      const mayGoBack = !node.machine.frozen && world.now - node.suspendedAt > 3 * leaseMs;
      const step = dice.between(mayGoBack ? -2 : 0, 2) * leaseMs;
      if (step < 0) node.setBackAt = world.now;
      node.machine.stepWall(step);
    } else node.election.wake();
  };

  if (noisy) world.after(dice.between(0, 3) * leaseMs, mischief);
  await world.runUntil(horizonMs, check);

  // Quiet: faults cease, and somebody must lead (L1, L5), for good (L3).
  for (const key of ['requestLost', 'replyLost', 'duplicate', 'late', 'error500'] as const) mutable[key] = 0;
  await world.runUntil(world.now + 25_000 + 12 * 2 * leaseMs, check);
  table.outage = false;
  for (const [index, node] of nodes.entries()) {
    node.cutOff = false;
    node.machine.thaw();
    if (!node.machine.alive || node.election.state === 'closed') spawn(index);
  }
  const quietFrom = world.now;
  await world.runUntil(quietFrom + 30 * leaseMs, check);
  if (!nodes.some((node) => node.election.state === 'leading')) wrong('L1: nobody leads though all is quiet');
  for (const node of nodes) node.machine.alive = false;
  return {
    seed,
    violations,
    elections,
    simulatedMs: world.now,
    events: world.events,
    injected,
    timeline,
    refusedStamps,
  };
}

function pause(machine: Machine, ms: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.after(ms, () => resolve());
  });
}
