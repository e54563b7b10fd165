/** Pitfalls 15, 17, 18, 19, 20, 22 and 24: candidates that wait for the office, and what they may believe. */
import { describe, expect } from 'vitest';
import { Election, type ElectionOptions } from '../../../lib/index.js';
import { DynamoLeaseStore } from '../../../lib/lease/dynamodb.js';
import type { LeaseRecord } from '../../../lib/lease/record.js';
import { isAcquire, isCreate, isHeartbeat } from '../../support/requests.js';
import { gate, type Scene, test, untilAborted, WAIT_MS } from '../../support/scene.js';
import { until } from '../../support/until.js';

/** What a takeover may take beyond the lease: a jitter, a read, two writes; on a noisy machine. */
const PATIENCE_MS = 5_000;

const storeOf = (scene: Scene) => new DynamoLeaseStore(scene.client(), scene.table.tableName, scene.name);

describe.concurrent('pitfall 15, a background error', () => {
  // Caught: an exception of the background loop that becomes an unhandled rejection and ends the process, or the loop.
  test('pitfall 15, a background error crashes the process, or ends the loop for ever: a store that throws anything delays the election, and no more', async ({
    scene,
  }) => {
    const real = storeOf(scene);
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    scene.afterwards(() => process.off('unhandledRejection', note));
    const faults: unknown[] = [new TypeError('no such thing'), 'a text', undefined, { code: 42 }, new Error('')];
    let sick = true;
    let thrown = 0;
    const store = new Proxy(real, {
      get(target, name) {
        const method = Reflect.get(target, name, target) as (...args: unknown[]) => unknown;
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          if (!sick) return method.apply(target, args);
          thrown += 1;
          if (thrown % 2 === 0) throw faults[thrown % faults.length]; // at once, not only by the promise
          return Promise.reject(faults[thrown % faults.length]);
        };
      },
    });
    const a = scene.candidate({ effects: { store } });
    a.election.on('error', () => {
      throw new Error('a listener of the errors that throws itself');
    });
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        terms.push(leadership.term);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    await until('errors while it stands', () => a.seen('error').length >= 4);
    sick = false;
    await until('a leads', () => terms.length === 1);
    sick = true;
    await until('the term is lost', () => a.seen('lost').length === 1);
    sick = false;
    await until('a leads again', () => terms.length === 2);
    stop.abort();
    await running;
    expect(unhandled).toEqual([]);
    expect(a.seen('error').every((error) => error.name === 'TenureError')).toBe(true);
  });
});

describe.concurrent('pitfall 17, a waiter that forgets', () => {
  // Caught: an observation that starts again with each call: with calls shorter than a lease it would never win.
  test('pitfall 17, a waiter that forgets what it observed between calls: slices shorter than the lease win after one lease', async ({
    scene,
  }) => {
    await scene.dead();
    const a = scene.candidate();
    const began = performance.now();
    let slices = 0;
    const leadership = await until('the office', async () => {
      slices += 1;
      return a.lead({ signal: AbortSignal.timeout(400) }).catch(() => undefined);
    });
    const took = performance.now() - began;
    expect(leadership.term).toBeGreaterThanOrEqual(2); // a slice that ends while it wins gives its term back
    expect(slices).toBeGreaterThanOrEqual(4);
    expect(took).toBeGreaterThanOrEqual(WAIT_MS);
    expect(took).toBeLessThan(WAIT_MS + PATIENCE_MS);
  });
});

