/**
 * Pitfall 5: a step-down by timer only. In a file of its own, for these tests block the event loop of everything
 * beside them.
 */
import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';
import type { Leadership } from '../../../lib/index.js';
import { type Clock, realClock } from '../../../lib/lease/clock.js';
import { isHeartbeat } from '../../support/requests.js';
import { HOLD_MS, test, untilAborted } from '../../support/scene.js';
import { until } from '../../support/until.js';

/** Blocks the event loop, really: no timer, no answer, no microtask gets in. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const isOver = (leadership: Leadership): boolean => {
  try {
    leadership.assertHeld();
    return false;
  } catch {
    return true;
  }
};

// Caught: leadership cached by a timer, which cannot fire in the turn that is blocked.
test('pitfall 5, step-down by timer only: in the very turn that was blocked past the lease, assertHeld throws and the signal is aborted', async ({
  scene,
}) => {
  const a = scene.candidate();
  const leadership = await a.lead();
  expect(isOver(leadership)).toBe(false);
  expect(leadership.signal.aborted).toBe(false);
  block(HOLD_MS + 50);
  expect(() => leadership.assertHeld()).toThrow(
    expect.objectContaining({ code: 'LeadershipLost', details: expect.objectContaining({ reason: 'expired' }) }),
  );
  expect(leadership.signal.aborted).toBe(true);
  expect(leadership.remainingMs()).toBe(0);
  await until('the loss is emitted', () => a.seen('lost').length === 1, { limitMs: 1_000, everyMs: 1 });
  expect(a.seen('lost')).toEqual([{ term: 1, id: 'a', reason: 'expired' }]);
});

// Caught: an implementation where `assertHeld` is right but `signal` is what a timer last made of it.
test('pitfall 5, step-down by timer only: the signal alone, asked first, knows too, and before the end of the lease', async ({
  scene,
}) => {
  const a = scene.candidate({ stepDownMs: 400 });
  const leadership = await a.lead();
  const between = leadership.remainingMs() - 300; // after the step-down's instant, before the lease's end
  block(between);
  const aborted = leadership.signal.aborted; // before anything else looks at the clock
  const held = !isOver(leadership);
  expect(aborted).toBe(true);
  expect(held).toBe(true); // the work may still use what is left to stop
});

// Caught: an alarm that finds the lease over already and skips its callback; a heartbeat that is sent first and
// revives a lease that had ended.
test('pitfall 5, step-down by timer only: asked by nobody, the loss is emitted first thing after, before any heartbeat', async ({
  scene,
}) => {
  const a = scene.candidate();
  const leadership = await a.lead();
  const taken = leadership.signal; // taken earlier: aborts in the next turn of the timers
  const writesBefore = a.requests.length;
  const beatsBefore = a.seen('heartbeat').length;
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      block(HOLD_MS + 50);
      resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken.aborted).toBe(true);
  expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['expired']);
  expect(a.seen('heartbeat').length).toBe(beatsBefore);
  expect(a.requests.length).toBe(writesBefore);
});

// Caught: an answer to a heartbeat that was sent in time, but comes after the deadline, and restores the lease.
test('pitfall 5, a frozen process: a heartbeat under way that is answered after the deadline restores nothing', async ({
  scene,
}) => {
  const proxy = await scene.proxy();
  let frozenMs = 0;
  const clock: Clock = {
    now: () => ({ mono: realClock.now().mono, wall: realClock.now().wall + frozenMs }),
    after: (ms, run) => realClock.after(ms, run),
  };
  // With this patience the next heartbeat is answered long before any timer could signal the end.
  const slow = { leaseMs: 10_000, renewMs: 2_000, stepDownMs: 500, requestTimeoutMs: 2_000 };
  const a = scene.candidate({ client: scene.client(proxy, 8_000), effects: { clock }, ...slow });
  const leadership = await a.lead();
  await until('a heartbeat', () => a.seen('heartbeat').length === 1, { everyMs: 2 });
  const underWay = proxy.next(isHeartbeat, { kind: 'delay', afterMs: 300 });
  await underWay.happened;
  const answered = a.requests.length;
  frozenMs = leadership.remainingMs() + 100; // the lease is over; counted from this heartbeat's sending it would not be
  await until('the answer', () => a.requests.length > answered, { everyMs: 2 });
  expect(isOver(leadership)).toBe(true);
  expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['expired']);
  expect(a.seen('heartbeat')).toHaveLength(1);
});

// Caught: the monotonic clock alone: it stands still while a virtual machine is suspended, and the lease with it.
test('pitfall 5, a frozen process: thawed after its lease, with a monotonic clock that stood still, it does not go on', async ({
  scene,
}) => {
  let frozenMs = 0;
  const clock: Clock = {
    now: () => ({ mono: realClock.now().mono, wall: realClock.now().wall + frozenMs }),
    after: (ms, run) => realClock.after(ms, run),
  };
  const a = scene.candidate({ effects: { clock } });
  const leadership = await a.lead();
  frozenMs = 60_000;
  expect(isOver(leadership)).toBe(true);
  expect(leadership.signal.aborted).toBe(true);
  expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['expired']);
});

// Caught: the work of run() that is not stopped; a candidate that is dead after a standstill.
test('pitfall 5, step-down by timer only: run stops the work of the blocked term, and serves another', async ({
  scene,
}) => {
  const a = scene.candidate();
  const stop = new AbortController();
  const terms: number[] = [];
  const running = a.election.run(
    async (leadership) => {
      terms.push(leadership.term);
      if (terms.length === 1) block(HOLD_MS + 50);
      await untilAborted(leadership);
    },
    { signal: stop.signal },
  );
  await until('the second term', () => terms.length === 2);
  expect(terms).toEqual([1, 2]);
  expect(a.seen('lost')[0]).toMatchObject({ term: 1, reason: 'expired' });
  stop.abort();
  await running;
});
