/** `resumed()` at moments at which something is under way: what was held or claimed before it is not gone on with. */
import { describe, expect } from 'vitest';
import { isCreate, isResign } from '../support/requests.js';
import { gate, test } from '../support/scene.js';
import { until } from '../support/until.js';

describe.concurrent('resumed()', () => {
  // Caught: a candidate that leads under its new id a record that shows the old one.
  test('while an acquisition is under way: its answer wins nothing', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const late = gate();
    // Answered, but later than the hook was called.
    const held = proxy.next(isCreate, { kind: 'hold', release: late.release });
    const leading = a.lead();
    await held.happened;
    a.election.resumed();
    late.open();
    const leadership = await leading;
    expect(leadership.id).toBe(a.election.id);
    expect(leadership.term).toBe(2);
    expect((await scene.item())?.holder?.S).toBe(a.election.id);
    expect(a.seen('elected').map(({ id }) => id)).toEqual([a.election.id]);
  });

  // Caught: tries of a resignation that went on, under the marks of the process that this one is a copy of.
  test('while the office is being given back: nothing more is written for that term', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const leadership = await a.lead();
    proxy.on((request) => (isResign(request) ? { kind: 'drop-request' } : undefined));
    const resigning = leadership.resign();
    await until('a resignation is under way', () => proxy.log.some(isResign), { everyMs: 1 });
    a.election.resumed();
    expect(await resigning).toEqual({ released: false });
    const sent = proxy.log.filter(isResign).length;
    expect(sent).toBeLessThanOrEqual(2); // the one under way, and its answer may have come just before
    await a.election.close();
    expect(proxy.log.filter(isResign)).toHaveLength(sent);
  });

  // Caught: `lost` before `elected`, and `elected` under the id of another candidate.
  test('in a listener of the beginning: the end is heard of after it', async ({ scene }) => {
    const a = scene.candidate();
    const off = a.election.on('state', ({ state }) => {
      if (state !== 'leading') return;
      off();
      a.election.resumed();
    });
    const leadership = await a.lead();
    expect(leadership.signal.aborted).toBe(true);
    expect(() => leadership.assertHeld()).toThrow('copy of this one');
    const reported = a.log.filter(({ name }) => name === 'elected' || name === 'lost');
    expect(reported.map(({ name }) => name)).toEqual(['elected', 'lost']);
    expect(a.seen('elected')[0]?.id).toBe('a');
  });
});
