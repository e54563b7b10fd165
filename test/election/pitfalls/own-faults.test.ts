/** Faults that reviews have found in this project's own code: each kind with the smallest case that shows it. */
import { describe, expect, inject } from 'vitest';
import { Election, type TenureError } from '../../../lib/index.js';
import { startProxy } from '../../support/fault-proxy.js';
import { isHeartbeat, isResign } from '../../support/requests.js';
import { gate, OUTSIDE, TIMINGS, test, untilAborted } from '../../support/scene.js';
import { freshTable } from '../../support/table.js';
import { until } from '../../support/until.js';

describe.concurrent('pitfall 31, a claim dropped at the exit', () => {
  // Caught: the office goes to a candidate that has left, and nobody leads for a whole lease.
  test('pitfall 31, claims: a standby that has challenged and is closed leaves no challenge behind', async ({
    scene,
  }) => {
    const a = scene.candidate({ yieldTo: 'priority', renewMs: 600 });
    const b = scene.candidate({ priority: 5 });
    const leadership = await a.lead();
    void b.election.run(untilAborted);
    await until('b has challenged', async () => (await scene.item())?.challenger !== undefined);
    await b.election.close();
    expect((await scene.item())?.challenger).toBeUndefined();
    await until('it is handed to nobody', () => b.election.state === 'closed');
    expect(b.seen('elected')).toEqual([]);
    await leadership.resign();
  });
});

describe.concurrent('pitfall 32, one slot for several attempts', () => {
  // Caught: the second challenge, refused, makes the hand-over to the first unrecognised: nobody leads for a lease.
  test('pitfall 32, several attempts: a candidate that asks twice is handed the office by either challenge', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const patient = { leaseMs: 8_000, renewMs: 2_000, requestTimeoutMs: 2_000 };
    const a = scene.candidate({ via: proxy, ...patient });
    const b = scene.candidate(patient);
    const stop = new AbortController();
    const running = [a, b].map(({ election }) => election.run(untilAborted, { signal: stop.signal }));
    const first = await until('one leads', () => [a, b].find(({ election }) => election.state === 'leading'));
    const other = first === a ? b : a;
    await until('the other stands by', () => other.election.state === 'standby');
    await Promise.all([other.election.challenge(), other.election.challenge()]);
    await until('it leads', () => other.seen('elected').length > 0);
    expect(other.seen('elected')[0]?.term).toBe(2); // at once: a lease that is waited out costs a term more
    stop.abort();
    await Promise.all(running);
  });
});

describe.concurrent('pitfall 34, two retries of two values', () => {
  // Caught: the older value is sent again after the newer one has landed, and stands for good.
  test('pitfall 34, latest wins: of two values, the first of which lost its answer, the second one stands', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const lost = proxy.next(isHeartbeat, { kind: 'drop-request' });
    const [first, second] = [leadership.proclaim('first'), leadership.proclaim('second')];
    await Promise.all([first, second, lost.happened]);
    expect((await a.office()).value).toBe('second');
    const beats = a.seen('heartbeat').length;
    await until('more heartbeats', () => a.seen('heartbeat').length >= beats + 2);
    expect((await a.office()).value).toBe('second');
  });
});

describe.concurrent('pitfall 36, user code awaited in the loop', () => {
  // Caught: a health check that hangs keeps a standby from looking, from closing, and lets a closed one challenge.
  test('pitfall 36, user code: a health check that hangs delays no takeover and no close, and challenges nobody', async ({
    scene,
  }) => {
    const a = scene.candidate({ yieldTo: 'priority' });
    const hangs = () => new Promise(() => {});
    const healthCheck = { check: hangs, timeoutMs: 60_000, periodMs: 60_000 };
    const b = scene.candidate({ priority: 5, healthCheck });
    const c = scene.candidate({ priority: 9, healthCheck });
    const leadership = await a.lead();
    const [running, closing] = [b, c].map(({ election }) => election.run(untilAborted));
    await until('both have looked', () => b.requests.length > 2 && c.requests.length > 2);
    await c.election.close();
    await closing;
    await leadership.resign();
    await until('b leads', () => b.seen('elected').length === 1);
    expect([...b.requests, ...c.requests].filter(({ operation }) => operation === 'challenge')).toEqual([]);
    await b.election.close();
    await running;
  });
});

