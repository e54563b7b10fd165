/** Latches: set once, listened to and let go of; combined with signals without leaving anything behind on them. */
import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { anySet, firstOf, isSet, Latch, onceSet } from '../../lib/lease/latch.js';

const listeners = (...signals: AbortSignal[]) => signals.flatMap((signal) => getEventListeners(signal, 'abort')).length;
const settled = (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise((r) => setImmediate(r, false))]);

describe('a latch', () => {
  test('calls what waits for it once, and at once where it is set', () => {
    const latch = new Latch();
    const [before, after] = [vi.fn(), vi.fn()];
    latch.onceSet(before);
    expect([latch.isSet, before.mock.calls.length]).toEqual([false, 0]);
    latch.set();
    latch.set();
    latch.onceSet(after)();
    expect([latch.isSet, before.mock.calls.length, after.mock.calls.length]).toEqual([true, 1, 1]);
  });

  test('does not call what has let go of it, not even while it is being set', () => {
    const latch = new Latch();
    const gone = vi.fn();
    let letGo = () => {};
    latch.onceSet(() => letGo());
    letGo = latch.onceSet(gone);
    latch.set();
    expect(gone).not.toHaveBeenCalled();
  });
});

describe('the first of several', () => {
  test('is set by a latch or by a signal, and at once by one that is', () => {
    for (const how of ['latch', 'signal', 'at once'] as const) {
      const [latch, controller] = [new Latch(), new AbortController()];
      if (how === 'at once') controller.abort();
      const first = firstOf(controller.signal, undefined, latch);
      expect(first.isSet).toBe(how === 'at once');
      if (how === 'latch') latch.set();
      if (how === 'signal') controller.abort();
      expect(first.isSet).toBe(true);
    }
  });

  test('leaves nothing on a signal once it is released, however often that is done', () => {
    const { signal } = new AbortController();
    for (let n = 0; n < 1_000; n += 1) firstOf(signal, new Latch()).release();
    expect(listeners(signal)).toBe(0);
  });
});

describe('waiting for any', () => {
  test('ends with the first, and leaves no listener', async () => {
    const [one, two, latch] = [new AbortController(), new AbortController(), new Latch()];
    const waiting = anySet(one.signal, latch, two.signal);
    expect([listeners(one.signal, two.signal), await settled(waiting)]).toEqual([2, false]);
    latch.set();
    await waiting;
    expect(listeners(one.signal, two.signal)).toBe(0);
    one.abort();
    await anySet(two.signal, one.signal);
    expect(listeners(two.signal)).toBe(0);
  });
});

test('a signal is heard once, or at once, or not at all once it is called off', () => {
  const controller = new AbortController();
  const [kept, called] = [vi.fn(), vi.fn()];
  onceSet(controller.signal, called)();
  onceSet(controller.signal, kept);
  expect(isSet(controller.signal)).toBe(false);
  controller.abort();
  onceSet(controller.signal, kept);
  expect([kept.mock.calls.length, called.mock.calls.length, isSet(controller.signal)]).toEqual([2, 0, true]);
});