describe.concurrent('pitfall 18, a dead lock that nobody takes', () => {
  // Caught: a try-acquire that never observes for a whole lease; a stall without a leader that goes unnoticed.
  test("pitfall 18, a try-acquire that can never take a dead lock: a newcomer takes over from a dead leader, after the dead one's lease", async ({
    scene,
  }) => {
    await scene.dead({ leaseMs: { N: '1000' }, renewMs: { N: '300' } });
    const a = scene.candidate({ leaseMs: 20_000, renewMs: 5_000 });
    const began = performance.now();
    const leadership = await a.lead();
    const took = performance.now() - began;
    expect(leadership.term).toBe(2);
    expect(took).toBeGreaterThanOrEqual(1_010); // the record's lease with the drift, not the candidate's own
    expect(took).toBeLessThan(1_010 + PATIENCE_MS);
    expect(await a.office()).toMatchObject({ previous: 'ghost', reason: 'expired', holder: 'a' });
  });

  test('pitfall 18, a leaderless stall: a leader that dies in its first heartbeat, a successor that is gone, a challenger that was handed the office and is dead', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const proxy = await scene.proxy();
    const gone = scene.candidate({ via: proxy, priority: 3 });
    // A vacancy reserved for a candidate that is gone: skipped after 2 * renewMs.
    await (await scene.candidate().lead()).resign({ to: 'nobody' });
    const first = await a.lead();
    expect(first.term).toBe(2);
    await first.resign();
    // A record that names a challenger which never comes to office: expires like any other.
    await scene.dead({
      term: { N: '3' },
      holder: { S: 'dead-challenger' },
      reason: { S: 'yielded' },
      beat: { N: '0' },
    });
    const third = await gone.lead();
    expect(third.term).toBe(4);
    proxy.partition(true);
    const b = scene.candidate();
    expect((await b.lead()).term).toBe(5);
  });

  // Caught: a candidate that believes that a clock set back or forward in the record says anything about life or death.
  test('pitfall 18, a leaderless stall: times of the future in a dead record delay nobody, and those of the past hurry nobody', async ({
    scene,
  }) => {
    for (const [at, term] of [
      [Date.now() + 86_400_000, 2],
      [1, 4],
    ] as const) {
      const attributes = { term: { N: `${term - 1}` }, renewedAt: { N: `${at}` }, acquiredAt: { N: `${at}` } };
      await scene.dead({ ...attributes, leaseMs: { N: '1000' }, renewMs: { N: '300' } });
      const began = performance.now();
      const leadership = await scene.candidate().lead();
      const took = performance.now() - began;
      expect(leadership.term).toBe(term);
      expect(took).toBeGreaterThanOrEqual(1_010);
      expect(took).toBeLessThan(1_010 + PATIENCE_MS);
      await leadership.resign();
    }
  });
});

describe.concurrent('pitfall 19, winning without a key', () => {
  // Caught: a candidate that takes the end of its waiting, a vacancy, or a request that was sent, for a victory.
  test('pitfall 19, a candidate whose session died while it waited wins with no key: the leader is in the record, under its own attempt', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    // No create ever arrives; then one is applied and answered.
    const take = proxy.on((request) => (isCreate(request) ? { kind: 'drop-request' } : undefined));
    const leading = a.lead();
    await until('three tries', () => a.requests.filter(({ outcome }) => outcome === 'unknown').length >= 3);
    expect(a.seen('elected')).toEqual([]);
    expect(await scene.item()).toBeUndefined();
    take();
    const leadership = await leading;
    const item = await scene.item();
    expect(item).toMatchObject({ holder: { S: 'a' }, term: { N: `${leadership.term}` } });
    expect(await scene.item('fence')).toMatchObject({ attempt: item!.attempt });
  });

  test('pitfall 19, a candidate whose session died while it waited: cut off at a vacancy, it wins nothing, while another does', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    const leadership = await a.lead();
    const b = scene.candidate({ via: proxy });
    const waiting = b.lead();
    await until('b has seen the leader', () => b.seen('office').length === 1);
    const atAcquire = proxy.on((request) => (isAcquire(request) ? { kind: 'drop-request' } : undefined));
    await leadership.resign();
    await until('b has tried', () => proxy.log.some(isAcquire));
    proxy.partition(true);
    const c = scene.candidate();
    const winner = await c.lead();
    expect(winner.term).toBe(2);
    expect(b.seen('elected')).toEqual([]);
    proxy.partition(false);
    atAcquire();
    await until('b sees the winner', () => b.seen('office').at(-1)?.holder === c.election.id);
    expect(b.seen('elected')).toEqual([]);
    await winner.resign();
    expect((await waiting).term).toBe(3);
  });
});

