/** Pitfalls 1, 2, 3 and 27: what an answer that is lost, late, slow or doubled does to a leader. It must do nothing. */
import { describe, expect } from 'vitest';
import type { Office } from '../../../lib/index.js';
import type { FaultProxy, SeenRequest } from '../../support/fault-proxy.js';
import {
  isAcquire,
  isCreate,
  isHandOver,
  isHeartbeat,
  isRaise,
  isResign,
  isRevoke,
  isWrite,
} from '../../support/requests.js';
import { type Candidate, gate, HOLD_MS, OUTSIDE, test, untilAborted } from '../../support/scene.js';
import { until } from '../../support/until.js';

/** Waits until this many more heartbeats have landed. */
async function heartbeats(candidate: Candidate, more: number): Promise<void> {
  const from = candidate.seen('heartbeat').length;
  await until(`${more} more heartbeats`, () => candidate.seen('heartbeat').length >= from + more);
}

const statusesOf = async (proxy: FaultProxy, matches: (request: SeenRequest) => boolean) =>
  (await Promise.all(proxy.log.filter(matches).map(({ landed }) => landed))).flat();

describe.concurrent('pitfall 1, lost acknowledgement', () => {
  // Caught: retries that draw on a quota of the client: the 37th lost reply ended the term.
  test('pitfall 1, lost acknowledgement: every second heartbeat is applied and its reply lost, sixty times, and the leader keeps its term', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, leaseMs: 10_000, renewMs: 100, requestTimeoutMs: 100 });
    const leadership = await a.lead();
    let lost = 0;
    let count = 0;
    proxy.on((request) => {
      if (!isHeartbeat(request) || lost === 60) return undefined;
      count += 1;
      if (count % 2 === 0) return undefined;
      lost += 1;
      return { kind: 'lose-reply', by: 'reset' };
    });
    await until('sixty lost replies', () => lost === 60 || a.seen('lost').length > 0);
    await heartbeats(a, 2);
    leadership.assertHeld();
    // A candidate's own write that was applied is not a stranger's: the next one goes through at once.
    expect(a.requests.filter(({ operation, outcome }) => operation === 'renew' && outcome === 'refused')).toEqual([]);
    expect(a.seen('lost')).toEqual([]);
    expect(await a.office()).toMatchObject({ term: 1, holder: a.election.id });
  });

  // Caught: a leader that treats an unknown outcome as lost, or repeats the beat that may have landed.
  test('pitfall 1, lost acknowledgement: no answer at all to a heartbeat, of any attempt, and the next one carries a higher beat', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const lost = proxy.next(isHeartbeat, { kind: 'lose-reply', by: 'hang' }, { times: 2 });
    await lost.happened;
    await heartbeats(a, 2);
    leadership.assertHeld();
    expect(a.seen('lost')).toEqual([]);
    expect(a.seen('error').map(({ code }) => code)).toContain('RequestFailed');
    const beats = a.seen('heartbeat').map(({ beat }) => beat);
    expect(beats).toEqual([...new Set(beats)].sort((x, y) => x - y));
  });

  // Caught: a candidate that reads its refused create or acquire as "another has won", and waits out its own ghost (L4).
  test('pitfall 1, lost acknowledgement: an acquire that was applied comes back refused, and is recognised at once', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const created = proxy.next(isCreate, { kind: 'lose-reply', by: 'reset' });
    const first = await a.lead();
    await created.happened;
    expect(first.term).toBe(1);
    await first.resign();

    const b = scene.candidate({ via: proxy });
    const acquired = proxy.next(isAcquire, { kind: 'lose-reply', by: 'reset' });
    const second = await b.lead();
    await acquired.happened;
    expect(second.term).toBe(2); // a ghost waited out would have cost a term
    expect(b.requests.filter(({ operation }) => operation === 'acquire')).toHaveLength(1);
  });

  // Caught: a fresh attempt after an unknown acquire; a lease counted from the read that found it; two clones that both lead.
  test('pitfall 1, lost acknowledgement: an acquire whose every answer is lost is read back as the same term and attempt, and renewed before it is used', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const lost = proxy.next(isCreate, { kind: 'lose-reply', by: 'hang' });
    const leadership = await a.lead();
    await lost.happened;
    expect(leadership.term).toBe(1);
    expect(a.requests.filter(({ operation }) => operation === 'create')).toHaveLength(1);
    expect(a.seen('heartbeat').length).toBeGreaterThan(0);
    expect(await a.office()).toMatchObject({ term: 1, holder: a.election.id });
    expect(a.seen('lost')).toEqual([]);
  });

  // Caught: a fence whose refused retry is taken for another's.
  test('pitfall 1, lost acknowledgement: the fence, raised with its reply lost, is recognised as raised', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const lost = proxy.next(isRaise, { kind: 'lose-reply', by: 'reset' });
    const leadership = await a.lead();
    await lost.happened;
    expect(leadership.term).toBe(1);
    expect(await statusesOf(proxy, isRaise)).toEqual([200, 400]);
  });

  // Caught: `released: false` although the vacancy is there; or a resign that never ends.
  test('pitfall 1, lost acknowledgement: a resignation whose reply is lost is known to be released', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const lost = proxy.next(isResign, { kind: 'lose-reply', by: 'reset' });
    expect(await leadership.resign()).toEqual({ released: true });
    await lost.happened;
    expect(await statusesOf(proxy, isResign)).toEqual([200, 400]);
    expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['resigned']);
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned' });
  });

  test('pitfall 1, lost acknowledgement: a resignation of which no answer ever comes is sent again, and seen', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    proxy.next(isResign, { kind: 'lose-reply', by: 'hang' }, { times: 2 });
    expect(await leadership.resign()).toEqual({ released: true });
  });

  // Caught: an old leader that vacates, or resigns, over the newcomer that it has just put in office.
  test('pitfall 1, lost acknowledgement: a hand over whose reply is lost puts the challenger in office, once', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, yieldTo: 'priority' });
    const b = scene.candidate({ priority: 5 });
    const stop = new AbortController();
    scene.afterwards(() => stop.abort());
    const lost = proxy.next(isHandOver, { kind: 'lose-reply', by: 'reset' });
    void a.election.run(untilAborted, { signal: stop.signal });
    await until('a leads', () => a.seen('elected').length === 1);
    const newcomer = await b.lead();
    await lost.happened;
    expect(newcomer.term).toBe(2);
    await until('a has released', () => a.seen('released').length === 1);
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
    expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['yielded']);
    await heartbeats(b, 2);
    newcomer.assertHeld();
    expect(b.seen('lost')).toEqual([]);
    expect(proxy.log.filter(isResign)).toEqual([]);
  });

  // Caught: an operator's revoke that answers "not revoked", because of the retry of the revoke that worked.
  test('pitfall 1, lost acknowledgement: a revoke whose answer is lost is known to be done', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    const operator = scene.candidate({ via: proxy, ...OUTSIDE });
    const leadership = await a.lead();
    const lost = proxy.next(isRevoke, { kind: 'lose-reply', by: 'reset' });
    const { revoked, office } = await operator.election.revoke({ term: leadership.term, holder: leadership.id });
    await lost.happened;
    expect(revoked).toBe(true);
    expect(office).toMatchObject<Partial<Office>>({ term: 1, holder: undefined, reason: 'revoked', previous: 'a' });
    await until('a knows', () => a.seen('lost').length === 1);
    expect(a.seen('lost')[0]?.reason).toBe('revoked');
  });
});

