/** run() and campaign(): what users call, and what becomes of the work in all its ways to end. */
import { describe, expect } from 'vitest';
import type { Leadership, TenureError } from '../../lib/index.js';
import { isResign } from '../support/requests.js';
import { gate, OUTSIDE, TIMINGS, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

describe.concurrent('run', () => {
  test('runs the work once per term, and resolves when its signal aborts', async ({ scene }) => {
    const a = scene.candidate();
    const stop = new AbortController();
    const works: Leadership[] = [];
    const running = a.election.run(
      async (leadership) => {
        works.push(leadership);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    await until('the work', () => works.length === 1);
    expect(works[0]).toMatchObject({ term: 1, id: 'a' });
    expect(works[0]!.remainingMs()).toBeGreaterThan(0);
    expect(works[0]!.remainingMs()).toBeLessThanOrEqual(TIMINGS.leaseMs * 0.99);
    expect(a.election.state).toBe('leading');
    stop.abort();
    await running;
    expect(a.election.state).toBe('idle');
    expect(works).toHaveLength(1);
    expect(a.seen('state').map(({ state }) => state)).toEqual([
      'standby',
      'contending',
      'leading',
      'stepping down',
      'idle',
    ]);
    expect(a.seen('lost')).toEqual([{ term: 1, id: 'a', reason: 'closed' }]);
    expect(a.troubles()).toEqual([]);
  });

  test('stopped before it began: stands for nothing', async ({ scene }) => {
    const a = scene.candidate();
    await a.election.run(() => expect.unreachable(), { signal: AbortSignal.abort() });
    expect(await scene.item()).toBeUndefined();
    expect(a.requests).toEqual([]);
  });

  test('work that returns resigns; the candidate leaves the next vacancies to others for a lease, then stands again', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(({ term }) => void terms.push(term), { signal: stop.signal });
    await until('the resignation', () => a.seen('released').length === 1);
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
    expect(a.seen('lost')[0]?.reason).toBe('resigned');
    const next = await b.lead();
    expect(next.term).toBe(2);
    await next.resign();
    await until('a works again', () => terms.length === 2);
    expect(terms).toEqual([1, 3]);
    stop.abort();
    await running;
  });

  test.for([
    [
      'at once',
      (): unknown => {
        throw new RangeError('broken');
      },
    ],
    ['later', () => Promise.reject(new RangeError('broken'))],
    ['what is no error', () => Promise.reject('broken')],
  ] as const)('work that throws %s resigns, and the error is reported', async ([, work], { scene }) => {
    const a = scene.candidate();
    const stop = new AbortController();
    const running = a.election.run(work, { signal: stop.signal });
    await until('the resignation', () => a.seen('released').length === 1);
    expect(a.troubles()).toEqual(['WorkFailed']);
    expect(a.seen('error').find(({ code }) => code === 'WorkFailed')?.message).toContain('broken');
    expect(a.seen('lost')[0]?.reason).toBe('resigned');
    expect(await a.office()).toMatchObject({ holder: undefined, reason: 'resigned' });
    stop.abort();
    await running;
  });

  test('work that throws because it had to stop is no error', async ({ scene }) => {
    const a = scene.candidate();
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        await untilAborted(leadership);
        leadership.signal.throwIfAborted();
      },
      { signal: stop.signal },
    );
    await until('a leads', () => a.election.state === 'leading');
    stop.abort();
    await running;
    expect(a.troubles()).toEqual([]);
  });

  // Caught: a candidate that stands again while its old work goes on, and works twice at a time.
  test('work that overruns its lease: WorkOverran is reported, another leads, and the candidate stands again only when it has ended', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const b = scene.candidate();
    const end = gate();
    let working = 0;
    let most = 0;
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        working += 1;
        most = Math.max(most, working);
        terms.push(leadership.term);
        if (terms.length === 1) await end.release;
        else await untilAborted(leadership);
        working -= 1;
      },
      { signal: stop.signal },
    );
    await until('a works', () => terms.length === 1);
    proxy.partition(true);
    const next = await b.lead();
    proxy.partition(false);
    await until('the report', () => a.troubles().includes('WorkOverran'));
    const reads = a.requests.length;
    await until('b beats', () => b.seen('heartbeat').length >= 3);
    await next.resign();
    expect(terms).toEqual([1]);
    expect(a.requests.length).toBe(reads); // it does not even look
    end.open();
    await until('a works again', () => terms.length === 2);
    expect(terms).toEqual([1, 3]);
    expect(most).toBe(1);
    stop.abort();
    await running;
  });

  // Caught: a close that takes the moment between `elected` and the work for a time without work: the office would be
  // vacated while the work that is just about to begin goes on (section 6, the end of work).
  test('a close that is asked for while `elected` is emitted vacates only after the work, or lets none begin', async ({
    scene,
  }) => {
    const a = scene.candidate();
    let closing: Promise<void> | undefined;
    let working = false;
    const vacatedDuringWork: boolean[] = [];
    a.election.on('elected', () => {
      closing = a.election.close();
    });
    a.election.on('request', ({ operation }) => {
      if (operation === 'resign') vacatedDuringWork.push(working);
    });
    await a.election.run(async (leadership) => {
      working = true;
      await untilAborted(leadership);
      await new Promise((resolve) => setTimeout(resolve, 300)); // within stepDownMs or not, it has not ended
      working = false;
    });
    await closing;
    expect(vacatedDuringWork).not.toContain(true);
    expect(a.seen('lost')).toHaveLength(1);
  });

  test('resign() from within the work says that the work has ended', async ({ scene }) => {
    const a = scene.candidate();
    const stop = new AbortController();
    const results: unknown[] = [];
    const running = a.election.run(
      async (leadership) => {
        results.push(await leadership.resign(), leadership.signal.aborted, leadership.remainingMs());
        results.push(await leadership.resign()); // joins the first
      },
      { signal: stop.signal },
    );
    await until('the results', () => results.length === 4);
    expect(results).toEqual([{ released: true }, true, 0, { released: true }]);
    expect((await scene.item())?.holder).toBeUndefined();
    stop.abort();
    await running;
    expect(a.seen('lost')).toHaveLength(1);
  });
});