describe.concurrent('pitfall 20, a stale view', () => {
  // Caught: an observer that believes an eventually consistent read, or an answer that comes after a later one (S8).
  test('pitfall 20, acting on a stale view after a reconnect: stale reads and late answers never bring an older office back', async ({
    scene,
  }) => {
    const real = storeOf(scene);
    const history: LeaseRecord[] = [];
    let staleReads = 0;
    const store = Object.assign(Object.create(real) as DynamoLeaseStore, {
      async read(options: { eventual?: boolean } = {}) {
        const record = await real.read(options);
        if (record !== undefined) history.push(record);
        if (!options.eventual || history.length < 2) return record;
        staleReads += 1;
        return history[Math.floor(history.length / 2)]; // a replica far behind
      },
    });
    const a = scene.candidate();
    const b = scene.candidate();
    const observer = scene.candidate({ effects: { store } });
    const terms: number[] = [];
    const seenBy = new AbortController();
    const observing = (async () => {
      for await (const office of observer.election.observe({ signal: seenBy.signal })) terms.push(office.term);
    })();
    for (let term = 1; term <= 4; term += 1) {
      const leadership = await (term % 2 === 1 ? a : b).election.campaign();
      expect(leadership.term).toBe(term);
      await until(`term ${term} is seen`, () => terms.at(-1) === term);
      await leadership.resign();
    }
    seenBy.abort();
    await observing;
    expect(staleReads).toBeGreaterThan(0);
    expect(terms).toEqual([...terms].sort((x, y) => x - y));
    expect(observer.troubles()).toEqual([]); // a stale read is no rewound table
  });

  test('pitfall 20, acting on a stale view after a reconnect: an answer of before a change of office, that comes after it, is dropped', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const late = gate();
    const a = scene.candidate();
    const first = await a.lead();
    const patient = scene.table.clientAt(proxy.endpoint, { maxAttempts: 1 });
    scene.afterwards(() => patient.destroy());
    const b = scene.candidate({ client: patient, leaseMs: 8_000, renewMs: 2_500, requestTimeoutMs: 2_500 });
    // An answer that is read at once, and brought late.
    let held = 0;
    const store = new DynamoLeaseStore(patient, scene.table.tableName, scene.name);
    const read = store.read.bind(store);
    const slowed = scene.candidate({
      leaseMs: 8_000,
      renewMs: 2_500,
      requestTimeoutMs: 2_500,
      effects: {
        store: Object.assign(store, {
          async read(options?: { eventual?: boolean }) {
            const record = await read(options);
            held += 1;
            if (held === 1) await late.release;
            return record;
          },
        }),
      },
    });
    const old = slowed.election.leader(); // term 1, on its way for long
    await until('the answer is on its way', () => held === 1);
    await first.resign();
    const second = await b.lead();
    expect(await slowed.office()).toMatchObject({ term: second.term });
    late.open();
    expect((await old).term).toBe(1); // what was asked is answered; what is reported goes on from the newest
    expect(slowed.seen('office').map(({ term }) => term)).toEqual([second.term]);
    expect(slowed.troubles()).toEqual([]);
  });

  // Caught: a leader that reconnects and goes on from what it remembers.
  test('pitfall 20, acting on a stale view after a reconnect: a leader that was away while another led stands again, behind it', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const b = scene.candidate();
    const terms: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        terms.push(leadership.term);
        await untilAborted(leadership);
      },
      { signal: stop.signal },
    );
    await until('a leads', () => terms.length === 1);
    proxy.partition(true);
    const second = await b.lead();
    proxy.partition(false);
    await until('a sees it', () => a.seen('office').at(-1)?.holder === 'b');
    expect(terms).toEqual([1]);
    second.assertHeld();
    await second.resign();
    await until('a leads again', () => terms.length === 2);
    expect(terms).toEqual([1, 3]);
    stop.abort();
    await running;
  });
});

