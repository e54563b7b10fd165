/** One try to lead, for a function that is woken and does not run on (section 8), on a real engine. */
import { performance } from 'node:perf_hooks';
import { describe, expect } from 'vitest';
import type { Leadership } from '../../lib/index.js';
import { gate, OUTSIDE, TIMINGS, test, untilAborted, WAIT_MS } from '../support/scene.js';
import { until } from '../support/until.js';

const nothing = () => {};

describe.concurrent('tryRun()', () => {
  test('leads one term where nobody does, and gives it back when the work is done', async ({ scene }) => {
    const a = scene.candidate();
    const terms: number[] = [];
    const tried = await a.election.tryRun(({ term }) => void terms.push(term));
    expect(tried).toEqual({ led: true, term: 1, reason: 'resigned' });
    expect(terms).toEqual([1]);
    expect(await a.office()).toMatchObject({ term: 1, holder: undefined, reason: 'resigned', successor: undefined });
    expect(a.election.state).toBe('idle');
  });

  // Caught: a standby that stays; a write that is tried against a fresh lease.
  test('ends at once, after one read, where somebody leads', async ({ scene }) => {
    const [a, b] = [scene.candidate(OUTSIDE), scene.candidate(OUTSIDE)];
    await a.lead();
    const tried = await b.election.tryRun(nothing);
    expect(tried).toMatchObject({ led: false, why: 'a leads term 1', office: { holder: 'a', term: 1 } });
    expect(b.requests.map(({ operation }) => operation)).toEqual(['read']);
  });

  // Caught: a lease taken by what its wall clock says; a watch that counts from the record instead of from its own sight.
  test('watches a leader that looks silent for a whole lease by its own clock, and takes over', async ({ scene }) => {
    await scene.dead({ renewedAt: { N: `${Date.now() - 3_600_000}` } });
    const a = scene.candidate();
    const began = performance.now();
    expect(await a.election.tryRun(nothing)).toMatchObject({ led: true, term: 2 });
    expect(a.times('elected')[0]! - began).toBeGreaterThan(WAIT_MS - 1);
    expect(a.seen('office')).toContainEqual(expect.objectContaining({ term: 2, holder: 'a', previous: 'ghost' }));
  });

  // Caught: a standby function that goes on running because the leader's clock is wrong.
  test('ends as soon as the leader that looked silent shows life', async ({ scene }) => {
    const behind = { now: () => ({ mono: performance.now(), wall: Date.now() - 3_600_000 }), after: afterReal };
    const a = scene.candidate({ effects: { clock: behind } });
    await a.lead();
    const b = scene.candidate();
    const tried = await b.election.tryRun(nothing);
    expect(tried).toMatchObject({ led: false, why: 'a leads term 1' });
    expect(b.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  // Caught: a second look that starts the watch again: then two ticks a minute apart would never see an expiry.
  test('a version seen at an earlier try, and not changed since, is watched no second time', async ({ scene }) => {
    await scene.dead({ renewedAt: { N: `${Date.now() + 5_000}` }, leaseMs: { N: '6000' } }); // looks fresh
    const a = scene.candidate();
    expect(await a.election.tryRun(nothing)).toMatchObject({ led: false });
    const firstSeen = performance.now();
    await until('a lease since then', () => performance.now() - firstSeen > 6_100);
    const again = performance.now();
    expect(await a.election.tryRun(nothing)).toMatchObject({ led: true, term: 2 });
    expect(a.times('elected')[0]! - again).toBeLessThan(3_000);
  });

  // Caught: an invocation that runs into its time-out because the table cannot be read.
  test('does not wait for ever: two leases, and it leaves', async ({ scene }) => {
    const proxy = await scene.proxy();
    await scene.dead({ renewedAt: { N: '1' } });
    const a = scene.candidate({ via: proxy });
    const trying = a.election.tryRun(nothing);
    await until('the first look', () => a.seen('state').some(({ state }) => state === 'standby'));
    proxy.partition(true);
    expect(await trying).toMatchObject({ led: false, why: 'ghost leads term 1' });
    expect(a.seen('elected')).toEqual([]);
  });

  test('a table that is not there is thrown as such, and nothing was tried', async ({ scene }) => {
    const a = scene.candidate({ ...OUTSIDE, tableName: 'no-such-table' });
    await expect(a.election.tryRun(nothing)).rejects.toMatchObject({ code: 'TableMissing' });
    expect(a.seen('error')[0]).toMatchObject({ code: 'TableMissing' });
    expect(a.requests.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  test('its signal stops the work at once, and the office is vacated when the work has ended', async ({ scene }) => {
    const a = scene.candidate(OUTSIDE);
    const stop = new AbortController();
    const { release, open } = gate();
    let given: Leadership | undefined;
    const trying = a.election.tryRun(
      async (leadership) => {
        given = leadership;
        await untilAborted(leadership);
        await release;
      },
      { signal: stop.signal },
    );
    await until('the work', () => given);
    stop.abort();
    await until('the work has to stop', () => given!.signal.aborted);
    expect((await a.office()).holder).toBe('a');
    open();
    expect(await trying).toEqual({ led: true, term: 1, reason: 'closed' });
    expect(await a.office()).toMatchObject({ holder: undefined, reason: 'resigned' });
  });

  test('bad options are refused by name, and nothing is sent', async ({ scene }) => {
    const a = scene.candidate();
    for (const [options, name] of [
      [{ successor: '' }, 'successor'],
      [{ reservedMs: -1 }, 'reservedMs'],
      [{ relayAfterMs: 1.5 }, 'relayAfterMs'],
      [{ signal: 'now' }, 'signal'],
    ] as const) {
      await expect(a.election.tryRun(nothing, options as object)).rejects.toThrow(name);
    }
    await expect(a.election.tryRun('work' as never)).rejects.toThrow(/The work of tryRun\(\)/);
    expect(a.requests).toEqual([]);
  });
});

describe.concurrent('duty: the office is kept from one try to the next', () => {
  // Caught: the hold-off after a resignation keeps a candidate from its own reservation; another takes what is reserved.
  test('for the same candidate, again and again', async ({ scene }) => {
    const [a, b] = [scene.candidate(), scene.candidate()];
    for (const term of [1, 2, 3]) {
      expect(await a.election.tryRun(nothing, { successor: 'a', reservedMs: 150_000 })).toMatchObject({
        led: true,
        term,
      });
      const other = await b.election.tryRun(nothing, { successor: 'b', reservedMs: 150_000 });
      expect(other).toMatchObject({ led: false, why: 'the office is reserved for a' });
    }
  });

  // Caught: a tick that wakes three, one of them late: it does not see the short term of another, waits two heartbeats for
  // the successor, and does the minute's work a second time.
  test('a candidate that stands when another has led and kept the office leaves it alone', async ({ scene }) => {
    await scene.dead({ renewedAt: { N: '1' } });
    const b = scene.candidate({ id: 'b' });
    const trying = b.election.tryRun(nothing, { successor: 'b', reservedMs: 150_000 });
    await until('it stands', () => b.seen('state').some(({ state }) => state === 'standby'));
    // Another was elected, worked, and gave the office back, all between two looks.
    const { holder: _, ...ghost } = (await scene.item())!;
    const now = { N: `${Date.now()}` };
    const vacancy = { reason: { S: 'resigned' }, previous: { S: 'a' }, successor: { S: 'a' }, vacatedAt: now };
    await scene.table.put(scene.name, { ...ghost, ...vacancy, term: { N: '2' }, attempt: { S: 'attempt-of-a' } });
    expect(await trying).toMatchObject({ led: false, why: 'the office is reserved for a' });
    expect(await b.office()).toMatchObject({ term: 2, successor: 'a' });
  });

  test('another takes it when the reservation is old', async ({ scene }) => {
    const [a, b] = [scene.candidate(), scene.candidate()];
    await a.election.tryRun(nothing, { successor: 'a' });
    await scene.table.set(scene.name, 'vacatedAt', { N: `${Date.now() - 150_001}` });
    const tried = await b.election.tryRun(nothing, { successor: 'b', reservedMs: 150_000 });
    expect(tried).toMatchObject({ led: true, term: 2 });
  });
});

describe.concurrent('a relay', () => {
  const runner = (build?: string) => ({ id: 'relay', build, ...TIMINGS });

  // Caught: a vacancy between two runners; a newcomer that leads before it has renewed; two works at a time.
  test('is handed the office in one write by the earlier runner of the same candidate', async ({ scene }) => {
    const [first, second] = [scene.candidate(runner()), scene.candidate(runner())];
    const working: string[] = [];
    const work = (name: string) => async (leadership: Leadership) => {
      working.push(`${name} begins ${leadership.term}`);
      await untilAborted(leadership);
      working.push(`${name} ends ${leadership.term}`);
    };
    const stop = new AbortController();
    const led = first.election.tryRun(work('first'), { relayAfterMs: 0 });
    await until('the first leads', () => first.seen('elected').length === 1);
    const relieved = second.election.tryRun(work('second'), { relayAfterMs: 0, signal: stop.signal });
    expect(await led).toEqual({ led: true, term: 1, reason: 'yielded' });
    await until('the second leads', () => second.seen('elected').length === 1);
    const office = await second.office();
    expect(office).toMatchObject({ term: 2, holder: 'relay', previous: 'relay', reason: 'yielded' });
    expect(working).toEqual(['first begins 1', 'first ends 1', 'second begins 2']);
    stop.abort();
    await relieved;
    // No office was seen vacant by either of them.
    const offices = [...first.seen('office'), ...second.seen('office')].filter(
      ({ term, holder }) => term > 0 && !holder,
    );
    expect(offices.map(({ term }) => term)).toEqual([2]); // the end of the test
  });

  test('a younger runner of the same build is left in office', async ({ scene }) => {
    const [first, second] = [scene.candidate(runner('v1')), scene.candidate(runner('v1'))];
    await first.lead();
    const tried = await second.election.tryRun(nothing, { relayAfterMs: 60_000 });
    expect(tried).toMatchObject({ led: false, why: 'relay leads term 1 in an earlier invocation' });
  });

  test('a runner of another build relieves it at once', async ({ scene }) => {
    const [first, second] = [scene.candidate(runner('v1')), scene.candidate(runner('v2'))];
    const led = first.election.tryRun(untilAborted, { relayAfterMs: 60_000 });
    await until('the first leads', () => first.seen('elected').length === 1);
    expect(await second.election.tryRun(nothing, { relayAfterMs: 60_000 })).toMatchObject({ led: true, term: 2 });
    expect(await led).toMatchObject({ reason: 'yielded' });
    expect(first.seen('challenged')[0]).toMatchObject({ yields: true, challenger: { why: 'newer code' } });
  });

  // Caught: the relay's rank lets any candidate depose any other.
  test('relieves nobody but its own earlier runner', async ({ scene }) => {
    const [other, mine] = [scene.candidate({ id: 'other' }), scene.candidate(runner('v2'))];
    await other.lead();
    expect(await mine.election.tryRun(nothing, { relayAfterMs: 0 })).toMatchObject({ led: false });
    expect((await scene.item())?.challenger).toBeUndefined();
  });

  // Caught: a newcomer that leaves while the earlier runner, that yielded to it, is frozen.
  test('takes the office by watching, if the earlier runner dies with the challenge unanswered', async ({ scene }) => {
    await scene.dead({ holder: { S: 'relay' }, acquiredAt: { N: '1' } }); // looks old, and fresh
    const second = scene.candidate(runner());
    expect(await second.election.tryRun(nothing, { relayAfterMs: 60_000 })).toMatchObject({ led: true, term: 2 });
  });
});

function afterReal(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
