/** A fence that is ahead, and a record that cannot be read just then. */
import { describe, expect } from 'vitest';
import { isRaise, isRead } from '../support/requests.js';
import { gate, test } from '../support/scene.js';
import { until } from '../support/until.js';

describe.concurrent('a fence that is ahead', () => {
  // Caught (seed 920430 of the simulator): a candidate that was suspended before it raised the fence said that the record
  // had been restored, and that rings an alarm, because one read of it had failed.
  test('does not count as a record that fell, where the record could not be read', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const late = gate();
    const raise = proxy.next(isRaise, { kind: 'hold', release: late.release });
    const stop = new AbortController();
    const standing = a.election.campaign({ signal: stop.signal }).catch((error: unknown) => error);
    await raise.happened;
    await scene.dead({ term: { N: '2' }, holder: { S: 'later' } });
    await scene.table.put(scene.name, { term: { N: '2' }, attempt: { S: 'of the later one' } }, 'fence');
    const blind = proxy.on((request) => (isRead(request) ? { kind: 'drop-request' } : undefined));
    late.open();
    await until('it has tried to read', () => proxy.log.filter((one) => isRead(one) && one.fault).length >= 2);
    await until('it stands again', () => a.seen('released').length > 0);
    expect(a.troubles()).toEqual([]);
    expect(a.seen('elected')).toEqual([]);
    expect((await scene.item())?.holder).toEqual({ S: 'later' });
    blind();
    stop.abort(new Error('enough'));
    await standing;
  });
});
