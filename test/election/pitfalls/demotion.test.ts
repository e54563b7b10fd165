/** Pitfalls 4, 28 and 29: a leader stops itself, its candidate goes on, and everyone can see why. */
import { describe, expect } from 'vitest';
import type { Leadership, LostReason } from '../../../lib/index.js';
import { gate, HOLD_MS, OUTSIDE, test, untilAborted } from '../../support/scene.js';
import { until } from '../../support/until.js';

describe.concurrent('pitfall 4, the holder never stops itself', () => {
  // Caught: a leader that steps down only when a renewal is refused: cut off from the table, it would lead for ever.
  test('pitfall 4, the holder never stops itself: cut off from the table, a leader ends by its own clock, with nobody there to depose it', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const order: string[] = [];
    leadership.signal.addEventListener('abort', () => order.push('aborted'));
    a.election.on('lost', () => order.push('lost'));
    proxy.partition(true);
    const lastBeatAt = () => a.times('heartbeat').at(-1) ?? a.times('elected')[0]!;
    await until('the loss', () => a.seen('lost').length === 1);
    expect(order).toEqual(['aborted', 'lost']);
    expect(a.seen('lost')[0]).toMatchObject({ term: 1, reason: 'expired' });
    expect(a.times('lost')[0]! - lastBeatAt()).toBeLessThanOrEqual(HOLD_MS + 1_000); // and a late timer's allowance
    expect(() => leadership.assertHeld()).toThrow(expect.objectContaining({ code: 'LeadershipLost' }));
    expect(leadership.remainingMs()).toBe(0);
    // Back again, it does not rise from the dead, although the record still names it.
    proxy.partition(false);
    expect(await a.office()).toMatchObject({ term: 1, holder: a.election.id });
    expect(() => leadership.assertHeld()).toThrow();
  });
});

describe.concurrent('pitfall 28, losing one term ends the elector', () => {
  // Caught: a run that returns or throws when its term is lost, so that its user calls process.exit.
  test('pitfall 28, losing one term ends the elector: run outlives three lost terms, and serves a fourth', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const operator = scene.candidate(OUTSIDE);
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        terms.push(leadership.term);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    for (let term = 1; term <= 3; term += 1) {
      await until(`term ${term}`, () => terms.length === term);
      expect((await operator.election.revoke({ term, holder: a.election.id, dead: true })).revoked).toBe(true);
      await until(`the loss of term ${term}`, () => a.seen('lost').length === term);
    }
    await until('term 4', () => terms.length === 4);
    expect(terms).toEqual([1, 2, 3, 4]);
    stop.abort();
    await running;
    expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['revoked', 'revoked', 'revoked', 'closed']);
  });
});

describe.concurrent('pitfall 29, nobody can say why', () => {
  const reasonOf = (leadership: Leadership): unknown => {
    try {
      leadership.assertHeld();
    } catch (error) {
      return (error as { details: { reason: LostReason } }).details.reason;
    }
    return 'held';
  };

  // Caught, in all of these: one reason for everything, and an outage reported as a theft.
  test('pitfall 29, nobody can say why: superseded, revoked, resigned and yielded are distinguished', async ({
    scene,
  }) => {
    const reasons: Record<string, unknown> = {};

    const a = scene.candidate({ yieldTo: 'priority' });
    const first = await a.lead();
    await scene.table.set(scene.name, 'attempt', { S: 'of-somebody-else' });
    await until('the loss', () => a.seen('lost').length === 1);
    reasons.superseded = [a.seen('lost')[0]!.reason, reasonOf(first)];

    const b = scene.candidate();
    const second = await b.lead();
    await b.election.revoke({ term: second.term, holder: second.id, dead: true });
    await until('the loss', () => b.seen('lost').length === 1);
    reasons.revoked = [b.seen('lost')[0]!.reason, reasonOf(second)];

    const c = scene.candidate({ yieldTo: 'priority' });
    const third = await c.lead();
    const d = scene.candidate({ priority: 9 });
    const yielding = d.lead();
    await until('c has to stop', () => third.signal.aborted);
    const [fourth] = await Promise.all([yielding, third.resign()]);
    reasons.yielded = [c.seen('lost')[0]!.reason, reasonOf(third)];

    await fourth.resign();
    reasons.resigned = [d.seen('lost')[0]!.reason, reasonOf(fourth)];
    expect(reasons).toEqual({
      superseded: ['superseded', 'superseded'],
      revoked: ['revoked', 'revoked'],
      yielded: ['yielded', 'yielded'],
      resigned: ['resigned', 'resigned'],
    });
  });

  test('pitfall 29, nobody can say why: an outage is reported as expired, a close as closed, and a theft after an outage as what came first', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const cutOff = await a.lead();
    const b = scene.candidate();
    proxy.partition(true);
    const next = await b.lead();
    expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['expired']);
    proxy.partition(false);
    expect(await a.office()).toMatchObject({ term: next.term, previous: 'a', reason: 'expired' });
    expect(reasonOf(cutOff)).toBe('expired');
    expect(cutOff.signal.reason).toMatchObject({ code: 'LeadershipLost' });
    const closing = b.election.close();
    await until('b has to stop', () => next.signal.aborted);
    await next.resign();
    await closing;
    expect(b.seen('lost').map(({ reason }) => reason)).toEqual(['closed']);
    expect(reasonOf(next)).toBe('closed');
  });

  // Caught: a standby that does not learn how the last term ended.
  test('pitfall 29, nobody can say why: an observer from outside sees how the last term ended', async ({ scene }) => {
    const done = gate();
    const a = scene.candidate();
    const b = scene.candidate();
    void a.election.run(() => done.release); // returns: resigns
    await until('a leads', () => a.seen('elected').length === 1);
    const observing = new AbortController();
    const reported: unknown[] = [];
    const watching = (async () => {
      for await (const { term, holder, reason, previous } of b.election.observe({ signal: observing.signal })) {
        reported.push({ term, holder, reason, previous });
      }
    })();
    await until('the leader is seen', () => reported.length === 1);
    done.open();
    await until('the vacancy is seen', () => reported.length >= 2);
    expect(reported[1]).toEqual({ term: 1, holder: undefined, reason: 'resigned', previous: 'a' });
    observing.abort();
    await watching;
    await a.election.close();
  });
});
