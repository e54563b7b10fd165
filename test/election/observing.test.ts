/** observe(), leader(), proclaim() and wake(): what an election looks like from outside (S8). */
import { describe, expect } from 'vitest';
import type { Office } from '../../lib/index.js';
import { isHeartbeat, isRead } from '../support/requests.js';
import { type Candidate, TIMINGS, test } from '../support/scene.js';
import { until } from '../support/until.js';

/** Observes until it is stopped. */
function observe({ election }: Candidate) {
  const stop = new AbortController();
  const reported: Office[] = [];
  const done = (async () => {
    for await (const office of election.observe({ signal: stop.signal })) reported.push(office);
  })();
  return {
    reported,
    done,
    async stop() {
      stop.abort();
      await done;
    },
  };
}

describe.concurrent('leader()', () => {
  test('before the first election, under a leader, and in a vacancy', async ({ scene }) => {
    const outside = scene.candidate();
    expect(await outside.office()).toMatchObject({ election: scene.name, term: 0, holder: undefined });
    const a = scene.candidate({ value: { host: '10.0.0.7' }, priority: 4 });
    const leadership = await a.lead();
    const office = await outside.office();
    expect(office).toMatchObject({
      ...{ election: scene.name, term: 1, holder: a.election.id, value: { host: '10.0.0.7' }, priority: 4 },
      ...{ leaseMs: TIMINGS.leaseMs, renewMs: TIMINGS.renewMs, dead: false, reason: undefined, vacatedAt: undefined },
    });
    expect(Math.abs(office.acquiredAt! - Date.now())).toBeLessThan(60_000);
    expect(office.ageMs).toBeLessThan(60_000);
    await leadership.resign();
    const vacancy = await outside.office();
    expect(vacancy).toMatchObject({ term: 1, holder: undefined, reason: 'resigned', previous: a.election.id });
    expect(vacancy.value).toBeUndefined();
    expect(vacancy.vacatedAt).toBeGreaterThanOrEqual(vacancy.acquiredAt!);
  });

  test('says what is wrong where there is no table', async ({ scene }) => {
    const a = scene.candidate({ tableName: 'no-such-table' });
    await expect(a.election.leader()).rejects.toMatchObject({ code: 'TableMissing' });
  });
});

describe.concurrent('observe()', () => {
  test('yields the present state first, then each change in order, and ends when its signal aborts', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const outside = scene.candidate();
    const watching = observe(outside);
    await until('the beginning', () => watching.reported.length === 1);
    expect(watching.reported[0]).toMatchObject({ term: 0, holder: undefined });
    for (const term of [1, 2]) {
      const candidate = term === 1 ? a : scene.candidate();
      const leadership = await candidate.lead();
      await until(`term ${term}`, () => watching.reported.at(-1)?.term === term);
      await leadership.proclaim({ term });
      await until('the value', () => watching.reported.at(-1)?.value !== undefined);
      expect(watching.reported.at(-1)).toMatchObject({ term, value: { term }, holder: candidate.election.id });
      await leadership.resign();
      await until('the vacancy', () => watching.reported.at(-1)?.holder === undefined);
    }
    await watching.stop();
    const versions = watching.reported.map(({ term, beat }) => term * 1_000 + beat);
    expect(versions).toEqual([...versions].sort((x, y) => x - y));
    const reported = watching.reported.length;
    const later = observe(outside);
    await until('the present state', () => later.reported.length === 1);
    expect(later.reported[0]).toMatchObject({ term: 2, holder: undefined, reason: 'resigned' });
    await later.stop();
    expect(watching.reported.length).toBe(reported);
  });

  // Caught: a reader for each observer; a slow consumer that is fed every step of the past.
  test('several observers share one reader, and a slow one gets the latest state alone', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    const outside = scene.candidate({ via: proxy });
    const first = await a.lead();
    const many = Array.from({ length: 5 }, () => observe(outside));
    await until('all have seen it', () => many.every(({ reported }) => reported.length === 1));
    const slow = outside.election.observe();
    expect((await slow.next()).value).toMatchObject({ term: 1 });
    const reads = proxy.log.filter(isRead).length;
    const from = a.seen('heartbeat').length;
    await until('heartbeats', () => a.seen('heartbeat').length >= from + 8);
    const perHeartbeat = (proxy.log.filter(isRead).length - reads) / (a.seen('heartbeat').length - from);
    expect(perHeartbeat).toBeLessThan(4); // six readers would read six times and more
    await first.proclaim(1);
    await first.proclaim(2);
    await first.proclaim(3);
    await until('all have seen the last', () => many.every(({ reported }) => reported.at(-1)?.value === 3));
    expect((await slow.next()).value).toMatchObject({ term: 1, value: 3 });
    await slow.return();
    await Promise.all(many.map((one) => one.stop()));
  });

  test('ends on close, and stops reading when nobody observes', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    await a.lead();
    const outside = scene.candidate({ via: proxy });
    const one = observe(outside);
    await until('the present state', () => one.reported.length === 1);
    await one.stop();
    const reads = proxy.log.length;
    const from = a.seen('heartbeat').length;
    await until('heartbeats', () => a.seen('heartbeat').length >= from + 3);
    expect(proxy.log.length).toBeLessThanOrEqual(reads + 1); // one that was under way
    const two = observe(outside);
    await until('the present state', () => two.reported.length === 1);
    await outside.election.close();
    await two.done;
  });

  test('goes on while its own candidate leads, steps down and stands', async ({ scene }) => {
    const a = scene.candidate();
    const b = scene.candidate();
    const watching = observe(a);
    const first = await a.lead();
    await until('itself', () => watching.reported.at(-1)?.holder === 'a');
    await first.resign();
    await until('its own vacancy', () => watching.reported.at(-1)?.reason === 'resigned');
    const second = await b.lead();
    await until('the other', () => watching.reported.at(-1)?.term === second.term);
    const stop = new AbortController();
    const standing = a.election.campaign({ signal: stop.signal }).catch(() => {});
    await until('it stands', () => a.election.state === 'standby');
    await second.proclaim('seen by a standby');
    await until('the value', () => watching.reported.at(-1)?.value === 'seen by a standby');
    stop.abort();
    await standing;
    await second.proclaim('seen when idle');
    await until('the value', () => watching.reported.at(-1)?.value === 'seen when idle');
    await watching.stop();
  });

  test('errors are reported, and reading goes on', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate();
    const outside = scene.candidate({ via: proxy });
    proxy.partition(true);
    const watching = observe(outside);
    await until('errors', () => outside.seen('error').length >= 2);
    proxy.partition(false);
    await a.lead();
    await until('the leader', () => watching.reported.at(-1)?.holder === 'a');
    proxy.partition(true);
    const reported = outside.seen('error').length;
    await until('more errors', () => outside.seen('error').length >= reported + 2);
    await watching.stop();
  });
});

