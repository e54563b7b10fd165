/** Which candidate comes next: successors, hold-off, priority, challenges and revokes (section 6). */
import { describe, expect } from 'vitest';
import { isChallenge, isHandOver, isRevoke } from '../support/requests.js';
import { type Candidate, gate, OUTSIDE, TIMINGS, test, untilAborted, WAIT_MS } from '../support/scene.js';
import { until } from '../support/until.js';

/** Stands by run, and gives back how to stop it. */
function stand(candidate: Candidate): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = candidate.election.run(untilAborted, { signal: stop.signal });
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}

const watches = (candidate: Candidate) =>
  until(`${candidate.election.id} watches`, () => candidate.seen('office').length > 0);
const elected = (candidate: Candidate) => candidate.times('elected')[0] ?? Number.POSITIVE_INFINITY;

describe.concurrent('a successor', () => {
  // Caught: a reservation that others do not honour: they take the vacancy at their next look.
  test('is left the vacancy by all others', async ({ scene }) => {
    const [a, b, c, d] = [scene.candidate(), scene.candidate(), scene.candidate(), scene.candidate()];
    const leadership = await a.lead();
    const standing = [b, c, d].map(stand);
    await Promise.all([b, c, d].map(watches));
    expect(await leadership.resign({ to: 'c' })).toEqual({ released: true });
    await until('a successor leads', () => [b, c, d].some(({ seen }) => seen('elected').length > 0));
    expect(c.seen('elected')).toEqual([{ term: 2, id: 'c' }]);
    expect((await scene.item())?.successor).toBeUndefined(); // the acquire removes it
    await Promise.all(standing.map((one) => one.stop()));
  });

  // Caught: a reservation without an end: a dead successor would leave the office vacant for ever (L5).
  test('that is dead is skipped, but not before 2 * renewMs', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const leadership = await a.lead();
    const standing = stand(b);
    await watches(b);
    await leadership.resign({ to: 'nobody' });
    const vacantAt = performance.now();
    expect(await a.office()).toMatchObject({ holder: undefined, successor: 'nobody' });
    await until('b leads', () => b.seen('elected').length === 1);
    // From b's own first sight, which may have come just before the answer to `a`.
    expect(elected(b) - vacantAt).toBeGreaterThan(2 * TIMINGS.renewMs - 300);
    await standing.stop();
  });

  test('of its own naming is not held off', async ({ scene }) => {
    const a = scene.candidate();
    const first = await a.lead();
    await first.resign({ to: 'a' });
    const began = performance.now();
    expect((await a.lead()).term).toBe(2);
    expect(performance.now() - began).toBeLessThan(TIMINGS.leaseMs - 200);
  });
});

describe.concurrent('an operator names the successor', () => {
  // Caught: the vacancy is anybody's, and the first in the line takes it.
  test('the vacancy is kept for it, and it leads next', async ({ scene }) => {
    const [a, operator] = [scene.candidate(), scene.candidate({ ...OUTSIDE, id: 'operator' })];
    const [b, c] = [scene.candidate({ id: 'b' }), scene.candidate({ id: 'c' })];
    const first = stand(a);
    await until('a leads', () => a.seen('elected').length === 1);
    const standing = [first, stand(b), stand(c)];
    await Promise.all([watches(b), watches(c)]);
    const asked = await operator.election.challenge({ to: 'c', why: 'a is drained' });
    expect(asked).toMatchObject({ challenged: true, office: { challenger: { to: 'c', stands: false } } });
    await until('c leads', () => c.seen('elected').length === 1);
    expect(b.seen('elected')).toEqual([]);
    expect(a.seen('lost')[0]).toMatchObject({ term: 1, reason: 'yielded' });
    const vacancy = c.seen('office').find(({ holder, term }) => holder === undefined && term === 1)!;
    expect(vacancy).toMatchObject({ previous: 'a', successor: 'c' });
    // Caught: a vacancy right after a heartbeat, where nobody looks for a whole period.
    expect(vacancy.vacatedAt! - vacancy.renewedAt!).toBeGreaterThan(TIMINGS.renewMs * 0.9);
    await expect(operator.election.challenge({ to: 'c' })).rejects.toMatchObject({ code: 'BadOption' }); // it leads
    await Promise.all(standing.map((one) => one.stop()));
  });

  // Caught: an office that waits for ever for a candidate that does not come.
  test('a successor that does not come is waited for no longer than two heartbeats', async ({ scene }) => {
    const [a, operator] = [scene.candidate(), scene.candidate({ ...OUTSIDE, id: 'operator' })];
    const b = scene.candidate({ id: 'b' });
    const first = stand(a);
    await until('a leads', () => a.seen('elected').length === 1);
    const standing = [first, stand(b)];
    await watches(b);
    await operator.election.challenge({ to: 'nobody' });
    await until('b leads', () => b.seen('elected').length === 1);
    const vacancy = b.seen('office').find(({ holder, term }) => holder === undefined && term === 1);
    expect(vacancy).toMatchObject({ successor: 'nobody' });
    await Promise.all(standing.map((one) => one.stop()));
  });
});