describe.concurrent('pitfall 38, a shared turn held while sleeping', () => {
  // Caught: leaders that cannot give their offices back on one table keep all turns, and a leader on another table ends.
  test('pitfall 38, shared turns: 130 leaders that close on a table that does not answer cost no leader on another one', async ({
    scene,
  }) => {
    const { dynoxide, main } = inject('engines');
    const [dead, alive] = await Promise.all([1, 2].map(() => freshTable(dynoxide.endpoint ?? main.endpoint)));
    const proxy = await startProxy({ target: dead!.endpoint });
    scene.afterwards(() => proxy.stop());
    const client = dead!.clientAt(proxy.endpoint);
    scene.afterwards(() => client.destroy());
    const timings = { leaseMs: 6_000, renewMs: 1_800, stepDownMs: 300, requestTimeoutMs: 900 };
    const leads = async (name: string, tableName: string) => {
      const election = new Election({ name, tableName, client, ...timings });
      scene.afterwards(() => election.close());
      return { election, leadership: await election.campaign() };
    };
    const many = await Promise.all(Array.from({ length: 130 }, (_, n) => leads(`many-${n}`, dead!.tableName)));
    const other = await leads('other', alive!.tableName);
    let [beats, lost] = [0, 0];
    other.election.on('heartbeat', () => {
      beats += 1;
    });
    other.election.on('lost', () => {
      lost += 1;
    });
    proxy.on((request) => (isResign(request) ? { kind: 'hang' } : undefined));
    await Promise.all(many.map(({ leadership }) => leadership.resign())); // until their leases have run out
    const from = beats;
    await until('the other leader goes on', () => beats > from || lost > 0);
    expect([lost, other.leadership.remainingMs() > 0]).toEqual([0, true]);
    await other.leadership.resign();
  });
});

describe.concurrent('pitfall 40, the cause dropped where a wait ends', () => {
  // Caught: "try again later", and no word of the missing table.
  test('pitfall 40, causes: whatever ends a wait says why, and what never passes ends it at once', async ({
    scene,
  }) => {
    const make = () =>
      new Election({ ...TIMINGS, name: scene.name, tableName: 'no-such-table', client: scene.table.client });
    for (const wait of [() => make().campaign(), () => make().tryRun(() => {})]) {
      const error = (await wait().catch((thrown: unknown) => thrown)) as TenureError;
      expect(error).toMatchObject({ code: 'TableMissing', permanent: true, cause: expect.any(Error) });
    }
    const signal = AbortSignal.timeout(500);
    const error = await make()
      .campaign({ signal, keepTrying: true })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TableMissing', details: { reason: { name: 'TimeoutError' } } });
  });

  // Caught: run() waits for ever in silence on a table that does not exist.
  test('pitfall 40, causes: run() warns once where nobody listens', async ({ scene }) => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => void (warning.message.includes('none-of-that-name') && warnings.push(warning));
    process.on('warning', hear);
    scene.afterwards(() => process.off('warning', hear));
    const election = new Election({
      ...TIMINGS,
      name: scene.name,
      tableName: 'none-of-that-name',
      client: scene.table.client,
    });
    const stop = new AbortController();
    const running = election.run(untilAborted, { signal: stop.signal });
    await until('the warning', () => warnings.length > 0);
    expect(warnings[0]).toMatchObject({ name: 'TenureWarning', code: 'TableMissing' });
    stop.abort();
    await running;
    expect(warnings).toHaveLength(1);
  });
});

describe.concurrent('pitfall 43, values kept by reference', () => {
  // Caught: an object that is changed after it was checked is what the next heartbeat writes.
  test('pitfall 43, references: a value is copied when it is given', async ({ scene }) => {
    const proxy = await scene.proxy();
    const late = gate();
    const value = { address: '10.0.0.1', ports: [1] };
    const a = scene.candidate({ via: proxy, value, leaseMs: 20_000, renewMs: 6_000, requestTimeoutMs: 2_000 });
    value.ports.push(2);
    const leadership = await a.lead();
    expect((await a.office()).value).toEqual({ address: '10.0.0.1', ports: [1] });
    proxy.next(isHeartbeat, { kind: 'hold', release: late.release });
    const next = { address: '10.0.0.2' };
    const landed = leadership.proclaim(next);
    next.address = 'changed';
    late.open();
    await landed;
    expect((await a.office()).value).toEqual({ address: '10.0.0.2' });
  });
});

describe.concurrent('an operator that is refused', () => {
  test('is shown whose challenge stands, and may replace that of another operator', async ({ scene }) => {
    const a = scene.candidate({ leaseMs: 20_000, renewMs: 6_000, requestTimeoutMs: 2_000 });
    await a.lead();
    const [one, two] = [scene.candidate(OUTSIDE), scene.candidate(OUTSIDE)];
    expect(await one.election.challenge({ to: 'x', why: 'first' })).toMatchObject({
      challenged: true,
      standing: undefined,
    });
    expect(await two.election.challenge({ to: 'y', why: 'second' })).toMatchObject({
      challenged: true,
      standing: undefined,
    });
    expect((await scene.item())?.challenger?.M).toMatchObject({ to: { S: 'y' }, why: { S: 'second' } });
  });
});