describe.concurrent('campaign', () => {
  test('the signal ends the waiting alone, and rejects with its reason', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const stop = new AbortController();
    const leadership = await a.lead({ signal: stop.signal });
    const waiting = b.election.campaign({ signal: stop.signal });
    await until('b watches', () => b.seen('office').length === 1);
    stop.abort(new Error('waited enough'));
    await expect(waiting).rejects.toThrow('waited enough');
    expect(b.election.state).toBe('idle');
    const from = a.seen('heartbeat').length;
    await until('heartbeats go on', () => a.seen('heartbeat').length >= from + 2);
    leadership.assertHeld();
    await leadership.resign();
    // A candidate that gave up leaves nothing behind.
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined });
    expect(b.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  test('given up while the office is being won, it leaves no term behind', async ({ scene }) => {
    for (let n = 0; n < 8; n += 1) {
      const a = scene.candidate();
      const stop = new AbortController();
      a.election.on('request', ({ operation }) => {
        if (operation === 'acquire' || operation === 'create' || (n % 2 === 1 && operation === 'raise')) stop.abort();
      });
      const leadership = await a.lead({ signal: stop.signal }).catch(() => undefined);
      if (leadership !== undefined) await leadership.resign();
      const office = await a.office();
      expect(office.holder).toBeUndefined();
      expect(a.election.state).toBe('idle');
    }
  });

  test('await using gives the office back', async ({ scene }) => {
    const a = scene.candidate();
    {
      await using leadership = await a.election.campaign();
      leadership.assertHeld();
    }
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned' });
    expect(a.election.state).toBe('idle');
  });

  test('one candidacy at a time: a second run or campaign throws Busy, also while a leadership by hand goes on', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const busy = { code: 'Busy' };
    const stop = new AbortController();
    const running = a.election.run(untilAborted, { signal: stop.signal });
    await expect(a.election.run(untilAborted)).rejects.toMatchObject(busy);
    await expect(a.election.campaign()).rejects.toMatchObject(busy);
    await until('a leads', () => a.election.state === 'leading');
    await expect(a.election.campaign()).rejects.toMatchObject(busy);
    stop.abort();
    await running;
    const leadership = await a.lead();
    expect(leadership.term).toBe(2); // a close holds nobody off
    await expect(a.election.run(untilAborted)).rejects.toMatchObject(busy);
    await leadership.resign();
    const again = await a.lead();
    expect(again.term).toBe(3);
  });

  test('arguments that make no sense are refused', async ({ scene }) => {
    const a = scene.candidate();
    const bad = { code: 'BadOption' };
    await expect(a.election.run(undefined as never)).rejects.toMatchObject(bad);
    await expect(a.election.run(untilAborted, { signal: 1 as never })).rejects.toMatchObject(bad);
    await expect(a.election.campaign({ signal: {} as never })).rejects.toMatchObject(bad);
    expect(() => a.election.observe({ signal: 'now' as never })).toThrow(expect.objectContaining(bad));
    expect(() => a.election.on('lost', undefined as never)).toThrow(expect.objectContaining(bad));
    await expect(a.election.challenge({ why: 'x'.repeat(65) })).rejects.toMatchObject(bad);
    await expect(a.election.challenge({ to: '' })).rejects.toMatchObject(bad);
    await expect(a.election.revoke({ term: 0, holder: 'a' })).rejects.toMatchObject(bad);
    await expect(a.election.revoke({ term: 1, holder: '' })).rejects.toMatchObject(bad);
    await expect(a.election.revoke({ term: 1, holder: 'a', dead: 1 as never })).rejects.toMatchObject(bad);
    const leadership = await a.lead();
    await expect(leadership.resign({ to: '' })).rejects.toMatchObject(bad);
    leadership.assertHeld();
    await expect(a.election.challenge()).rejects.toMatchObject(bad); // itself
  });
});