describe.concurrent('hold-off', () => {
  // Caught: a candidate that resigns and takes the office back at once, so that others never get it; or never comes back.
  test('a candidate that resigned leaves vacancies to others for one lease, then two, if nobody else takes them', async ({
    scene,
  }) => {
    const a = scene.candidate({ leaseMs: 1_000, renewMs: 300, stepDownMs: 50, requestTimeoutMs: 300 });
    const gaps: number[] = [];
    let resignedAt = 0;
    for (let term = 1; term <= 3; term += 1) {
      const leadership = await a.lead();
      if (resignedAt > 0) gaps.push(performance.now() - resignedAt);
      expect(leadership.term).toBe(term);
      await leadership.resign();
      resignedAt = performance.now();
    }
    expect(gaps[0]).toBeGreaterThanOrEqual(950);
    expect(gaps[1]).toBeGreaterThanOrEqual(1_950);
    expect(gaps[1]).toBeLessThan(9_000);
  });

  test('ends at the first sight of a later term', async ({ scene }) => {
    const a = scene.candidate({ leaseMs: 20_000, renewMs: 500 });
    const b = scene.candidate({ leaseMs: 20_000, renewMs: 500 });
    await (await a.lead()).resign();
    const began = performance.now();
    const standing = stand(a);
    const second = await b.lead();
    await until('a sees it', () => a.seen('office').at(-1)?.term === second.term);
    await second.resign();
    await until('a leads', () => a.seen('elected').length === 2);
    expect(performance.now() - began).toBeLessThan(18_000);
    await standing.stop();
  });
});

