/** Directed scenarios of candidates that stand: acquisitions, fences, and who comes next. */

import { resolveTimings } from '../../lib/lease/timing.js';
import type { Order } from '../../lib/names/succession.js';
import { makeNode, run } from '../../lib/simulation/candidates.js';
import type { Node } from '../../lib/simulation/node.js';
import { DRIFT, type Settings } from '../../lib/simulation/settings.js';
import { CALM, type DirectedWorld, LEASE_MS, scenario } from './directed-world.js';

const { renewMs: RENEW_MS } = resolveTimings({ leaseMs: LEASE_MS });

/** A candidate of a record that was restored at term 4, while its fence stayed at a later term. */
function restoredBehindFence(on: DirectedWorld, fenceTerm: number): Node {
  on.table.updateFence(() => ({ term: fenceTerm, attempt: 'of the lost leader' }));
  on.table.update(() => ({
    term: 4,
    beat: 9,
    attempt: 'of another',
    leaseMs: LEASE_MS,
    renewMs: RENEW_MS,
    priority: 0,
    acquiredAt: 1,
    renewedAt: 1,
    reason: 'resigned',
    previous: 'x',
  }));
  on.checker.rewound(undefined, on.table, false);
  return on.candidate('a');
}

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

/** A leader has died, and a standby is about to send its electing write: it has waited, and takes its last look. */
async function lastLook(on: DirectedWorld, lookMs: number): Promise<Node> {
  const a = on.candidate('a');
  await on.until('a leads', on.leads(a));
  const b = on.candidate('b');
  await on.pass(LEASE_MS);
  a.machine.alive = false;
  let looks = false;
  b.store.script = (kind) => {
    looks ||= kind === 'read' && b.election.state === 'contending';
    return looks && kind === 'read' ? { landsAfterMs: lookMs, answers: true } : undefined;
  };
  await on.until('b takes its last look', () => looks);
  return b;
}

export const STANDING = [
  lineOf('seniority', 'c a d b c'),
  lineOf('ring', 'c d a b c'),
  lineOf('priority', 'c d a d b'),

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

  scenario('a fence that another attempt has raised', async (on) => {
    // A record that was restored from a backup: its next term is one whose work has begun already, under another attempt.
    const a = restoredBehindFence(on, 5);
    await on.until('a leads', on.leads(a));
    await on.pass(10);
    if (on.table.fence?.attempt !== on.table.record?.attempt) {
      on.checker.wrong('S3: work began under a fence that belongs to another attempt of the same term');
    }
  }),

  scenario('two copies of a standby whose acquisition is under way', async (on) => {
    const { original, copy, release } = on.copied('a');
    let isSent = false;
    original.store.script = (kind) => {
      if (kind !== 'acquire') return undefined;
      isSent = true;
      return { landsAfterMs: 20, answers: true };
    };
    await on.until('the acquisition is under way', () => isSent);
    release();
    const begun = new Set<Node>();
    for (const node of [original, copy]) node.election.on('elected', () => begun.add(node));
    await on.pass(LEASE_MS / 5);
    if (begun.size !== 1) on.checker.wrong(`section 5: ${begun.size} of two copies have begun the work of a term`);
  }),

  scenario('an acquire that lands beside its second sending', async (on) => {
    const a = on.node('a');
    const scripts = [
      { landsAfterMs: 900, answers: false }, // the call gives up after 750 ms
      { landsAfterMs: 300, answers: true },
    ];
    a.store.script = (kind) => (kind === 'acquire' ? scripts.shift() : undefined);
    run(on.simulation, a);
    await on.until('L4: a recognises its own acquisition within its lease', on.leads(a), LEASE_MS * (1 - DRIFT));
    if (on.table.record?.term !== 1) on.checker.wrong('L4: a waited out its own ghost');
  }),

  scenario('proclaims in a row', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(3 * LEASE_MS);
    const { term } = on.table.record!;
    const leadership = on.checker.leading(term)!;
    for (let n = 0; n < 30; n += 1) {
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

  scenario('a candidate that is stopped during its last look', async (on) => {
    const b = await lastLook(on, 50);
    const { term } = on.table.record!;
    b.stop.abort();
    await on.pass(LEASE_MS);
    if (on.table.record?.term !== term) on.checker.wrong('section 6: b took an office after it was stopped');
  }),

  scenario('a candidate that is stopped while its acquisition is under way', async (on) => {
    const b = await lastLook(on, 1);
    const { term } = on.table.record!;
    b.store.script = (kind) => (kind === 'acquire' ? { landsAfterMs: 1, answers: true } : undefined);
    await on.until('it has landed', () => on.table.record?.term === term + 1);
    b.stop.abort();
    await on.pass(LEASE_MS / 2);
    if (b.lead !== undefined) on.checker.wrong('section 6: b began to work after it was stopped');
    if (on.table.record?.holder !== undefined)
      on.checker.wrong('section 5: b left, and kept the office that it had won');
  }),

  scenario('an acquisition whose answer is lost, of a candidate that leaves', async (on) => {
    const b = await lastLook(on, 1);
    const { term } = on.table.record!;
    b.store.script = (kind) => (kind === 'acquire' ? { landsAfterMs: 1, answers: false } : undefined);
    await on.until('it has landed', () => on.table.record?.term === term + 1);
    b.stop.abort();
    const isVacant = () => on.table.record?.holder === undefined;
    await on.until('section 5: what was won is given back', isVacant, LEASE_MS / 2);
  }),

  scenario('an acquisition that the table refuses though nothing has changed', async (on) => {
    const a = on.candidate('a');
    await on.until('a leads', on.leads(a));
    const b = on.candidate('b');
    await on.pass(LEASE_MS);
    const acquire = on.table.acquire.bind(on.table);
    on.table.acquire = () => ({ applied: false, record: on.table.record });
    a.stop.abort();
    await on.pass(3 * LEASE_MS); // S12 is asked all the while
    on.table.acquire = acquire;
    await on.until('L5: b leads once the table lets it', on.leads(b), LEASE_MS);
  }),

  scenario('an acquisition that lands in a record which was deleted and begun anew', async (on) => {
    const b = await lastLook(on, 1);
    let isUnderWay = false;
    b.store.script = (kind) => {
      if (kind !== 'acquire' || isUnderWay) return undefined;
      isUnderWay = true;
      return { landsAfterMs: 50, answers: true };
    };
    await on.until('its acquisition is under way', () => isUnderWay);
    const was = on.table.record!;
    on.table.deleteRecord();
    on.checker.rewound(was, on.table, true);
    const now = Math.round(b.machine.clock.now().wall);
    on.table.update(() => ({ ...was, holder: 'x', attempt: 'of x', mark: 'of x', acquiredAt: now, renewedAt: now }));
    await on.pass(LEASE_MS / 2);
    if (on.table.record?.holder !== 'x') on.checker.wrong('section 3: b took an office that it never saw for a lease');
  }),

  scenario('a fence far ahead of a restored record', async (on) => {
    const a = restoredBehindFence(on, 1_000);
    await on.until('S12, L5: a goes above the fence at once', on.leads(a), LEASE_MS / 10);
  }),
];
