/** Directed scenarios of a holder: its heartbeats, what it proclaims, and how it gives back. */
import { RECORD } from '../../lib/lease/attributes.js';
import { TenureError } from '../../lib/lease/errors.js';
import { resolveTimings } from '../../lib/lease/timing.js';
import { survivableMs } from '../../lib/simulation/incidents.js';
import { CALM, type DirectedWorld, LEASE_MS, scenario } from './directed-world.js';

const { renewMs: RENEW_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS } = resolveTimings({ leaseMs: LEASE_MS });

/** A leader, and what its work was given. */
async function leading(on: DirectedWorld) {
  const a = on.candidate('a');
  await on.until('a leads', on.leads(a));
  return { a, leadership: on.checker.leading(on.table.record!.term)! };
}

export const HOLDING = [
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
    if (a.election.id !== 'a')
      on.checker.wrong('S10: a took the term that it had resigned for its own, then for a copy');
    const closing = a.election.close();
    await on.pass(LEASE_MS);
    void closing;
    void standing;
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

  scenario('outages that a term survives, whatever their phase', async (on) => {
    const { a } = await leading(on);
    const sent: number[] = [];
    // A proclamation is a heartbeat out of turn: it is not asked for its place.
    a.election.on('request', ({ operation, outcome, latencyMs }) => {
      if (operation === 'renew' && outcome === 'applied') sent.push(a.machine.clock.now().mono - latencyMs);
    });
    const isSurvivable = survivableMs(CALM) - 50;
    for (let phase = 0; phase < 24; phase += 1) {
      await on.pass(2 * RENEW_MS + (phase * RENEW_MS) / 24);
      // Either the table says at once that it cannot, or it says nothing.
      on.table.outage = phase % 2 === 0;
      a.store.script = () => (phase % 2 === 0 ? undefined : { answers: false });
      await on.pass(isSurvivable);
      on.table.outage = false;
      a.store.script = () => undefined;
      await on.pass(LEASE_MS);
      if (on.table.record?.term !== 1 || !on.leads(a)()) return on.checker.wrong(`L4: outage ${phase} cost a its term`);
      const offGrid = (sent.at(-1)! - sent[0]!) % RENEW_MS;
      if (Math.min(offGrid, RENEW_MS - offGrid) > 20) {
        return on.checker.wrong(
          `section 5: after outage ${phase}, heartbeats are ${Math.round(offGrid)} ms off the grid`,
        );
      }
    }
  }),

  scenario('a proclamation whose first sending is lost', async (on) => {
    const { a, leadership } = await leading(on);
    await on.pass(RENEW_MS / 3);
    const fates = [{ answers: false }];
    a.store.script = (kind) => (kind === 'renew' ? fates.shift() : undefined);
    const older = leadership.proclaim('older');
    await on.pass(20);
    const newer = leadership.proclaim('newer');
    await on.pass(RENEW_MS / 3);
    await Promise.all([older, newer]);
    if (on.table.record?.value === 'older') on.checker.wrong('section 5: an older value landed over a newer one');
  }),

  scenario('a proclamation while the one before is under way', async (on) => {
    const { a, leadership } = await leading(on);
    await on.pass(RENEW_MS / 3);
    const fates = [{ landsAfterMs: 200, answers: true }];
    a.store.script = (kind) => (kind === 'renew' ? fates.shift() : undefined);
    void leadership.proclaim('older');
    await on.pass(20);
    const newer = leadership.proclaim('newer').then(() => {
      if (on.table.record?.value !== 'newer')
        on.checker.wrong('section 5: proclaim() resolved before its value landed');
    });
    await on.pass(RENEW_MS / 3);
    await newer;
  }),

  scenario('a value that the table finds invalid', async (on) => {
    const { a, leadership } = await leading(on);
    const renew = a.store.renew.bind(a.store);
    a.store.renew = (write, options) =>
      write.proclaim?.value === 'invalid'
        ? Promise.reject(new TenureError('RequestInvalid', 'simulated'))
        : renew(write, options);
    const refusal = leadership.proclaim('invalid').catch((error) => error.code);
    await on.pass(3 * LEASE_MS);
    if (on.table.record?.term !== 1 || !on.leads(a)()) {
      on.checker.wrong('section 5: a value that the table finds invalid cost a leader its term');
    } else if ((await refusal) !== 'RequestInvalid') on.checker.wrong('section 5: proclaim() did not reject');
  }),

  scenario('a copy of the leader that renews first', async (on) => {
    const { a } = await leading(on);
    const reasons: string[] = [];
    a.election.on('lost', ({ reason }) => reasons.push(reason));
    await on.pass(RENEW_MS / 3);
    on.checker.rewound(on.table.record, on.table, false); // what is asked then of a term that came before it
    on.table.update((record) => ({ ...record!, beat: record!.beat + 1, mark: 'of the copy' }));
    const { beat } = on.table.record!;
    await on.pass(RENEW_MS + REQUEST_TIMEOUT_MS);
    if (reasons.join() !== 'cloned') on.checker.wrong(`section 5: a copy renewed, and a has lost: ${reasons.join()}`);
    if (on.table.record?.beat !== beat) on.checker.wrong('section 5: a wrote to the term of its copy');
    if (a.election.id === 'a') on.checker.wrong('section 5: a goes on under the id that its copy has');
  }),

  scenario('two copies of a leader', async (on) => {
    const { original, copy, release } = on.copied('a');
    await on.until('a leads', on.leads(original));
    await on.pass(1.3 * RENEW_MS);
    release();
    await on.pass(RENEW_MS + REQUEST_TIMEOUT_MS);
    const leading = [original, copy].filter((node) => on.leads(node)());
    if (leading.length !== 1) on.checker.wrong(`section 5: ${leading.length} of two copies lead after a heartbeat`);
    if (original.election.id === copy.election.id) on.checker.wrong('section 5: two copies go on under one id');
  }),

  scenario('a copy of a leader that renews second, by a higher number', async (on) => {
    const { original, copy, release } = on.copied('a');
    await on.until('a leads', on.leads(original));
    await on.pass(1.3 * RENEW_MS);
    release();
    // Each try has a higher number than the one before: what lands at last is above what the original has written.
    const lost = Array.from({ length: 3 }, () => ({ answers: false, breaksAfterMs: 5 }));
    copy.store.script = (kind) => (kind === 'renew' ? lost.shift() : undefined);
    await on.pass(2 * RENEW_MS + REQUEST_TIMEOUT_MS);
    if (!on.leads(original)()) on.checker.wrong('section 5: the second of two copies to renew took the term over');
    if (lost.length > 0) on.checker.wrong('the scenario missed its moment');
  }),

  scenario('a resignation that lands late', async (on) => {
    const a = on.node('a');
    const campaign = a.election.campaign();
    await on.until('a leads', on.leads(a));
    const leadership = await campaign;
    a.store.script = (kind) => (kind === 'other' ? { landsAfterMs: 300, answers: true } : undefined);
    const resigned = leadership.resign().then(({ released }) => {
      const isVacant = on.table.record?.holder === undefined;
      if (!released || !isVacant) on.checker.wrong('S10: resign() has settled, and the office is not given back');
    });
    await on.pass(LEASE_MS / 2);
    await resigned;
  }),

  scenario('what is written into the record', async (on) => {
    const { a, leadership } = await leading(on);
    void leadership.proclaim({ n: 1 });
    await on.pass(RENEW_MS);
    a.stop.abort();
    await on.until('a has resigned', () => on.table.record?.holder === undefined);
    const unknown = Object.keys(on.table.record!).filter((name) => !Object.hasOwn(RECORD, name));
    if (unknown.length > 0) on.checker.wrong(`section 2: the record has attributes that nobody knows: ${unknown}`);
  }),
];
