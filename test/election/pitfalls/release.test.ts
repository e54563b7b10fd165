/** Pitfalls 8, 10, 11, 12 and 13: giving an office back, and nobody else's. */
import { describe, expect } from 'vitest';
import { isHeartbeat, isResign, isWrite } from '../../support/requests.js';
import { gate, test, untilAborted } from '../../support/scene.js';
import { until } from '../../support/until.js';

describe.concurrent('pitfall 8, release deletes the record', () => {
  // Caught: a record that is deleted, or has a TTL, and a token that starts again at 1 (or 0).
  test('pitfall 8, release deletes the record: terms rise across resignation, close, crash and restart under the same name', async ({
    scene,
  }) => {
    const terms: number[] = [];
    const resigned = await scene.candidate({ id: 'same' }).lead();
    terms.push(resigned.term);
    await resigned.resign();
    expect(await scene.item()).toMatchObject({ term: { N: '1' } });

    const closed = scene.candidate({ id: 'same' });
    const byClose = await closed.lead();
    terms.push(byClose.term);
    await Promise.all([closed.election.close(), byClose.resign()]);

    const proxy = await scene.proxy();
    const crashed = await scene.candidate({ id: 'same', via: proxy }).lead();
    terms.push(crashed.term);
    proxy.partition(true); // the table hears no more of it
    const restarted = await scene.candidate({ id: 'same' }).lead();
    terms.push(restarted.term);
    expect(terms).toEqual([1, 2, 3, 4]);
    expect(await scene.item('fence')).toMatchObject({ term: { N: '4' } });
    const item = (await scene.item())!;
    expect(Object.keys(item).filter((name) => /ttl|expires/i.test(name))).toEqual([]);
  });
});

describe.concurrent('pitfall 10, unconditional release', () => {
  // Caught: a release that compares nothing, or the holder's name alone: landing late it frees the next one's office.
  test("pitfall 10, unconditional release: a resignation that lands after the next leader's acquire changes nothing, even under the same name", async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const late = gate();
    const a = scene.candidate({ via: proxy, id: 'same' });
    const leadership = await a.lead();
    proxy.on((request) => (isResign(request) ? { kind: 'hold', release: late.release } : undefined));
    expect(await leadership.resign()).toEqual({ released: false }); // S10: no answer until the lease ran out
    const b = scene.candidate({ id: 'same' });
    const next = await b.lead();
    expect(next.term).toBe(2);
    const beats = b.seen('heartbeat').length;
    late.open();
    const landed = await Promise.all(proxy.log.filter(isResign).map((entry) => entry.landed));
    expect(landed.length).toBeGreaterThan(0);
    expect(landed.flat().every((status) => status === 400)).toBe(true);
    await until('another heartbeat', () => b.seen('heartbeat').length > beats);
    next.assertHeld();
    expect(await b.office()).toMatchObject({ term: 2, holder: 'same' });
    expect(b.seen('lost')).toEqual([]);
  });
});

describe.concurrent('pitfall 11, release races a heartbeat', () => {
  // Caught: a release that does not wait for the heartbeat under way: success is reported, and the heartbeat that lands
  // after it revives the lease, or makes the release fail.
  test('pitfall 11, release races a heartbeat under way: the vacancy waits for it, and its late landing revives nothing', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const late = gate();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    const held = proxy.next(isHeartbeat, { kind: 'hold', release: late.release });
    await until('a heartbeat under way', () => proxy.log.some(({ fault }) => fault?.kind === 'hold'), { everyMs: 2 });
    const under = a.requests.length;
    const releasing = leadership.resign();
    expect(leadership.signal.aborted).toBe(true);
    expect(await releasing).toEqual({ released: true });
    await held.happened;
    // Answered in this order: the heartbeat (unknown), then the resignation.
    const [beat, ...rest] = a.requests.slice(under);
    expect(beat).toMatchObject({ operation: 'renew', outcome: 'unknown' });
    // Where the engine is slow, a repeated resignation finds that the first one has landed.
    expect(new Set(rest.map(({ operation }) => operation))).toEqual(new Set(['resign']));
    const vacancy = await scene.item();
    expect(vacancy?.holder).toBeUndefined();
    late.open();
    await held.landed;
    expect(await scene.item()).toEqual(vacancy);
    expect((await scene.candidate().lead()).term).toBe(2); // at once: nobody waits a lease out
  });

  // Caught: a heartbeat that is sent from the abort on.
  test('pitfall 11, release races a heartbeat: none is sent after the resignation, however long that takes', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    proxy.next(isResign, { kind: 'drop-request' }, { times: 4 });
    // Right after an answer no heartbeat is under way, which the SDK might send a second time.
    const beats = a.seen('heartbeat').length;
    await until('an answered heartbeat', () => a.seen('heartbeat').length > beats, { everyMs: 1 });
    const from = proxy.log.length;
    expect(await leadership.resign()).toEqual({ released: true });
    expect(proxy.log.slice(from).filter(isHeartbeat)).toEqual([]);
    expect(() => leadership.assertHeld()).toThrow();
  });
});

