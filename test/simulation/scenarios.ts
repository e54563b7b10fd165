/**
 * Directed scenarios: what plain schedules find once in a hundred thousand seeds, or never. Each is a world without chance
 * faults, in which one thing goes wrong at one moment; it tells what was violated, nothing if the code is right.
 */
import type { Notice } from '../../lib/election/notices/notice.js';
import type { Order } from '../../lib/names/succession.js';
import { type DueNotice, heed } from '../../lib/serverless/watchdog.js';
import { makeNode, run } from '../../lib/simulation/candidates.js';
import { Checker } from '../../lib/simulation/checker.js';
import { FAULTS, type Fault } from '../../lib/simulation/faults.js';
import { Machine } from '../../lib/simulation/machine.js';
import type { Node } from '../../lib/simulation/node.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import { DRIFT, type Settings } from '../../lib/simulation/settings.js';
import type { Simulation } from '../../lib/simulation/simulation.js';
import { SimulatedStore } from '../../lib/simulation/store.js';
import { Table } from '../../lib/simulation/table.js';
import { Traffic } from '../../lib/simulation/traffic.js';
import { World } from '../../lib/simulation/world.js';

interface Scenario {
  readonly title: string;
  play(): Promise<readonly string[]>;
}

const LEASE_MS = 10_000;

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
class DirectedWorld {
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

