/**
 * Clones: another process writes with a copy of this one's memory. A memory cannot be copied here, so the other process is
 * played by hand: what it would write is put into the table. Two candidates of one memory are in the simulation.
 */
import { describe, expect } from 'vitest';
import { realChance } from '../../lib/lease/chance.js';
import { isHeartbeat, isRaise } from '../support/requests.js';
import { gate, type Scene, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** What a clone of the holder writes with its first heartbeat. */
async function cloneRenews(scene: Scene): Promise<void> {
  const item = (await scene.item())!;
  await scene.table.set(scene.name, 'beat', { N: `${Number(item.beat?.N) + 1}` });
  await scene.table.set(scene.name, 'mark', { S: 'of the clone' });
}

describe.concurrent('of two clones of a leader', () => {
  test('the second to renew ends with `cloned`, writes nothing more, and stands again under a new id', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ id: 'a', via: proxy });
    const stop = new AbortController();
    const running = a.election.run(untilAborted, { signal: stop.signal });
    await until('a leads', () => a.seen('heartbeat').length > 0);
    await cloneRenews(scene);
    await until('it ends', () => a.seen('lost').length === 1);
    expect(a.seen('lost')).toEqual([{ term: 1, id: 'a', reason: 'cloned' }]);
    const from = proxy.log.length;
    expect(a.election.id).toMatch(/^a~[\w-]{8}$/);
    expect(await scene.item()).toMatchObject({ holder: { S: 'a' }, mark: { S: 'of the clone' } });
    // The clone is silent from here on: its lease runs out, and the one with the new id takes over.
    await until('it leads again', () => a.seen('elected').length === 2);
    expect(a.seen('elected')[1]).toEqual({ term: 2, id: a.election.id });
    expect(await scene.item()).toMatchObject({ holder: { S: a.election.id }, previous: { S: 'a' } });
    expect(proxy.log.slice(from).filter(isHeartbeat)).toEqual([]);
    stop.abort();
    await running;
  });

  test('the second to give it back gives nothing back: the office stays with the clone', async ({ scene }) => {
    const a = scene.candidate({ id: 'a', leaseMs: 20_000, renewMs: 6_000, requestTimeoutMs: 6_000 });
    const leadership = await a.election.campaign();
    await cloneRenews(scene);
    expect(await leadership.resign()).toEqual({ released: false });
    expect(await scene.item()).toMatchObject({ holder: { S: 'a' }, mark: { S: 'of the clone' } });
    await until('it has a new id', () => a.election.id !== 'a');
  });

  test('a suffix is replaced, not added to, and the id stays within its limit', async ({ scene }) => {
    const long = 'é'.repeat(64);
    const a = scene.candidate({ id: long });
    for (const _ of [1, 2]) a.election.resumed();
    expect(a.election.id).toMatch(/^é+~[\w-]{8}$/);
    expect(Buffer.byteLength(a.election.id)).toBeLessThanOrEqual(128);
  });
});

describe.concurrent('of two clones of a standby', () => {
  test('the second to raise the fence begins no work, although the record shows its attempt and its name', async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ id: 'a', via: proxy });
    const late = gate();
    const held = proxy.next(isRaise, { kind: 'hold', release: late.release });
    const stop = new AbortController();
    const running = a.election.run(untilAborted, { signal: stop.signal });
    // While its raise is on the way, the clone has raised the fence: to the same term, by the same attempt.
    await held.happened;
    const { attempt } = (await scene.item())!;
    await scene.table.put(scene.name, { term: { N: '1' }, attempt: attempt!, mark: { S: 'of the clone' } }, 'fence');
    late.open();
    await until('it has a new id', () => a.election.id !== 'a');
    expect([a.seen('elected'), a.seen('lost')]).toEqual([[], []]);
    expect(await scene.item()).toMatchObject({ term: { N: '1' }, holder: { S: 'a' } }); // the clone's: it leads
    stop.abort();
    await running;
  });
});

describe.concurrent('resumed()', () => {
  test('ends what was held, writes nothing, and stands again under a new id', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ id: 'a', via: proxy });
    const stop = new AbortController();
    const running = a.election.run(untilAborted, { signal: stop.signal });
    await until('a leads', () => a.seen('heartbeat').length > 0);
    const before = await scene.item();
    a.election.resumed();
    expect(a.seen('lost')).toEqual([{ term: 1, id: 'a', reason: 'cloned' }]);
    expect(a.election.id).not.toBe('a');
    const { beat, renewedAt, mark, ...rest } = before!;
    expect(await scene.item()).toMatchObject(rest);
    await until('it leads again', () => a.seen('elected').length === 2);
    expect(a.seen('elected')[1]?.term).toBe(2);
    stop.abort();
    await running;
  });

  test('in any other state draws a new id, and is no error', async ({ scene }) => {
    const a = scene.candidate({ id: 'a' });
    a.election.resumed();
    expect(a.election.id).not.toBe('a');
    const leadership = await a.lead();
    expect(leadership.id).toBe(a.election.id);
    await leadership.resign();
    await a.election.close();
    a.election.resumed();
    expect(a.election.state).toBe('closed');
  });
});

test('every write of a holder carries a mark of its own', async ({ scene }) => {
  const drawn: string[] = [];
  const chance = {
    unit: realChance.unit,
    attempt: () => {
      drawn.push(realChance.attempt());
      return drawn.at(-1)!;
    },
  };
  const a = scene.candidate({ effects: { chance } });
  const leadership = await a.election.campaign();
  const marks = new Set<string>();
  await until('heartbeats', async () => {
    marks.add((await scene.item())!.mark!.S!);
    return marks.size >= 4;
  });
  expect([...marks].every((mark) => drawn.includes(mark))).toBe(true);
  await leadership.resign();
});