describe.concurrent('pitfall 12, release before the work has ended', () => {
  // Caught: a release at the abort, while the work goes on: the next leader works beside it.
  test('pitfall 12, release before the guarded work has ended: the office is vacated only after the work, for any reason to stop', async ({
    scene,
  }) => {
    const end = gate();
    const a = scene.candidate({ stepDownMs: 400 });
    const b = scene.candidate();
    let working = 0;
    const overlaps: number[] = [];
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        working += 1;
        await untilAborted(leadership);
        await end.release;
        working -= 1;
      },
      { signal: stop.signal },
    );
    await until('a works', () => working === 1);
    b.election.on('elected', () => overlaps.push(working));
    const next = b.lead();
    stop.abort(); // a timed close: the work's signal is aborted just before the next heartbeat's place
    await until('the work has to stop', () => a.election.state === 'stepping down', { everyMs: 5 });
    expect((await scene.item())?.holder).toEqual({ S: 'a' });
    expect(a.seen('lost')).toEqual([]);
    end.open();
    await running;
    await next;
    expect(overlaps).toEqual([0]);
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
  });

  // Caught: the same after a hand over: the challenger would begin beside the old work.
  test('pitfall 12, release before the guarded work has ended: a challenger is handed the office only after the work', async ({
    scene,
  }) => {
    const end = gate();
    const a = scene.candidate({ yieldTo: 'priority' });
    const b = scene.candidate({ priority: 7 });
    let working = false;
    const overlaps: boolean[] = [];
    void a.election.run(async (leadership) => {
      working = true;
      await untilAborted(leadership);
      await end.release;
      working = false;
    });
    await until('a works', () => working);
    b.election.on('elected', () => overlaps.push(working));
    const next = b.lead();
    await until('a yields', () => a.seen('challenged').length === 1);
    expect(a.election.state).toBe('stepping down');
    expect((await scene.item())?.holder).toEqual({ S: 'a' });
    end.open();
    expect((await next).term).toBe(2);
    expect(overlaps).toEqual([false]);
    await a.election.close();
  });
});

describe.concurrent('pitfall 13, releasing many', () => {
  // Caught: a shutdown that stops at the first error, or waits for the one that cannot be reached before the others.
  test('pitfall 13, releasing many: one that cannot be reached keeps none of the others from being released', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const names = ['one', 'two', 'three', 'four', 'five'].map((name) => `${scene.name}-${name}`);
    const candidates = names.map((name) => scene.candidate({ name, via: proxy }));
    const stop = new AbortController();
    const running = candidates.map(({ election }) => election.run(untilAborted, { signal: stop.signal }));
    await until('all lead', () => candidates.every(({ seen }) => seen('elected').length === 1));
    const unreachable = names[2]!;
    proxy.on((request) =>
      isWrite(request) && JSON.stringify(request.body).includes(unreachable) ? { kind: 'drop-request' } : undefined,
    );
    stop.abort();
    const closed = await Promise.allSettled([...running, ...candidates.map(({ election }) => election.close())]);
    expect(closed.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(candidates.map(({ seen }) => seen('released')[0]?.released)).toEqual([true, true, false, true, true]);
    for (const name of names) {
      const item = await scene.item('leader', name);
      expect(item?.holder === undefined, name).toBe(name !== unreachable);
    }
  });
});

describe.concurrent('a release that fails at once', () => {
  // Caught: a leader whose table is gone writes sixteen times a second, and reports each, until its lease has run out.
  test('is tried again, ever more seldom, until the lease has run out', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    proxy.on((request) => (isResign(request) ? { kind: 'throttle' } : undefined));
    expect(await leadership.resign()).toEqual({ released: false });
    const tries = a.requests.filter(({ operation }) => operation === 'resign').length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(14); // of 2 s: every 60 ms would be more than thirty
  });
});