describe.concurrent('pitfall 2, no request time-out', () => {
  // Caught: a call without a limit of its own: with this client a hung heartbeat hangs for ever, and the lease with it.
  test('pitfall 2, no request time-out: a heartbeat that hangs is given up in time for the next one, and the term goes on', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const patient = scene.table.clientAt(proxy.endpoint, { maxAttempts: 1 }); // the SDK's defaults: no time-out at all
    scene.afterwards(() => patient.destroy());
    const a = scene.candidate({ client: patient });
    const leadership = await a.lead();
    await proxy.next(isHeartbeat, { kind: 'hang' }).happened;
    await heartbeats(a, 2);
    leadership.assertHeld();
    expect(a.seen('lost')).toEqual([]);
    const unknown = a.requests.filter(({ outcome }) => outcome === 'unknown');
    expect(unknown.map(({ operation }) => operation)).toEqual(['renew']);
    expect(unknown[0]!.latencyMs).toBeLessThan(HOLD_MS);
  });

  // Caught: the same at a standby's read, at the acquire, at the fence: the election would stand still.
  test('pitfall 2, no request time-out: reads, the acquire and the fence are given up as well', async ({ scene }) => {
    const proxy = await scene.proxy();
    const patient = scene.table.clientAt(proxy.endpoint, { maxAttempts: 1 });
    scene.afterwards(() => patient.destroy());
    const a = scene.candidate({ client: patient });
    const hung = [
      proxy.next(({ op }) => op === 'GetItem', { kind: 'hang' }),
      proxy.next(isCreate, { kind: 'hang' }),
      proxy.next(isRaise, { kind: 'hang' }),
    ];
    expect((await a.lead()).term).toBe(1);
    await Promise.all(hung.map(({ happened }) => happened));
  });
});