describe.concurrent('proclaim()', () => {
  test('resolves once the value is in the record, survives lost replies, and can be taken back', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const outside = scene.candidate();
    const leadership = await a.lead();
    for (const fault of [undefined, { kind: 'lose-reply', by: 'reset' }, { kind: 'hang' }] as const) {
      const struck = fault && proxy.next(isHeartbeat, fault, { times: 2 });
      const value = { address: `for ${fault?.kind}` };
      await leadership.proclaim(value);
      expect((await outside.office()).value).toEqual(value);
      struck?.cancel();
    }
    await leadership.proclaim(undefined);
    expect((await outside.office()).value).toBeUndefined();
    leadership.assertHeld();
    expect(a.seen('lost')).toEqual([]);
  });

  test('refuses what is too large or cannot be held, and the term goes on', async ({ scene }) => {
    const a = scene.candidate();
    const leadership = await a.lead();
    await expect(leadership.proclaim('x'.repeat(401))).rejects.toMatchObject({ code: 'RecordTooLarge' });
    await expect(leadership.proclaim(() => {})).rejects.toMatchObject({ code: 'BadOption' });
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    await expect(leadership.proclaim(circular)).rejects.toMatchObject({ code: 'BadOption' });
    await leadership.proclaim('x'.repeat(400));
    leadership.assertHeld();
    expect((await scene.item())?.value).toEqual({ S: 'x'.repeat(400) });
  });

  test('after the end it throws LeadershipLost, and writes nothing', async ({ scene }) => {
    const a = scene.candidate();
    const leadership = await a.lead();
    await leadership.resign();
    const before = await scene.item();
    await expect(leadership.proclaim(1)).rejects.toMatchObject({
      code: 'LeadershipLost',
      details: { reason: 'resigned', term: 1 },
    });
    expect(await scene.item()).toEqual(before);
  });

  test('found out by a proclamation: the office was revoked', async ({ scene }) => {
    const a = scene.candidate();
    const leadership = await a.lead();
    await scene.candidate().election.revoke({ term: 1, holder: 'a' });
    await expect(leadership.proclaim(1)).rejects.toMatchObject({
      code: 'LeadershipLost',
      details: { reason: 'revoked' },
    });
    expect(a.seen('lost')).toHaveLength(1);
  });
});

describe.concurrent('wake()', () => {
  // Caught: a wake-up that nobody hears: the vacancy is found at the next heartbeat's place, seconds later.
  test('a standby and an observer that hear of a vacancy look at once', async ({ scene }) => {
    const slow = { leaseMs: 60_000, renewMs: 20_000, stepDownMs: 500, requestTimeoutMs: 5_000 };
    const a = scene.candidate(slow);
    const b = scene.candidate(slow);
    const outside = scene.candidate(slow);
    const leadership = await a.lead();
    const next = b.lead();
    const watching = observe(outside);
    await until('both watch', () => b.seen('office').length === 1 && watching.reported.length === 1);
    const began = performance.now();
    await leadership.resign();
    b.election.wake();
    expect((await next).term).toBe(2);
    outside.election.wake();
    await until('the observer sees it', () => watching.reported.at(-1)?.term === 2, { everyMs: 5 });
    expect(performance.now() - began).toBeLessThan(15_000);
    await watching.stop();
  });
});
