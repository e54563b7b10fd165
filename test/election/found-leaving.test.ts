/** A candidate that has asked for the office and leaves: none of the tries of its challenge brings it the office any more. */
import { describe, expect } from 'vitest';
import { isChallenge } from '../support/requests.js';
import { gate, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** Long enough for a heartbeat not to come between: then the challenge would be granted before anyone can leave. */
const SLOW = { leaseMs: 20_000, renewMs: 6_000, stepDownMs: 1_000, requestTimeoutMs: 2_000 };

describe.concurrent('a candidate that leaves', () => {
  // Caught: a challenge that was still under way when its candidate had looked for it three times, and landed after that.
  test('while its challenge is under way: it waits for the answer, and withdraws', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate(SLOW);
    const leading = a.election.run(untilAborted);
    await until('a leads', () => a.election.state === 'leading');
    const b = scene.candidate({ via: proxy, ...SLOW });
    const standing = b.election.run(untilAborted);
    await until('b stands', () => b.election.state === 'standby');
    const late = proxy.next(isChallenge, { kind: 'delay', beforeMs: 800 });
    const challenging = b.election.challenge();
    await late.happened;
    await b.election.close();
    expect(await challenging).toMatchObject({ challenged: true });
    await standing;
    expect(await scene.item()).toMatchObject({ holder: { S: 'a' } });
    expect(await scene.item()).not.toHaveProperty('challenger');
    await a.election.close();
    await leading;
    expect(a.seen('challenged')).toEqual([]);
  });

  // Caught: a challenge that was withdrawn once, and came back with its first try, which landed late.
  test('after a try of its challenge had no answer: it looks for it again, and withdraws it again', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ ...SLOW, yieldTo: 'priority' });
    const leading = a.election.run(untilAborted);
    await until('a leads', () => a.election.state === 'leading');
    const first = gate();
    const late = proxy.next(isChallenge, { kind: 'hold', release: first.release });
    const b = scene.candidate({ via: proxy, priority: 1, ...SLOW });
    const standing = b.election.run(untilAborted);
    await late.happened; // and a second try follows, which is answered
    await until('the second try', () => proxy.log.filter(isChallenge).length === 2);
    await Promise.all(proxy.log.filter((one) => isChallenge(one) && !one.fault).map(({ landed }) => landed));
    const closing = b.election.close();
    await until('it is withdrawn', async () => (await scene.item())?.challenger === undefined, { everyMs: 1 });
    first.open();
    await late.landed;
    await closing;
    await standing;
    expect(await scene.item()).not.toHaveProperty('challenger');
    await a.election.close();
    await leading;
    expect(a.seen('challenged')).toEqual([]);
  });
});

describe.concurrent('a table that does not answer', () => {
  // Caught: three rounds of looks, each with all of its tries: 11 s at the default timings, longer than a function has.
  test('is not asked for long by a candidate that leaves', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate(SLOW);
    const leadership = await a.lead();
    const b = scene.candidate({ via: proxy, priority: 1, ...SLOW });
    const standing = b.election.run(untilAborted);
    await until('it has asked', () => proxy.log.some(isChallenge));
    proxy.on(() => ({ kind: 'hang' }));
    await b.election.close();
    await standing;
    const looks = b.requests.filter(({ operation, outcome }) => operation === 'withdraw' && outcome === 'unknown');
    expect(looks.length).toBeLessThanOrEqual(4);
    leadership.assertHeld();
  });
});
