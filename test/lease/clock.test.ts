/** The real clock and sleep: never early, ended by a signal, and nothing left behind. */
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { realChance } from '../../lib/lease/chance.js';
import { type Clock, realClock, sleep } from '../../lib/lease/clock.js';

/** A clock whose timers the test rings, and that knows how many are set. */
function manual() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => ({ mono: 0, wall: 0 }),
    after(_ms, run) {
      const ring = () => {
        timers.delete(ring);
        run();
      };
      timers.add(ring);
      return () => timers.delete(ring);
    },
  };
  return { clock, timers, ring: () => [...timers][0]!() };
}

const listeners = (...signals: AbortSignal[]) => signals.flatMap((signal) => getEventListeners(signal, 'abort')).length;
const settled = (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise((r) => setImmediate(r, false))]);

describe('sleep', () => {
  test('ends when the timer rings, and leaves no listener', async () => {
    const { clock, timers, ring } = manual();
    const [one, two] = [new AbortController(), new AbortController()];
    const sleeping = sleep(clock, 100, one.signal, two.signal);
    expect([timers.size, listeners(one.signal, two.signal), await settled(sleeping)]).toEqual([1, 2, false]);
    ring();
    await sleeping;
    expect([timers.size, listeners(one.signal, two.signal)]).toEqual([0, 0]);
  });

  test('ends when any signal aborts, and leaves no timer and no listener', async () => {
    const { clock, timers } = manual();
    const [one, two] = [new AbortController(), new AbortController()];
    const sleeping = sleep(clock, 100, one.signal, two.signal);
    two.abort();
    await sleeping;
    expect([timers.size, listeners(one.signal, two.signal)]).toEqual([0, 0]);
  });

  test('does not begin if a signal has aborted', async () => {
    const { clock, timers } = manual();
    const other = new AbortController();
    await sleep(clock, 100, other.signal, AbortSignal.abort());
    expect([timers.size, listeners(other.signal)]).toEqual([0, 0]);
  });
});

describe('the real clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is never early by the monotonic clock', async () => {
    const early = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { mono } = realClock.now();
        const ms = 1 + n / 10;
        await new Promise<void>((resolve) => realClock.after(ms, resolve));
        return realClock.now().mono - mono < ms;
      }),
    );
    expect(early.filter(Boolean)).toHaveLength(0);
  });

  test('looks again when a timer came early', async () => {
    let mono = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => mono);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const run = vi.fn();
    realClock.after(10, run);
    mono = 9.5;
    vi.advanceTimersByTime(10);
    expect(run).not.toHaveBeenCalled();
    mono = 10;
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
  });

  test('takes longer times than a timer of Node does', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const run = vi.fn();
    realClock.after(40 * 86_400_000, run);
    vi.advanceTimersByTime(39 * 86_400_000);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(86_400_000);
    expect(run).toHaveBeenCalledOnce();
  });

  test('rings at once for a time that is past, and not at all once it is called off', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const run = vi.fn();
    realClock.after(-5, run);
    realClock.after(5, run)();
    vi.advanceTimersByTime(100);
    expect(run).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('gives both times', () => {
    const before = [performance.now(), Date.now()] as const;
    const { mono, wall } = realClock.now();
    expect(mono).toBeGreaterThanOrEqual(before[0]);
    expect(wall).toBeGreaterThanOrEqual(before[1]);
  });
});

test('chance is within its range, and no attempt comes twice', () => {
  const units = Array.from({ length: 1_000 }, () => realChance.unit());
  expect(Math.min(...units)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...units)).toBeLessThan(1);
  expect(new Set(units).size).toBeGreaterThan(990);
  const attempts = new Set(Array.from({ length: 1_000 }, () => realChance.attempt()));
  expect(attempts.size).toBe(1_000);
  expect([...attempts].every((attempt) => /^[\w-]{16}$/.test(attempt))).toBe(true);
});
