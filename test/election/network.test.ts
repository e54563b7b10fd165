/** What the network can do to an election: late landings, throttles, errors, partitions, outages (section 5, L4 to L6). */
import { describe, expect } from 'vitest';
import { type Clock, realClock } from '../../lib/lease/clock.js';
import type { FaultProxy, SeenRequest } from '../support/fault-proxy.js';
import { isAcquire, isCreate, isHeartbeat, isRaise, isResign, isWrite } from '../support/requests.js';
import { gate, HOLD_MS, type Scene, TIMINGS, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** Holds all such requests from now on, until it is opened; then waits until all of them have landed. */
function holdAll(proxy: FaultProxy, matches: (request: SeenRequest) => boolean) {
  const { release, open } = gate();
  const off = proxy.on((request) => (matches(request) ? { kind: 'hold', release } : undefined));
  const held = () => proxy.log.filter(({ fault }) => fault?.kind === 'hold');
  return {
    held,
    off,
    /** The statuses of what landed. */
    async open() {
      off();
      open();
      return (await Promise.all(held().map(({ landed }) => landed))).flat();
    },
  };
}

const version = async (scene: Scene) => {
  const item = await scene.item();
  return `${item?.term?.N}.${item?.beat?.N}`;
};

describe.concurrent('late landings', () => {
  // Caught: a heartbeat without `beat < next` in its condition: the beat would fall, and an old version come back.
  test('a heartbeat that lands after later ones changes nothing: the beat never goes back', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const late = gate();
    const held = proxy.next(isHeartbeat, { kind: 'hold', release: late.release }, { times: 2 });
    await held.happened;
    const from = a.seen('heartbeat').length;
    await until('later heartbeats', () => a.seen('heartbeat').length >= from + 2);
    const before = (await scene.item())!;
    late.open();
    await held.landed;
    expect(Number((await scene.item())?.beat?.N)).toBeGreaterThanOrEqual(Number(before.beat?.N));
    const late400 = (await Promise.all(proxy.log.filter(({ fault }) => fault).map(({ landed }) => landed))).flat();
    expect(late400).toEqual([400, 400]);
    leadership.assertHeld();
    expect(a.seen('lost')).toEqual([]);
  });

  // Caught: a heartbeat whose condition compares the holder's name alone.
  test("a heartbeat that lands after the next leader's acquire is refused, under one id as well", async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, id: 'same' });
    await a.lead();
    const late = holdAll(proxy, isWrite);
    const b = scene.candidate({ id: 'same' });
    const next = await b.lead();
    expect(next.term).toBe(2);
    expect(late.held().length).toBeGreaterThan(0);
    const beats = b.seen('heartbeat').length;
    expect((await late.open()).every((status) => status === 400)).toBe(true);
    await until('another heartbeat', () => b.seen('heartbeat').length > beats);
    next.assertHeld();
    expect(b.seen('lost')).toEqual([]);
  });

  // Caught: a campaign that forgets the acquire it has sent: the office would be held by nobody for a whole lease.
  test('an acquire that lands while its campaign is given up is given back', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const late = holdAll(proxy, isCreate);
    const stop = new AbortController();
    const campaign = a.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await until('the create is on its way', () => late.held().length > 0, { everyMs: 2 });
    stop.abort(new Error('enough'));
    expect((await late.open())[0]).toBe(200);
    expect(await campaign).toMatchObject({ message: 'enough' });
    expect(a.seen('elected')).toEqual([]);
    expect(a.seen('lost')).toEqual([]);
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned' });
    expect(a.election.state).toBe('idle');
    expect((await scene.candidate().lead()).term).toBe(2);
  });

  test('an acquire whose answers are lost, of a campaign that is given up meanwhile, is looked for and given back', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const lost = proxy.next(isCreate, { kind: 'lose-reply', by: 'hang' });
    const stop = new AbortController();
    const campaign = a.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await until('it is applied', () => scene.item());
    stop.abort(new Error('enough'));
    await lost.happened;
    expect(await campaign).toEqual(new Error('enough')); // no failure is why: the office was won, and given back
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned' });
    expect(a.seen('elected')).toEqual([]);
  });

  // Caught: a candidate that leads by an acquire of a campaign long over; an election that is wedged by its ghost.
  test('an acquire that lands long after its campaign was given up leads nobody, and costs the others one lease', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const late = holdAll(proxy, isCreate);
    // The reason of the signal, and why nothing was won until then.
    await expect(a.election.campaign({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('TimeoutError'),
      details: { reason: expect.objectContaining({ name: 'TimeoutError' }) },
    });
    expect((await late.open())[0]).toBe(200);
    expect(await version(scene)).toBe('1.0');
    const leadership = await a.lead(); // the same candidate: it waits its ghost out, like anybody
    expect(leadership.term).toBe(2);
    expect(a.seen('elected').map(({ term }) => term)).toEqual([2]);
  });

  // Caught: a second attempt after an unknown acquire; or the lease of the first counted from the second.
  test('an acquire of unknown fate that lands later is still its own: same term, same attempt', async ({ scene }) => {
    const proxy = await scene.proxy();
    const first = scene.candidate();
    await (await first.lead()).resign();
    const a = scene.candidate({ via: proxy });
    const late = gate();
    const held = proxy.next(isAcquire, { kind: 'hold', release: late.release }, { times: 2 });
    const leading = a.lead();
    await held.happened;
    late.open();
    const leadership = await leading;
    expect(leadership.term).toBe(2);
    const attempts = proxy.log.filter(isAcquire).map(({ body }) => {
      const values = body.ExpressionAttributeValues as Record<string, { S?: string }>;
      return Object.values(values).find(({ S }) => S !== undefined && /^[\w-]{16}$/.test(S))?.S;
    });
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(new Set(attempts).size).toBe(1);
    await until('a heartbeat', () => a.seen('heartbeat').length > 0);
    expect(a.seen('lost')).toEqual([]);
  });

  // Caught: a candidate that takes a refused write for a won one, or tries the version that it lost again and again.
  test('an acquire that comes second is refused, reported as no loss, and the candidate goes on from what it was shown', async ({
    scene,
  }) => {
    await (await scene.candidate().lead()).resign();
    const proxy = await scene.proxy();
    const b = scene.candidate({ via: proxy });
    const late = holdAll(proxy, isAcquire);
    const leading = b.lead();
    await until('a refused acquire', async () => {
      await until('an acquire on its way', () => late.held().length > 0, { everyMs: 1 });
      await scene.table.set(scene.name, 'beat', { N: '99' }); // somebody else's write came first
      await late.open();
      return b.requests.some(({ operation, outcome }) => operation === 'acquire' && outcome === 'refused');
    });
    expect((await leading).term).toBe(2);
    expect(b.seen('elected')).toEqual([{ term: 2, id: b.election.id }]);
    expect(b.troubles()).toEqual([]);
  });

  // Caught: work that begins with what is left of an old lease: it would have to stop at once, or work beyond it.
  test('too little left when the fence is raised: it renews first, and then begins', async ({ scene }) => {
    let frozenMs = 0;
    const clock: Clock = {
      now: () => ({ mono: realClock.now().mono, wall: realClock.now().wall + frozenMs }),
      after: (ms, run) => realClock.after(ms, run),
    };
    const a = scene.candidate({ effects: { clock } });
    a.election.on('request', ({ operation, outcome }) => {
      if (operation === 'raise' && outcome === 'applied') frozenMs = HOLD_MS - TIMINGS.stepDownMs;
    });
    const leadership = await a.lead();
    const leftAtElection = leadership.remainingMs();
    expect(a.log.findIndex(({ name }) => name === 'heartbeat')).toBeGreaterThanOrEqual(0);
    expect(a.log.findIndex(({ name }) => name === 'heartbeat')).toBeLessThan(
      a.log.findIndex(({ name }) => name === 'elected'),
    );
    expect(leftAtElection).toBeGreaterThan(TIMINGS.stepDownMs);
    expect(leadership.signal.aborted).toBe(false);
    expect(leadership.term).toBe(1);
  });

  test('an acquire that is doubled takes one term', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const again = gate();
    const doubled = proxy.next(isCreate, { kind: 'duplicate', release: again.release });
    const leadership = await a.lead();
    await until('a heartbeat', () => a.seen('heartbeat').length > 0);
    again.open();
    await doubled.landed;
    leadership.assertHeld();
    expect(await a.office()).toMatchObject({ term: 1, holder: 'a' });
  });

  // Caught: `released: true` without having seen it, or a resignation that never settles.
  test('a resignation that finds the table unreachable settles false by the deadline, and may still land', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const late = holdAll(proxy, isResign);
    const left = leadership.remainingMs();
    const began = performance.now();
    expect(await leadership.resign()).toEqual({ released: false });
    expect(performance.now() - began).toBeLessThanOrEqual(left + 500);
    expect(await late.open()).toContain(200); // S10: the last ones may still land
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned' });
    expect(() => leadership.assertHeld()).toThrow();
    expect(a.seen('lost')).toHaveLength(1);
  });
});