describe.concurrent('priority', () => {
  // Caught: a lower candidate that takes the vacancy before the higher one has had its time.
  test('at a vacancy the lower one waits longer, one staggerMs for each step', async ({ scene }) => {
    const leader = scene.candidate({ priority: 3 });
    const high = scene.candidate({ priority: 3, staggerMs: 1_500 });
    const low = scene.candidate({ priority: 2, staggerMs: 1_500 });
    const leadership = await leader.lead();
    const standing = [stand(low), stand(high)];
    await Promise.all([watches(low), watches(high)]);
    await leadership.resign();
    low.election.wake();
    high.election.wake();
    await until('a leader', () => low.seen('elected').length + high.seen('elected').length > 0);
    expect(high.seen('elected')).toHaveLength(1);
    expect(low.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
    await Promise.all(standing.map((one) => one.stop()));
  });

  test('alone, the lower one leads after its stagger', async ({ scene }) => {
    const leader = scene.candidate({ priority: 9 });
    const low = scene.candidate({ priority: 0, staggerMs: 100 });
    const leadership = await leader.lead();
    const standing = stand(low);
    await watches(low);
    await leadership.resign();
    const vacantAt = performance.now();
    await until('the lower one leads', () => low.seen('elected').length === 1);
    expect(elected(low) - vacantAt).toBeGreaterThan(450); // five steps at most
    await standing.stop();
  });

  // Caught: a hand over that leaves a gap, costs a lease, or goes to a candidate that did not ask.
  test("a higher one challenges, and is handed the office in one write, by a leader that yields to 'priority'", async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, yieldTo: 'priority', value: 'of a' });
    const b = scene.candidate({ priority: 2, value: 'of b', leaseMs: 3_000, renewMs: 700 });
    const one = stand(a);
    await until('a leads', () => a.seen('elected').length === 1);
    const two = stand(b);
    await until('b leads', () => b.seen('elected').length === 1);
    expect(a.seen('challenged')).toMatchObject([{ term: 1, yields: true, challenger: { id: 'b', rank: 2 } }]);
    expect(a.seen('lost')).toEqual([{ term: 1, id: 'a', reason: 'yielded' }]);
    expect(proxy.log.filter(isHandOver)).toHaveLength(1);
    expect(b.seen('office').every(({ holder }) => holder !== undefined)).toBe(true); // no vacancy in between
    await until('b renews', () => b.seen('heartbeat').length > 0);
    expect(await a.office()).toMatchObject({
      ...{ term: 2, holder: 'b', previous: 'a', reason: 'yielded', value: 'of b' },
      ...{ leaseMs: 3_000, renewMs: 700, priority: 2, challenger: undefined },
    });
    // a goes to the end of the line, and does not challenge a candidate that outranks it.
    await until('a watches', () => a.seen('office').at(-1)?.holder === 'b');
    await two.stop();
    await until('a leads again', () => a.seen('elected').length === 2);
    await one.stop();
  });

  // Caught: a standby that challenges again and again; a leader that yields to any challenger.
  test("a leader that yields to 'operator' alone refuses a higher one, which asks once per term", async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    const b = scene.candidate({ via: proxy, priority: 5 });
    const leadership = await a.lead();
    const standing = stand(b);
    await until('the challenge', () => a.seen('challenged').length === 1);
    expect(a.seen('challenged')[0]).toMatchObject({ yields: false });
    const from = a.seen('heartbeat').length;
    await until('the term goes on', () => a.seen('heartbeat').length >= from + 5);
    leadership.assertHeld();
    expect(proxy.log.filter(isChallenge)).toHaveLength(1);
    expect(b.seen('elected')).toEqual([]);
    expect(a.seen('challenged')).toHaveLength(1); // each is judged once
    await leadership.resign();
    await until('b leads', () => b.seen('elected').length === 1);
    await standing.stop();
  });

  test('equal or lower ones, and those that are not well, do not challenge', async ({ scene }) => {
    const a = scene.candidate({ priority: 5, yieldTo: 'priority' });
    const equal = scene.candidate({ priority: 5 });
    const lower = scene.candidate({ priority: 4 });
    const ill = scene.candidate({ priority: 9, healthCheck: () => false });
    const leadership = await a.lead();
    const standing = [equal, lower, ill].map(stand);
    await Promise.all([equal, lower, ill].map(watches));
    const from = a.seen('heartbeat').length;
    await until('heartbeats', () => a.seen('heartbeat').length >= from + 4);
    leadership.assertHeld();
    expect(a.seen('challenged')).toEqual([]);
    for (const one of [equal, lower, ill]) expect(one.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
    await Promise.all(standing.map((one) => one.stop()));
  });

  // Caught: a hand over to the first challenger although the record names a stronger one: refused for ever.
  test('a stronger challenger that comes while the work still stops is handed the office instead', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, yieldTo: 'priority', stepDownMs: 100 });
    const b = scene.candidate({ priority: 2 });
    const c = scene.candidate({ priority: 8 });
    const end = gate();
    const stop = new AbortController();
    const running = a.election.run(() => end.release, { signal: stop.signal });
    await until('a leads', () => a.seen('elected').length === 1);
    const two = stand(b);
    await until('a yields to b', () => a.seen('challenged').length === 1);
    const three = stand(c);
    await until('c challenges', async () => (await scene.item())?.challenger?.M?.id?.S === 'c', { everyMs: 5 });
    stop.abort(); // it must not stand again
    end.open();
    await until('c leads', () => c.seen('elected').length === 1);
    expect(c.seen('elected')).toEqual([{ term: 2, id: 'c' }]);
    expect(b.seen('elected')).toEqual([]);
    await running;
    expect(a.seen('lost')[0]?.reason).toBe('yielded');
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]); // handed over, not left to expire
    expect(await c.office()).toMatchObject({ term: 2, holder: 'c', previous: 'a', reason: 'yielded' });
    await Promise.all([two.stop(), three.stop()]);
  });

  // Caught: a challenge without an answer that ends the standby, or is sent again and again.
  test('a challenge that never arrives is an error, and the candidate goes on standing', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ yieldTo: 'priority' });
    const b = scene.candidate({ via: proxy, priority: 3 });
    proxy.on((request) => (isChallenge(request) ? { kind: 'drop-request' } : undefined));
    const leadership = await a.lead();
    const standing = stand(b);
    await until('the error', () => b.seen('error').length > 0);
    const from = a.seen('heartbeat').length;
    await until('heartbeats', () => a.seen('heartbeat').length >= from + 3);
    expect(b.requests.filter(({ operation }) => operation === 'challenge')).toHaveLength(2); // two tries of one
    leadership.assertHeld();
    await leadership.resign();
    await until('b leads', () => b.seen('elected').length === 1);
    await standing.stop();
  });

  // Caught: a challenger that waits for ever for a leader that has died meanwhile.
  test('a leader that dies with a challenge in its record: the challenger takes over after the lease', async ({
    scene,
  }) => {
    await scene.dead();
    const b = scene.candidate({ priority: 5 });
    const began = performance.now();
    const leadership = await b.lead();
    expect(leadership.term).toBe(2);
    expect(performance.now() - began).toBeGreaterThanOrEqual(WAIT_MS);
    expect((await scene.item())?.challenger).toBeUndefined();
  });
});