  /** A candidate that stands and works until it is told to stop. */
  candidate(id: string, post = this.simulation.post): Node {
    const node = this.node(id, post);
    run(this.simulation, node);
    return node;
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

const scenario = (title: string, play: (on: DirectedWorld) => Promise<void>): [string, Scenario] => [
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

/** Two leaders are asked to go and two killed: who leads, from the first to the last. */
const lineOf = (order: Order, expected: string) =>
  scenario(`the line of succession: ${order}`, async (on) => {
    const settings: Settings = { ...CALM, succession: order, priorities: [0, 5, 10] };
    const nodes: Node[] = [];
    for (const [index, id] of ['c', 'a', 'd', 'b'].entries()) {
      const node = makeNode({ ...on.simulation, settings }, id, index);
      run(on.simulation, node);
      nodes.push(node);
      await on.pass(5_000);
    }
    const led = ['c'];
    for (const end of ['ask', 'ask', 'kill', 'kill']) {
      await on.pass(12 * LEASE_MS);
      const leader = nodes.find((node) => node.machine.alive && on.leads(node)())!;
      const outside = on.node('operator');
      if (end === 'kill') leader.machine.alive = false;
      else void outside.election.challenge();
      await on.until('another leads', () => {
        const { holder } = on.table.record!;
        return holder !== undefined && holder !== leader.id;
      });
      led.push(on.table.record!.holder!);
    }
    if (led.join(' ') !== expected) on.checker.wrong(`section 6: ${order} gave ${led.join(' ')}, not ${expected}`);
  });

export const SCENARIOS: Readonly<Record<string, Scenario>> = Object.fromEntries([
  lineOf('seniority', 'c a d b c'),
  lineOf('ring', 'c d a b c'),
  lineOf('priority', 'c d a d b'),

  scenario("a hand over that lands just before the challenger's own acquire", async (on) => {
    const withLease = (id: string, leaseMs: number) =>
      makeNode({ ...on.simulation, settings: { ...CALM, leaseMs } }, id, 0);
    const [a, b, c] = [withLease('a', LEASE_MS / 2), withLease('b', 2 * LEASE_MS), withLease('c', LEASE_MS)];
    run(on.simulation, a);
    await on.until('a leads', on.leads(a));
    run(on.simulation, b);
    await on.pass(LEASE_MS);
    // What it sends to hand over is on its way for so long that the lease runs out.
    a.store.script = (kind) => (kind === 'hand over' ? { answers: false } : undefined);
    void b.election.challenge();
    await on.until('b has challenged', () => on.table.record?.challenger !== undefined);
    const { term, attempt, challenger } = on.table.record!;
    let landed = false;
    b.store.script = (kind) => {
      if (kind !== 'acquire' || landed) return undefined;
      landed = true;
      const marks = { known: [on.table.record!.mark], next: 'of a' };
      const office = { term, attempt, holder: 'a' };
      void c.store.handOver({ office, marks, challenger: challenger!, at: on.world.now });
      return { landsAfterMs: 20, answers: true };
    };
    await on.until('it lands', () => landed);
    run(on.simulation, c);
    await on.until('b leads', on.leads(b));
    await on.pass(2 * LEASE_MS);
    if (on.table.record?.holder !== 'b') on.checker.wrong('L3: what b was handed went on to another');
  }),

  scenario('proclaims in a row', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(3 * LEASE_MS);
    const { term } = on.table.record!;
    const leadership = on.checker.leading(term)!;
    for (let n = 0; n < 12; n += 1) {
      void leadership.proclaim({ n });
      b.election.wake(); // it sees each of them
      await on.pass(20);
    }
    const before = on.simulation.traffic.total(b);
    a.machine.alive = false;
    await on.until('b leads', on.leads(b));
    const reads = on.simulation.traffic.total(b) - before;
    if (reads > 80) on.checker.wrong(`S12: b read ${reads} times until the lease had run out`);
  }),

  scenario('a read that overtakes a release', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const { term } = on.table.record!;
    // Its resignation lands long after it has given up on it: until then the record shows its own name and attempt.
    a.store.script = (kind) => (kind === 'other' ? { landsAfterMs: 3 * LEASE_MS, answers: false } : undefined);
    a.stop.abort();
    await on.until('a has given up', () => a.election.state === 'idle', 3 * LEASE_MS);
    a.store.script = () => undefined;
    const standing = a.election.campaign().catch(() => undefined);
    await on.pass(LEASE_MS / 2);
    if (on.table.record?.term === term && on.leads(a)()) {
      on.checker.wrong(`S10: a leads term ${term} again, which it had resigned`);
    }
    const closing = a.election.close();
    await on.pass(LEASE_MS);
    void closing;
    void standing;
  }),

  scenario('a notice of an old term', async (on) => {
    const [a, b] = [on.candidate('a'), on.candidate('b')];
    await on.until('somebody leads', () => on.leads(a)() || on.leads(b)());
    const leader = on.leads(a)() ? a : b;
    await on.pass(LEASE_MS);
    const old = on.mailed.at(-1)!.notice;
    leader.stop.abort();
    await on.until('the other leads', on.leads(leader === a ? b : a));
    await on.watchdog({ notice: { ...old, beat: 1_000 }, waitedMs: 2 * LEASE_MS });
    if (on.table.record?.holder === undefined) on.checker.wrong('S11: a notice of an old term has deposed a leader');
  }),

  scenario('a notice of an attempt that never won', async (on) => {
    const [a, b] = [on.candidate('a'), on.candidate('b')];
    await on.until('somebody leads', () => on.leads(a)() || on.leads(b)());
    const { term } = on.table.record!;
    // Another candidate had tried for this very term, in vain: its notice comes out in the first moments of the winner.
    await on.watchdog({ notice: { election: 'sim', term, beat: 0, attempt: 'of the loser' }, waitedMs: 2 * LEASE_MS });
    if (on.table.record?.holder === undefined) on.checker.wrong("S11: a loser's notice has deposed the winner");
  }),

  scenario('an absurd lease', async (on) => {
    on.table.update(() => ({
      term: 7,
      beat: 3,
      holder: 'ghost',
      attempt: 'ghost',
      leaseMs: 1e12,
      renewMs: 3_000,
      priority: 0,
      acquiredAt: 1,
      renewedAt: 1,
    }));
    const a = on.candidate('a');
    await on.until('L5: the office is taken from a dead leader with an absurd lease', on.leads(a), 1_000_000);
  }),

  scenario('a listener that throws', async (on) => {
    const a = on.candidate('a');
    a.election.on('lost', () => {
      throw new Error('a bug of the user');
    });
    await on.until('a leads', on.leads(a));
    on.table.outage = true;
    await on.pass(2 * LEASE_MS);
    on.table.outage = false;
    await on.until('L1: a leads again, whatever its listeners do', on.leads(a), 6 * LEASE_MS);
  }),

  scenario('a revoke that took the number of a heartbeat', async (on) => {
    const [a, b] = [on.candidate('a'), on.node('b')];
    await on.until('a leads', on.leads(a));
    await on.pass(LEASE_MS / 2);
    const { term, holder, beat } = on.table.record!;
    // The next heartbeat is on its way for a while; a revoke comes before it, and takes the number that it carries.
    let caught = false;
    a.store.script = (kind) => {
      if (kind !== 'renew' || caught) return undefined;
      caught = true;
      return { landsAfterMs: 60, answers: true };
    };
    await on.until('a heartbeat is under way', () => caught);
    const revoked = b.election.revoke({ term, holder: holder! });
    await on.pass(50);
    await revoked;
    if (on.table.record?.beat !== beat + 1) on.checker.wrong('the scenario missed its moment');
    await on.pass(500);
    const passes = a.election.state === 'leading';
    if (passes) on.checker.wrong('S2: a goes on as leader after a revoke, because a number looked like its own');
  }),

  scenario('an acquire that lands beside its second sending', async (on) => {
    const a = on.node('a');
    const scripts = [
      { landsAfterMs: 1_600, answers: false }, // the call gives up after 1,500 ms
      { landsAfterMs: 300, answers: true },
    ];
    a.store.script = (kind) => (kind === 'acquire' ? scripts.shift() : undefined);
    run(on.simulation, a);
    await on.until('L4: a recognises its own acquisition within its lease', on.leads(a), LEASE_MS * (1 - DRIFT));
    if (on.table.record?.term !== 1) on.checker.wrong('L4: a waited out its own ghost');
  }),

  scenario('a heartbeat whose first answer is lost', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(3 * LEASE_MS);
    // It lands at once, is answered only a second later by a second attempt, and is the last that a can send.
    let attempts = 0;
    a.store.script = (kind) => {
      if (kind !== 'renew') return undefined;
      attempts += 1;
      if (attempts === 1) return { landsAfterMs: 1, answers: false, breaksAfterMs: 1_000 };
      return attempts === 2 ? { landsAfterMs: 1, answers: true } : { answers: false };
    };
    await on.until('b leads', on.leads(b));
  }),

  scenario('a queue that never answers', async (on) => {
    const a = on.candidate('a', () => () => new Promise(() => {}));
    await on.until('a leads, though its notices are not taken', on.leads(a), 2 * LEASE_MS);
    await on.pass(5 * LEASE_MS);
    if (on.table.record?.term !== 1 || !on.leads(a)()) on.checker.wrong('L3: the leader changed because of its queue');
  }),

  scenario('a hand over that lands late', async (on) => {
    const [a, b] = [on.candidate('a'), on.node('b')];
    await on.until('a leads', on.leads(a));
    let heldUntil = 0;
    a.store.script = (kind) => {
      if (kind !== 'hand over') return undefined;
      heldUntil ||= on.world.now + 5_000;
      return { landsAfterMs: Math.max(1, heldUntil - on.world.now), answers: true };
    };
    run(on.simulation, b);
    await on.pass(50);
    const challenged = b.election.challenge({ why: 'deploy' });
    await on.until('the office is handed over', () => on.table.record?.holder === 'b');
    await challenged;
    const handedAt = on.world.now;
    await on.pass(20);
    // What was mailed before the write was known to be applied comes out before the newcomer's lease has ended.
    const early = on.mailed.some(({ notice, at }) => notice.term === on.table.record!.term && at < handedAt - 10);
    if (early) on.checker.wrong('section 8: the notice of a handed office was mailed before it was handed over');
  }),

  scenario('a fence that another attempt has raised', async (on) => {
    // A record that was restored from a backup: its next term is one whose work has begun already, under another attempt.
    on.table.updateFence(() => ({ term: 5, attempt: 'of the lost leader' }));
    on.table.update(() => ({
      term: 4,
      beat: 9,
      attempt: 'of another',
      leaseMs: LEASE_MS,
      renewMs: 3_000,
      priority: 0,
      acquiredAt: 1,
      renewedAt: 1,
      reason: 'resigned',
      previous: 'x',
    }));
    on.checker.rewound(undefined, on.table, false);
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    await on.pass(10);
    if (on.table.fence?.attempt !== on.table.record?.attempt) {
      on.checker.wrong('S3: work began under a fence that belongs to another attempt of the same term');
    }
  }),
]);