describe.concurrent('events and close', () => {
  // Caught: a listener that stops the demotion; `elected` twice for a term, or `lost` without it (S9).
  test('elected and lost alternate, whatever the listeners do', async ({ scene }) => {
    const a = scene.candidate();
    const operator = scene.candidate(OUTSIDE);
    const order: string[] = [];
    const off = a.election.on('elected', () => {
      throw new Error('a listener that throws');
    });
    a.election.on('lost', async () => {
      throw new Error('a listener that rejects');
    });
    a.election.on('elected', ({ term }) => void order.push(`elected ${term}`));
    a.election.on('lost', ({ term }) => void order.push(`lost ${term}`));
    const stop = new AbortController();
    const running = a.election.run(untilAborted, { signal: stop.signal });
    for (let term = 1; term <= 3; term += 1) {
      await until(`term ${term}`, () => order.includes(`elected ${term}`));
      await operator.election.revoke({ term, holder: 'a', dead: true });
    }
    await until('term 4', () => order.includes('elected 4'));
    off();
    stop.abort();
    await running;
    expect(order).toEqual([1, 2, 3, 4].flatMap((term) => [`elected ${term}`, `lost ${term}`]));
    expect(a.troubles().filter((code) => code === 'ListenerFailed').length).toBe(8);
  });

  test('an error without a listener is dropped, and off takes a listener off', async ({ scene }) => {
    const proxy = await scene.proxy();
    const { Election } = await import('../../lib/index.js');
    const lonely = new Election({
      ...TIMINGS,
      name: scene.name,
      tableName: 'no-such-table',
      client: scene.client(proxy),
    });
    const errors: TenureError[] = [];
    const campaign = lonely.campaign({ keepTrying: true }).catch((error: unknown) => error);
    await until('requests', () => proxy.log.length >= 2);
    const listener = (error: TenureError) => void errors.push(error);
    lonely.on('error', listener);
    // A busy machine may be late with its answer first, which is an error of its own.
    await until('the error', () => errors.some(({ code }) => code === 'TableMissing'));
    lonely.off('error', listener);
    const reported = errors.length;
    const sent = proxy.log.length;
    await until('more requests', () => proxy.log.length >= sent + 2);
    expect(errors.length).toBe(reported);
    await lonely.close();
    expect(await campaign).toMatchObject({ code: 'TableMissing', details: { reason: { code: 'Closed' } } });
  });

  test('close is idempotent, ends a waiting campaign, and nothing starts after it', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const leadership = await a.lead();
    const waiting = b.election.campaign().catch((error: unknown) => error);
    await until('b watches', () => b.seen('office').length === 1);
    await Promise.all([b.election.close(), b.election.close()]);
    await b.election.close();
    expect(await waiting).toMatchObject({ code: 'Closed' });
    expect(b.election.state).toBe('closed');
    await expect(b.election.run(untilAborted)).rejects.toMatchObject({ code: 'Closed' });
    await expect(b.election.campaign()).rejects.toMatchObject({ code: 'Closed' });
    for await (const _ of b.election.observe()) expect.unreachable();
    leadership.assertHeld();
  });

  test('await using closes: the work is stopped, the office vacated', async ({ scene }) => {
    const proxy = await scene.proxy();
    let running: Promise<void> | undefined;
    {
      await using election = scene.candidate({ via: proxy }).election;
      running = election.run(untilAborted);
      await until('it leads', () => election.state === 'leading');
    }
    await running;
    expect(proxy.log.filter(isResign)).toHaveLength(1);
    expect((await scene.item())?.holder).toBeUndefined();
  });

  test('close while a leadership by hand goes on: its signal is aborted, and the office is its owner’s to give back', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const leadership = await a.lead();
    const closing = a.election.close();
    await until('its signal is aborted', () => leadership.signal.aborted);
    expect((await scene.item())?.holder).toEqual({ S: 'a' });
    expect(await leadership.resign()).toEqual({ released: true });
    await closing;
    expect((await scene.item())?.holder).toBeUndefined();

    const b = scene.candidate();
    await b.election.campaign(); // and nobody ever resigns it
    await b.election.close();
    expect(b.seen('lost').map(({ term }) => term)).toEqual([2]);
    expect(b.seen('released')).toEqual([{ term: 2, released: false }]);
  });

  // Caught: a record, a fence or a client that two elections share.
  test('two elections on one table do not disturb each other', async ({ scene }) => {
    const one = scene.candidate({ name: `${scene.name}-one`, id: 'same' });
    const two = scene.candidate({ name: `${scene.name}-two`, id: 'same' });
    const [first, second] = await Promise.all([one.lead(), two.lead()]);
    expect([first.term, second.term]).toEqual([1, 1]);
    await first.resign();
    expect((await one.lead()).term).toBe(2);
    await one.election.revoke({ term: 2, holder: 'same', dead: true });
    await until('the loss of one', () => one.seen('lost').length === 2);
    second.assertHeld();
    expect(two.seen('lost')).toEqual([]);
  });
});

