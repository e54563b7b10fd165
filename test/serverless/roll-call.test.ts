/** The roll call: it counts the living standbys, from outside, and emits nothing where it could not look. */
import { describe, expect } from 'vitest';
import type { MetricName, MetricSink } from '../../lib/index.js';
import { callRoll, type Present } from '../../lib/serverless/roll-call.js';
import { type Candidate, type CandidateOptions, OUTSIDE, type Scene, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** Leaders lose nothing by a slow machine; a candidate without a sign of life is taken to be gone after 6 s. */
const LINE = { leaseMs: 15_000, renewMs: 1_500, succession: 'seniority', rosterMs: 2_000 } as const;
const PATIENCE = { limitMs: 90_000, everyMs: 100 };

/** Stands for office until the end of the test, or until its signal is aborted. */
function stand(scene: Scene, options: CandidateOptions = {}): { candidate: Candidate; stop(): Promise<void> } {
  const candidate = scene.candidate({ ...LINE, ...options });
  const stop = new AbortController();
  const running = candidate.election.run(untilAborted, { signal: stop.signal });
  return {
    candidate,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

function caller(scene: Scene, options: CandidateOptions = {}) {
  const { election } = scene.candidate({ ...OUTSIDE, id: 'roll-call', ...options });
  const emitted: [MetricName, number][] = [];
  let flushes = 0;
  const sink: MetricSink = {
    add: (name, value) => void emitted.push([name, value]),
    flush: () => {
      flushes += 1;
    },
  };
  return { call: () => callRoll(election, sink), emitted, flushes: () => flushes };
}

const shows = (what: string, call: () => Promise<Present>, standbys: number) =>
  until(what, async () => ((await call()).standbys.length === standbys ? true : undefined), PATIENCE);

describe.concurrent('the roll call', () => {
  test('counts those on the roster that live and do not lead, and emits that once', async ({ scene }) => {
    const { call, emitted, flushes } = caller(scene);
    expect(await call()).toEqual({ standbys: [] });
    expect(emitted).toEqual([['Standbys', 0]]);
    const a = stand(scene, { id: 'a' });
    await until('a leads', () => a.candidate.election.state === 'leading', PATIENCE);
    await until('a is listed', async () => (await call()).holder === 'a', PATIENCE);
    expect(await call()).toEqual({ holder: 'a', standbys: [] });
    const [b, c] = [stand(scene, { id: 'b' }), stand(scene, { id: 'c' })];
    await shows('both stand by', call, 2);
    const before = [emitted.length, flushes()];
    expect((await call()).standbys.toSorted()).toEqual(['b', 'c']);
    expect([emitted.length, flushes()]).toEqual(before.map((count) => count! + 1));
    expect(emitted.at(-1)).toEqual(['Standbys', 2]);
    await b.stop();
    await shows('a candidate that leaves is not counted any more', call, 1);
    await c.stop();
    await shows('nobody is left', call, 0);
    expect(emitted.at(-1)).toEqual(['Standbys', 0]);
    await a.stop();
  });

  test('a standby that has died without leaving is not counted, though it is still listed', async ({ scene }) => {
    const { call } = caller(scene);
    const a = stand(scene, { id: 'a' });
    await until('a leads', () => a.candidate.election.state === 'leading', PATIENCE);
    const via = await scene.proxy();
    const b = stand(scene, { id: 'b', via });
    await shows('b stands by', call, 1);
    await via.stop();
    await shows('b is gone', call, 0);
    expect((await a.candidate.election.roster()).find(({ id }) => id === 'b')).toMatchObject({ present: false });
    await Promise.all([a.stop(), b.stop()]);
  });

  test('a roster that cannot be read has no number: nothing is emitted, and the invocation fails', async ({
    scene,
  }) => {
    const via = await scene.proxy();
    const { call, emitted, flushes } = caller(scene, { via });
    await via.stop();
    await expect(call()).rejects.toMatchObject({ code: 'RequestFailed' });
    expect([emitted, flushes()]).toEqual([[], 0]);
  });
});