describe.concurrent('throttles and errors of the service', () => {
  // Caught: an error that is taken for a loss, or ends the loop.
  test('throttles, errors applied and not applied, resets: the leader keeps its term', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    for (const fault of [
      { kind: 'throttle' },
      { kind: 'error500', applied: true },
      { kind: 'error500', applied: false },
      { kind: 'reset' },
      { kind: 'drop-request' },
    ] as const) {
      const from = a.seen('heartbeat').length;
      await proxy.next(isHeartbeat, fault).happened;
      await until(`a heartbeat after ${fault.kind}`, () => a.seen('heartbeat').length >= from + 1);
    }
    leadership.assertHeld();
    expect(a.seen('lost')).toEqual([]);
    expect(leadership.term).toBe(1);
  });

  test('throttles and errors at every step to the office only delay it', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const faults = [
      proxy.next(({ op }) => op === 'GetItem', { kind: 'error500', applied: false }, { times: 2 }),
      proxy.next(isCreate, { kind: 'throttle' }, { times: 2 }),
      proxy.next(isRaise, { kind: 'error500', applied: true }, { times: 2 }),
    ];
    const leadership = await a.lead();
    await Promise.all(faults.map(({ happened }) => happened));
    expect(leadership.term).toBe(1);
    expect(await scene.item('fence')).toMatchObject({ term: { N: '1' } });
  });

  // Caught: an office that is held for ever by a leader that cannot begin to work.
  test('a fence that cannot be raised within a lease: FenceBlocked is reported, the office vacated, and others may try', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    proxy.on((request) => (isRaise(request) ? { kind: 'throttle' } : undefined));
    const stop = new AbortController();
    const campaign = a.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await until('the office is vacated', () => a.seen('released').length === 1);
    expect(a.seen('error').map(({ code }) => code)).toContain('FenceBlocked');
    expect(a.seen('elected')).toEqual([]);
    expect(a.seen('lost')).toEqual([]);
    expect((await scene.candidate().lead()).term).toBe(2);
    stop.abort();
    await campaign;
  });
});

