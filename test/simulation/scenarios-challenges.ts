/** Directed scenarios of challenges and hand-overs. */
import { Election } from '../../lib/election/election.js';
import { makeNode, run } from '../../lib/simulation/candidates.js';
import type { Settings } from '../../lib/simulation/settings.js';
import { CALM, type DirectedWorld, LEASE_MS, scenario } from './directed-world.js';

/** Work that stops as soon as it is asked to. */
const PROMPT: Settings = { ...CALM, paceMs: 2 * LEASE_MS };

/** A leader and two standbys; an operator asks the leader to hand over to one of them. */
async function askedInFavourOfB(on: DirectedWorld) {
  const a = on.candidate('a');
  await on.until('a leads', on.leads(a));
  on.candidate('b');
  on.candidate('c');
  await on.pass(LEASE_MS);
  void on.node('first operator').election.challenge({ to: 'b' });
  return { a };
}

export const CHALLENGES = [
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

  scenario('a challenger that leaves before it is heard', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(LEASE_MS);
    void b.election.challenge();
    await on.until('b has challenged', () => on.table.record?.challenger !== undefined);
    b.stop.abort();
    await on.pass(2 * LEASE_MS);
    if (on.table.record?.challenger !== undefined) on.checker.wrong('section 5: a challenge was left behind');
    if (on.table.record?.term !== 1 || !on.leads(a)()) on.checker.wrong('section 5: a gave way to one that had left');
  }),

  scenario('a second challenge, refused because the first was granted', async (on) => {
    const prompt = { ...on.simulation, settings: PROMPT };
    const a = makeNode(prompt, 'a', 0);
    run(prompt, a);
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(LEASE_MS);
    void b.election.challenge();
    await on.until('b has challenged', () => on.table.record?.challenger !== undefined);
    // As the leader is about to hear of it, b asks again; that lands once the office is b's.
    a.store.script = (kind) => {
      if (kind !== 'renew') return undefined;
      a.store.script = () => undefined;
      b.store.script = (what) => ({ landsAfterMs: what === 'other' ? 40 : 0.1, answers: true });
      void b.election.challenge().catch(() => {});
      return undefined;
    };
    await on.until('it is handed over', () => on.table.record?.holder === 'b');
    await on.pass(1_000);
    if (!on.leads(b)()) on.checker.wrong('section 5: b does not know the office that it asked for and was given');
  }),

  scenario('a hand-over some heartbeats after the challenge', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(LEASE_MS);
    // The leader hears of the challenge by a heartbeat, and its work is slow to stop.
    void b.election.challenge();
    await on.until('it is handed over', () => on.table.record?.holder === 'b');
    await on.pass(1_000);
    if (!on.leads(b)()) on.checker.wrong('section 5: b has forgotten its claim when the leader showed life');
  }),

  scenario('an operator that corrects another', async (on) => {
    await askedInFavourOfB(on);
    await on.until('the first has asked', () => on.table.record?.challenger !== undefined);
    void on.node('second operator').election.challenge({ to: 'c' });
    await on.until('another leads', () => ![undefined, 'a'].includes(on.table.record?.holder));
    if (on.table.record?.holder !== 'c') on.checker.wrong('section 3: the later of two operators was not heard');
  }),

  scenario('a health check that hangs', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const { store, machine } = on.node('b');
    const b = new Election(
      {
        name: 'sim',
        tableName: 'sim',
        id: 'b',
        leaseMs: LEASE_MS,
        priority: 5,
        healthCheck: { check: () => new Promise(() => {}), timeoutMs: 20 * LEASE_MS },
      },
      { store, clock: machine.clock, chance: machine.chance },
    );
    void b.run(() => new Promise(() => {}));
    await on.pass(2 * LEASE_MS);
    a.machine.alive = false;
    await on.until('L1: b leads, whatever its health check does', () => b.state === 'leading', 2 * LEASE_MS);
  }),

  scenario('a takeover that lands after a sign of life', async (on) => {
    const prompt = { ...on.simulation, settings: PROMPT };
    const a = makeNode(prompt, 'a', 0);
    run(prompt, a);
    await on.until('a leads', on.leads(a));
    const [b, c] = [on.candidate('b'), on.candidate('c')];
    await on.pass(LEASE_MS);
    void b.election.challenge();
    await on.until('b has challenged', () => on.table.record?.challenger !== undefined);
    // b is handed the office, sees it late, and cannot renew; to c it looks dead.
    let [isCutOff, handedAt] = [true, Number.POSITIVE_INFINITY];
    const broken = { answers: false, breaksAfterMs: 20 };
    b.store.script = (kind) => {
      if (kind === 'read') return on.world.now > handedAt + 600 ? undefined : broken;
      return kind === 'renew' && isCutOff ? broken : undefined;
    };
    await on.until('it is handed over', () => on.table.record?.holder === 'b');
    handedAt = on.world.now;
    a.machine.alive = false;
    c.election.wake();
    c.store.script = (kind) => {
      if (kind !== 'acquire' || !isCutOff) return undefined;
      isCutOff = false;
      return { landsAfterMs: 600, answers: true };
    };
    await on.until('b leads', on.leads(b));
    await on.pass(1_000);
    if (!on.leads(b)()) on.checker.wrong('section 3: b has shown life, and was taken for dead all the same');
  }),

  scenario('an operator that corrects another just before the vacancy', async (on) => {
    const { a } = await askedInFavourOfB(on);
    let isVacating = false;
    a.store.script = (kind) => {
      isVacating ||= kind === 'other';
      return kind === 'other' ? { landsAfterMs: 100, answers: true } : undefined;
    };
    await on.until('the vacancy is under way', () => isVacating);
    void on.node('second operator').election.challenge({ to: 'c' });
    await on.until('another leads', () => ![undefined, 'a'].includes(on.table.record?.holder));
    if (on.table.record?.holder !== 'c') on.checker.wrong('section 3: the later of two operators was not heard');
  }),
];