describe.concurrent('the health of the work', () => {
  const sick = (verdict: (signal: AbortSignal) => unknown) => {
    let ill = false;
    return {
      check: (signal: AbortSignal): unknown => (ill ? verdict(signal) : true),
      fall: () => {
        ill = true;
      },
    };
  };

  test.for([
    ['refuses', (): unknown => false],
    [
      'throws',
      (): unknown => {
        throw new Error('out of order');
      },
    ],
    ['rejects', () => Promise.reject(new Error('out of order'))],
    ['hangs', () => new Promise(() => {})],
  ] as const)(
    'a health check that %s: the work is stopped, the office resigned, others lead',
    async ([, verdict], { scene }) => {
      const health = sick(verdict);
      const a = scene.candidate({ healthCheck: { check: health.check, periodMs: 50, timeoutMs: 100 } });
      const b = scene.candidate();
      let stopped = false;
      const stop = new AbortController();
      const running = a.election.run(
        async (leadership) => {
          await untilAborted(leadership);
          stopped = true;
        },
        { signal: stop.signal },
      );
      await until('a leads', () => a.election.state === 'leading');
      const next = b.lead();
      await until('b watches', () => b.seen('office').length > 0);
      health.fall();
      expect((await next).term).toBe(2);
      expect(stopped).toBe(true);
      expect(a.troubles()).toEqual(['HealthCheckFailed']);
      expect(a.seen('lost')[0]?.reason).toBe('resigned');
      stop.abort();
      await running;
    },
  );

  test('a healthy one goes on, and its signal is there', async ({ scene }) => {
    let checks = 0;
    const a = scene.candidate({
      healthCheck: (signal) => {
        checks += 1;
        expect(signal.aborted).toBe(false);
      },
    });
    const leadership = await a.lead();
    await until('checks', () => checks >= 3);
    leadership.assertHeld();
    await leadership.resign();
    const after = checks;
    await scene.candidate().lead();
    expect(checks).toBe(after);
    expect(a.troubles()).toEqual([]);
  });
});