describe.concurrent('partitions and outages', () => {
  // Caught: a leader that believes the table's silence, or one that steps down at the first failed heartbeat (L6).
  test('an isolated leader works to its own deadline, not shorter, not longer, and only then another leads', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const b = scene.candidate();
    const leadership = await a.lead();
    const next = b.lead();
    await until('b watches', () => b.seen('office').length === 1);
    await until('a heartbeat', () => a.seen('heartbeat').length >= 1);
    let heldAt = 0;
    const asking = setInterval(() => {
      try {
        leadership.assertHeld();
        heldAt = performance.now();
      } catch {}
    }, 2);
    scene.afterwards(() => clearInterval(asking));
    proxy.partition(true);
    const isolatedAt = performance.now();
    const second = await next;
    expect(second.term).toBe(2);
    expect(heldAt).toBeLessThan(b.times('elected')[0]!);
    expect(heldAt - isolatedAt).toBeGreaterThan(HOLD_MS - TIMINGS.renewMs - 400); // it did not give up early
    expect(a.times('lost')[0]).toBeLessThan(b.times('elected')[0]!);
    expect(a.seen('lost')[0]?.reason).toBe('expired');
  });

  // Caught: anything that ends, wedges or storms while there is no table (L5).
  test('an outage longer than a lease: nobody leads, nobody storms, and afterwards somebody does, without a restart', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const b = scene.candidate({ via: proxy });
    const stop = new AbortController();
    const terms: number[] = [];
    const running = [a, b].map(({ election }) =>
      election.run(
        async (leadership) => {
          terms.push(leadership.term);
          await untilAborted(leadership);
        },
        { signal: stop.signal },
      ),
    );
    await until('a leader', () => terms.length === 1);
    proxy.partition(true);
    const from = proxy.log.length;
    const began = performance.now();
    await until('the loss', () => a.seen('lost').length + b.seen('lost').length === 1);
    await until('both stand', () => [a, b].every(({ election }) => election.state !== 'stepping down'));
    await until('errors of both', () => [a, b].every(({ seen }) => seen('error').length >= 3));
    const seconds = (performance.now() - began) / 1000;
    expect(proxy.log.length - from).toBeLessThan(60 + seconds * 20); // S12: back off
    expect(terms).toEqual([1]);
    proxy.partition(false);
    await until('the next leader', () => terms.length === 2);
    expect(terms).toEqual([1, 2]);
    stop.abort();
    await Promise.all(running);
  });

  test('an outage shorter than a lease costs nothing at all', async ({ scene }) => {
    const proxy = await scene.proxy();
    const long = { leaseMs: 6_000, renewMs: 1_000, stepDownMs: 200, requestTimeoutMs: 500 };
    const a = scene.candidate({ via: proxy, ...long });
    const b = scene.candidate({ via: proxy, ...long });
    const leadership = await a.lead();
    const stop = new AbortController();
    const standing = b.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await until('b watches', () => b.seen('office').length === 1);
    proxy.partition(true);
    await until('two heartbeats are missed', () => a.seen('error').length >= 2);
    proxy.partition(false);
    const from = a.seen('heartbeat').length;
    await until('heartbeats again', () => a.seen('heartbeat').length >= from + 3);
    leadership.assertHeld();
    expect(a.seen('lost').concat(b.seen('lost'))).toEqual([]);
    expect(b.seen('elected')).toEqual([]);
    stop.abort();
    await standing;
  });
});