describe.concurrent('pitfall 22, timings that overlap', () => {
  const make = (timings: Partial<ElectionOptions>) => () =>
    new Election({ name: 'x', tableName: 't', client: { send: () => {} } as never, ...timings });

  // Caught: a check of each number by itself; client-go takes 15 / 14 / 10.
  test('pitfall 22, timings that pass validation and overlap: refused, with the sum in the message', () => {
    const overlapping = { leaseMs: 15_000, renewMs: 14_000, stepDownMs: 1_000, requestTimeoutMs: 10_000 };
    expect(make(overlapping)).toThrow(
      expect.objectContaining({
        code: 'BadOption',
        message: expect.stringMatching(/2 \* 14000 \+ 10000 \+ 1000 = 39000.*15000 \* \(1 - 0\.01\) = 14850/),
      }),
    );
    expect(make({ leaseMs: 2_000, renewMs: 990, stepDownMs: 0, requestTimeoutMs: 5 })).toThrow(/BadOption|2 \* 990/);
    expect(make({ leaseMs: 2_000, renewMs: 500, stepDownMs: 480, requestTimeoutMs: 500 })).not.toThrow();
    expect(make({ leaseMs: 2_000, renewMs: 500, stepDownMs: 481, requestTimeoutMs: 500 })).toThrow(
      expect.objectContaining({ code: 'BadOption' }),
    );
    expect(make({ leaseMs: 900_001 })).toThrow(expect.objectContaining({ code: 'BadOption' }));
  });

  // What the sum is for: one heartbeat may be lost without a trace.
  test('pitfall 22, timings: with the tightest that are accepted, one lost heartbeat costs nothing', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const tight = { leaseMs: 4_000, renewMs: 1_200, stepDownMs: 360, requestTimeoutMs: 1_200 };
    const a = scene.candidate({ via: proxy, ...tight });
    const leadership = await a.lead();
    await proxy.next(isHeartbeat, { kind: 'hang' }, { times: 2 }).happened;
    const from = a.seen('heartbeat').length;
    await until('the next heartbeat', () => a.seen('heartbeat').length > from);
    leadership.assertHeld();
    expect(leadership.signal.aborted).toBe(false);
    expect(a.seen('lost')).toEqual([]);
  });
});

describe.concurrent('pitfall 24, two processes under one id', () => {
  // Caught: a candidate that recognises itself by its name: both would lead, the second one without waiting.
  test('pitfall 24, two processes under one id: they never lead together, and the second waits like anybody', async ({
    scene,
  }) => {
    const first = scene.candidate({ id: 'twin' });
    const second = scene.candidate({ id: 'twin' });
    const held = await first.lead();
    const waiting = second.lead();
    const beats = first.seen('heartbeat').length;
    await until('a lease passes', () => first.seen('heartbeat').length >= beats + 5);
    held.assertHeld();
    expect(second.seen('elected')).toEqual([]);
    expect(first.seen('lost')).toEqual([]);
    await held.resign();
    const next = await waiting;
    expect(next.term).toBe(2);
    expect(() => held.assertHeld()).toThrow();
    expect([...first.troubles(), ...second.troubles()]).toEqual([]);
  });

  test('pitfall 24, two processes under one id: a challenge, a hand over and a revoke of the name reach one of them', async ({
    scene,
  }) => {
    const first = scene.candidate({ id: 'twin', yieldTo: 'priority' });
    const second = scene.candidate({ id: 'twin', priority: 4 });
    const held = await first.lead();
    const challenging = second.lead();
    await until('the first yields', () => held.signal.aborted);
    await held.resign();
    const next = await challenging;
    expect(next.term).toBe(2);
    expect(first.seen('lost').map(({ reason }) => reason)).toEqual(['yielded']);
    await second.election.revoke({ term: 2, holder: 'twin', dead: true });
    await until('the second knows', () => second.seen('lost').length === 1);
    expect((await first.lead()).term).toBe(3);
  });
});

// Caught: a waiter that tries by writing, which contends with the leader and is billed as a write.
test('waiting writes nothing', async ({ scene }) => {
  await scene.dead();
  const before = await scene.item();
  const a = scene.candidate();
  await expect(a.election.campaign({ signal: AbortSignal.timeout(600) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  expect(await scene.item()).toEqual(before);
});