describe.concurrent('operators', () => {
  test('with a candidate that stands get the office', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate(OUTSIDE);
    const leadership = await a.lead();
    const next = b.lead();
    await watches(b);
    const { challenged, office } = await b.election.challenge({ why: 'moving house' });
    expect(challenged).toBe(true);
    expect(office.challenger).toMatchObject({ id: 'b', why: 'moving house', stands: true });
    await until('a has to stop', () => leadership.signal.aborted);
    expect(a.seen('challenged')).toMatchObject([{ yields: true, challenger: { why: 'moving house' } }]);
    await leadership.resign();
    expect((await next).term).toBe(2);
    expect(await a.office()).toMatchObject({ reason: 'yielded', previous: 'a' });
  });

  test('a candidate that does not stand has the leader vacate, and that leaves the office to others', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const operator = scene.candidate(OUTSIDE);
    const standing = stand(a);
    await until('a leads', () => a.seen('elected').length === 1);
    expect(await operator.election.challenge()).toMatchObject({ challenged: true, office: { holder: 'a' } });
    await until('the vacancy', () => a.seen('released').length === 1);
    const vacantAt = performance.now();
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
    expect(a.seen('lost')[0]?.reason).toBe('yielded');
    expect(await operator.election.challenge()).toMatchObject({ challenged: false, office: { holder: undefined } });
    await until('a leads again, for nobody else came', () => a.seen('elected').length === 2);
    expect(elected(a)).toBeLessThan(vacantAt);
    expect(a.times('elected')[1]! - vacantAt).toBeGreaterThan(TIMINGS.leaseMs - 300);
    await standing.stop();
    expect(await scene.candidate({ name: `${scene.name}-none`, ...OUTSIDE }).election.challenge()).toMatchObject({
      challenged: false,
      office: { term: 0 },
    });
  });

  // Caught: an office that is taken at once after a revoke without proof of death: the old leader may still lead.
  test('revoke without proof: the leader stops at its next heartbeat, and nobody leads before a whole lease', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const b = scene.candidate();
    const leadership = await a.lead();
    const standing = stand(b);
    await watches(b);
    proxy.partition(true); // it cannot hear of its revocation
    expect(await scene.candidate(OUTSIDE).election.revoke({ term: 1, holder: 'a' })).toMatchObject({
      revoked: true,
      office: { holder: undefined, reason: 'revoked', dead: false, previous: 'a' },
    });
    const revokedAt = performance.now();
    b.election.wake();
    await until('b leads', () => b.seen('elected').length === 1);
    expect(elected(b) - revokedAt).toBeGreaterThan(WAIT_MS - 100);
    expect(() => leadership.assertHeld()).toThrow();
    expect(a.times('lost')[0]).toBeLessThan(elected(b));
    await standing.stop();
  });

  test('a revoke that does not arrive is tried again, and at last reported as failed', async ({ scene }) => {
    await scene.dead();
    const proxy = await scene.proxy();
    const { election } = scene.candidate({ via: proxy, ...OUTSIDE });
    const take = proxy.on((request) => (isRevoke(request) ? { kind: 'drop-request' } : undefined));
    await expect(election.revoke({ term: 1, holder: 'ghost' })).rejects.toMatchObject({ code: 'RequestFailed' });
    take();
    proxy.next(isRevoke, { kind: 'drop-request' }, { times: 2 }); // both attempts of the first try
    expect(await election.revoke({ term: 1, holder: 'ghost' })).toMatchObject({ revoked: true });
  });

  test('revoke with proof of death frees the office at once; a proof that comes later is added', async ({ scene }) => {
    await scene.dead({ leaseMs: { N: '60000' }, renewMs: { N: '10000' } });
    const a = scene.candidate();
    const { election } = scene.candidate(OUTSIDE);
    expect(await election.revoke({ term: 1, holder: 'another' })).toMatchObject({ revoked: false });
    expect(await election.revoke({ term: 2, holder: 'ghost' })).toMatchObject({ revoked: false });
    expect(await election.revoke({ term: 1, holder: 'ghost' })).toMatchObject({
      revoked: true,
      office: { dead: false },
    });
    expect(await election.revoke({ term: 1, holder: 'ghost' })).toMatchObject({ revoked: true }); // idempotent
    const leading = a.lead();
    await until('it waits', () => a.election.state === 'standby' && a.seen('office').length > 0);
    expect(await election.revoke({ term: 1, holder: 'ghost', dead: true })).toMatchObject({
      revoked: true,
      office: { dead: true, holder: undefined },
    });
    a.election.wake();
    expect((await leading).term).toBe(2); // not after a minute
    expect((await scene.item())?.dead).toBeUndefined();
  });
});
