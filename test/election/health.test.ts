/** The health check: what counts as sick, how long it may take, that nobody waits for it, and that sickness is reported once. */
import { describe, expect, test, vi } from 'vitest';
import { Health } from '../../lib/election/candidate/health.js';
import type { Context } from '../../lib/election/context.js';
import { Emitter } from '../../lib/election/events.js';
import type { HealthCheck } from '../../lib/election/options.js';
import type { Clock } from '../../lib/lease/clock.js';
import type { TenureError } from '../../lib/lease/errors.js';
import { Latch } from '../../lib/lease/latch.js';

/** A clock that the test moves. */
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

/** The error of one check, as the watching reports it. */
async function failureOf(check: HealthCheck['check']): Promise<TenureError | undefined> {
  const { context, pass, timers, errors } = setUp(check);
  const over = new Latch();
  const watching = new Health(context).watch(over, () => {});
  await pass(3_000);
  over.set();
  await watching;
  expect(timers.size).toBe(0);
  return errors[0];
}

describe('one check', () => {
  test.each([true, undefined, null, 0, '', 'fine'])('that answers %o has passed', async (answer) => {
    for (const check of [() => answer, async () => answer]) expect(await failureOf(check)).toBeUndefined();
  });

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
    const error = await failureOf(check);
    expect(error).toMatchObject({ code: 'HealthCheckFailed', message: expect.stringContaining(`"billing" ${words}`) });
    expect(error?.cause).toEqual(because);
  });

  test('that takes too long has failed, and its signal says so; what it answers later is nothing', async () => {
    let answer = (_: boolean) => {};
    let signal: AbortSignal | undefined;
    const { context, pass, errors } = setUp((given) => {
      signal = given;
      return new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    });
    const sick = vi.fn();
    const watching = new Health(context).watch(new Latch(), sick);
    await pass(3_000);
    await pass(999);
    expect([signal?.aborted, sick.mock.calls.length]).toEqual([false, 0]);
    await pass(1);
    await watching;
    expect([signal?.aborted, sick.mock.calls.length]).toEqual([true, 1]);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('longer than its 1000 ms') })]);
    answer(true);
  });
});

describe('asking', () => {
  test('never waits: the check runs beside, and says when it has passed', async () => {
    let answer = (_: boolean) => {};
    const check = vi.fn(
      () =>
        new Promise<boolean>((resolve) => {
          answer = resolve;
        }),
    );
    const { context, pass } = setUp(check);
    const health = new Health(context);
    const whenWell = vi.fn();
    expect(health.isWell(whenWell)).toBe(false);
    expect(health.isWell(whenWell)).toBe(false);
    expect(check).toHaveBeenCalledOnce(); // one at a time
    answer(true);
    await pass(0);
    expect([whenWell.mock.calls.length, health.isWell(whenWell), check.mock.calls.length]).toEqual([1, true, 1]);
    await pass(3_000); // the verdict is a period old
    expect([health.isWell(whenWell), check.mock.calls.length]).toEqual([false, 2]);
  });

  test('is not well after a check that failed or hangs, and asks again after a period', async () => {
    const check = vi.fn(() => false as unknown);
    const { context, pass } = setUp(check);
    const health = new Health(context);
    const whenWell = vi.fn();
    health.isWell(whenWell);
    await pass(0);
    expect([health.isWell(whenWell), check.mock.calls.length]).toEqual([false, 1]);
    check.mockReturnValue(new Promise(() => {}));
    await pass(3_000);
    expect(health.isWell(whenWell)).toBe(false);
    await pass(1_000);
    expect([health.isWell(whenWell), check.mock.calls.length, whenWell.mock.calls.length]).toEqual([false, 2, 0]);
  });

  test('is well where there is no check', () => {
    expect(new Health(setUp(undefined).context).isWell(() => {})).toBe(true);
  });
});

describe('watching', () => {
  test('checks a period after the last check has ended, until it fails; then reports it, once', async () => {
    const answers = [true, true, false, false];
    const check = vi.fn(() => answers.shift());
    const { context, pass, errors } = setUp(check);
    const sick = vi.fn();
    const watching = new Health(context).watch(new Latch(), sick);
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

  test('ends when the leadership does, even in the middle of a check, and reports nothing', async () => {
    let fail = () => {};
    const { context, pass, errors, timers } = setUp(
      () =>
        new Promise((_, reject) => {
          fail = () => reject(new Error('too late'));
        }),
    );
    const over = new Latch();
    const sick = vi.fn();
    const watching = new Health(context).watch(over, sick);
    await pass(3_000);
    over.set();
    fail();
    await pass(0); // it has seen the failure, and that nobody asks any more
    await watching;
    expect([sick.mock.calls.length, errors, timers.size]).toEqual([0, [], 0]);
  });

  test('ends while it waits for the next check', async () => {
    const check = vi.fn();
    const { context, timers } = setUp(check);
    const over = new Latch();
    const watching = new Health(context).watch(over, () => {});
    over.set();
    await watching;
    expect([check.mock.calls.length, timers.size]).toEqual([0, 0]);
  });

  test('of nothing ends at once', async () => {
    await new Health(setUp(undefined).context).watch(new Latch(), () => {});
  });
});
