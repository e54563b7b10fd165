/** The health check: what counts as sick, how long it may take, and that sickness is told once. */
import { describe, expect, test, vi } from 'vitest';
import type { Context } from '../../lib/election/context.js';
import { Emitter } from '../../lib/election/events.js';
import { ailment, watchHealth } from '../../lib/election/candidate/health.js';
import type { HealthCheck } from '../../lib/election/options.js';
import type { Clock } from '../../lib/lease/clock.js';
import type { TenureError } from '../../lib/lease/errors.js';

/** A clock that moves when told. */
function setUp(check: HealthCheck['check'] | undefined) {
  let now = 0;
  const timers = new Map<() => void, number>();
  const clock: Clock = {
    now: () => ({ mono: now, wall: now }),
    after(ms, run) {
      timers.set(run, now + ms);
      return () => timers.delete(run);
    },
  };
  const pass = async (ms: number) => {
    now += ms;
    for (const [run, due] of timers) {
      if (due > now) continue;
      timers.delete(run);
      run();
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  const emitter = new Emitter();
  const errors: TenureError[] = [];
  emitter.on('error', (error) => errors.push(error));
  const healthCheck = check && { check, periodMs: 3_000, timeoutMs: 1_000 };
  const context = { election: 'billing', clock, emitter, healthCheck } as Partial<Context> as Context;
  return { context, pass, timers, errors };
}

describe('one check', () => {
  test.each([true, undefined, null, 0, '', 'fine'])(
    'that answers %o has passed, and leaves no timer',
    async (answer) => {
      for (const check of [() => answer, async () => answer]) {
        const { context, timers } = setUp(check);
        expect(await ailment(context)).toBeUndefined();
        expect(timers.size).toBe(0);
      }
    },
  );

  const cause = new Error('database gone');
  test.each<[string, HealthCheck['check'], string, unknown]>([
    ['returns false', () => false, 'returned false', undefined],
    ['resolves to false', async () => false, 'returned false', undefined],
    [
      'throws',
      () => {
        throw cause;
      },
      'threw: database gone',
      cause,
    ],
    ['rejects', () => Promise.reject(cause), 'threw: database gone', cause],
    ['rejects with what cannot be shown', () => Promise.reject(Object.create(null)), 'threw: {}', {}],
  ])('that %s has failed', async (_, check, words, because) => {
    const { context, timers } = setUp(check);
    const error = await ailment(context);
    expect(error).toMatchObject({ code: 'HealthCheckFailed', message: expect.stringContaining(`"billing" ${words}`) });
    expect(error?.cause).toEqual(because);
    expect(timers.size).toBe(0);
  });

  test('that takes too long has failed, and its signal says so; what it answers later is nothing', async () => {
    let answer = (_: boolean) => {};
    let signal: AbortSignal | undefined;
    const { context, pass } = setUp((given) => {
      signal = given;
      return new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    });
    const result = ailment(context);
    await pass(999);
    expect(signal?.aborted).toBe(false);
    await pass(1);
    expect(await result).toMatchObject({ message: expect.stringContaining('longer than its 1000 ms') });
    expect(signal?.aborted).toBe(true);
    answer(true);
  });

  test('there is none to fail where none was given', async () => {
    expect(await ailment(setUp(undefined).context)).toBeUndefined();
  });
});

describe('watching', () => {
  test('checks a period after the last check has ended, until it fails; then tells, once', async () => {
    const answers = [true, true, false, false];
    const check = vi.fn(() => answers.shift());
    const { context, pass, errors } = setUp(check);
    const sick = vi.fn();
    const watching = watchHealth(context, new AbortController().signal, sick);
    await pass(2_999);
    expect(check).toHaveBeenCalledTimes(0);
    await pass(1);
    await pass(3_000);
    expect([check.mock.calls.length, sick.mock.calls.length]).toEqual([2, 0]);
    await pass(3_000);
    await watching;
    expect([check.mock.calls.length, sick.mock.calls.length]).toEqual([3, 1]);
    expect(errors).toEqual([expect.objectContaining({ code: 'HealthCheckFailed' })]);
  });

  test('ends when the leadership does, even in the middle of a check, and tells nothing', async () => {
    let fail = () => {};
    const { context, pass, errors, timers } = setUp(
      () =>
        new Promise((_, reject) => {
          fail = () => reject(new Error('too late'));
        }),
    );
    const over = new AbortController();
    const sick = vi.fn();
    const watching = watchHealth(context, over.signal, sick);
    await pass(3_000);
    over.abort();
    fail();
    await pass(0); // it has seen the failure, and that nobody asks any more
    await watching;
    expect([sick.mock.calls.length, errors, timers.size]).toEqual([0, [], 0]);
  });

  test('ends while it waits for the next check', async () => {
    const check = vi.fn();
    const { context, timers } = setUp(check);
    const over = new AbortController();
    const watching = watchHealth(context, over.signal, () => {});
    over.abort();
    await watching;
    expect([check.mock.calls.length, timers.size]).toEqual([0, 0]);
  });

  test('of nothing ends at once', async () => {
    await watchHealth(setUp(undefined).context, new AbortController().signal, () => {});
  });
});