describe.concurrent('pitfall 3, the stamp', () => {
  // Caught: a lease counted from the reply: at the heartbeat's event there would be all of HOLD_MS left.
  test('pitfall 3, stamp after the reply: the lease counts from before the sending, however slow the answer', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const slow = { leaseMs: 4_000, renewMs: 1_000, stepDownMs: 200, requestTimeoutMs: 1_000 };
    const a = scene.candidate({ via: proxy, ...slow, client: scene.client(proxy, 3_000) });
    const holdMs = slow.leaseMs * 0.99;
    const leadership = await a.lead();
    const left: { remainingMs: number; latencyMs: number }[] = [];
    a.election.on('heartbeat', ({ latencyMs }) => left.push({ remainingMs: leadership.remainingMs(), latencyMs }));
    proxy.next(isHeartbeat, { kind: 'delay', afterMs: 250 });
    const measured = await until('the slow heartbeat', () => left.find(({ latencyMs }) => latencyMs >= 240));
    expect(measured.remainingMs).toBeLessThanOrEqual(holdMs - measured.latencyMs);
    expect(measured.remainingMs).toBeGreaterThan(0);
  });

  // Caught: the same at the acquisition: its first try may have been the one that landed, and says nothing of when.
  test('pitfall 3, stamp after the reply: an acquisition without an answer gives no lease, its first heartbeat does', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    proxy.next(isCreate, { kind: 'lose-reply', by: 'hang' });
    const leadership = await a.lead();
    const left = leadership.remainingMs();
    expect(a.seen('heartbeat').length).toBeGreaterThan(0);
    const elapsed = performance.now() - proxy.log.findLast(isHeartbeat)!.at;
    expect(left).toBeLessThanOrEqual(HOLD_MS - elapsed + 50);
  });
});

describe.concurrent('pitfall 27, doubled schedules', () => {
  // Caught: a write that is not idempotent by (term, beat, attempt): a doubled acquire takes two terms, a doubled
  // heartbeat that lands late brings an old version back, a doubled resign frees the next leader's office.
  test('pitfall 27, doubled: every write lands twice, the second time late, and nothing is different', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const late = gate();
    const take = proxy.on((request) => (isWrite(request) ? { kind: 'duplicate', release: late.release } : undefined));
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    await heartbeats(a, 3);
    expect(await leadership.resign()).toEqual({ released: true });
    const b = scene.candidate({ via: proxy });
    const next = await b.lead();
    await heartbeats(b, 2);
    take();
    late.open();
    const doubled = proxy.log.filter(({ fault }) => fault?.kind === 'duplicate');
    const statuses = await Promise.all(doubled.map(({ landed }) => landed));
    expect(statuses.length).toBeGreaterThanOrEqual(10);
    expect(statuses.every(([first, second]) => first === 200 && second === 400)).toBe(true);
    next.assertHeld();
    expect(next.term).toBe(2);
    await heartbeats(b, 2);
    expect(b.seen('lost')).toEqual([]);
    expect(await b.office()).toMatchObject({ term: 2, holder: b.election.id });
  });

  // Caught: a wake-up that starts a loop of its own, or one that takes a lease early.
  test('pitfall 27, doubled: a hundred wake-ups at once cost no term and no write', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const leadership = await a.lead();
    const stop = new AbortController();
    const standing = b.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await until('b has seen the leader', () => b.seen('office').length === 1);
    const readsBefore = b.requests.length;
    for (let n = 0; n < 100; n += 1) {
      b.election.wake();
      a.election.wake();
    }
    await heartbeats(a, 3);
    leadership.assertHeld();
    expect(b.requests.length - readsBefore).toBeLessThan(20);
    expect(b.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
    await expect(b.election.run(() => {})).rejects.toMatchObject({ code: 'Busy' }); // a doubled start
    stop.abort();
    await standing;
  });
});
