/** The timed close (section 6), and what is left of an election after it: nothing, not even an open handle. */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { engineEnv } from '../../lib/local/engine.js';
import { isHeartbeat, isResign } from '../support/requests.js';
import { gate, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

const SLOW = { leaseMs: 4_000, renewMs: 1_000, stepDownMs: 400, requestTimeoutMs: 1_000 };

describe.concurrent('a timed close', () => {
  // Caught: a vacancy written at once, half a period before anybody looks; work that is stopped that much too early; a
  // heartbeat sent beside it.
  test("the work goes on, is stopped 250 ms before the heartbeat's place, and the vacancy lands in that place", async ({
    scene,
  }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy, ...SLOW });
    let stoppedAt = 0;
    const stop = new AbortController();
    const running = a.election.run(
      async (leadership) => {
        await untilAborted(leadership);
        stoppedAt = performance.now();
      },
      { signal: stop.signal },
    );
    await until('two heartbeats', () => a.seen('heartbeat').length >= 2, { everyMs: 2 });
    const lastBeatAt = proxy.log.filter(isHeartbeat).at(-1)!.at;
    const askedAt = performance.now();
    stop.abort();
    await running;
    const beats = proxy.log.filter(isHeartbeat);
    const vacatedAt = proxy.log.find(isResign)!.at;
    if (askedAt - lastBeatAt < 700) expect(stoppedAt - askedAt).toBeGreaterThan(20); // it was let go on
    expect(vacatedAt - stoppedAt).toBeGreaterThan(180);
    // One period after the last heartbeat, where every phase-locked standby looks: not before, and never a heartbeat too.
    expect(vacatedAt - beats.at(-1)!.at).toBeGreaterThan(SLOW.renewMs - 120);
    expect(vacatedAt).toBeGreaterThan(beats.at(-1)!.at);
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
    expect(a.seen('lost').map(({ reason }) => reason)).toEqual(['closed']);
  });

  // Caught: a standby that looks half a period later; a leader that is gone before.
  test('with a standby, nobody leads for a small part of a period only', async ({ scene }) => {
    const period = { leaseMs: 10_000, renewMs: 2_500, stepDownMs: 400, requestTimeoutMs: 1_000 };
    const a = scene.candidate(period);
    const b = scene.candidate(period);
    const leadership = a.election.run(untilAborted);
    await until('a leads', () => a.seen('elected').length === 1);
    const next = b.lead();
    await until('b is in step', () => a.seen('heartbeat').length >= 3);
    await a.election.close();
    await leadership;
    await next;
    const leaderlessMs = b.times('elected')[0]! - a.times('lost')[0]!;
    expect(leaderlessMs).toBeGreaterThan(0);
    expect(leaderlessMs).toBeLessThan(period.renewMs / 2);
  });

  test('asked for with less than 250 ms to go, the work has to stop at once', async ({ scene }) => {
    const a = scene.candidate({ ...SLOW, renewMs: 240, requestTimeoutMs: 240 });
    let stopped = false;
    const running = a.election.run(async (leadership) => {
      await untilAborted(leadership);
      stopped = true;
    });
    await until('a leads', () => a.election.state === 'leading');
    const closing = a.election.close();
    await until('the work sees its signal', () => stopped, { everyMs: 2 });
    await closing;
    await running;
    expect(a.seen('released')).toEqual([{ term: 1, released: true }]);
  });

  test('resign() from within cuts it short; work that ends early does not: the vacancy keeps its place', async ({
    scene,
  }) => {
    const a = scene.candidate(SLOW);
    const byHand = await a.lead();
    const closing = a.election.close();
    expect(await byHand.resign()).toEqual({ released: true });
    await closing;

    const proxy = await scene.proxy();
    const b = scene.candidate({ via: proxy, ...SLOW });
    const end = gate();
    const running = b.election.run(() => end.release);
    await until('a heartbeat', () => b.seen('heartbeat').length === 1, { everyMs: 2 });
    const closingB = b.election.close();
    end.open();
    await closingB;
    await running;
    const beatAt = proxy.log.filter(isHeartbeat).at(-1)!.at;
    expect(proxy.log.find(isResign)!.at - beatAt).toBeGreaterThan(SLOW.renewMs - 120);
  });

  // Caught: a close that waits for the table for ever.
  test('without a table it ends with the lease', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const running = a.election.run(untilAborted);
    await until('a leads', () => a.election.state === 'leading');
    proxy.partition(true);
    await a.election.close();
    await running;
    expect(a.seen('released')).toEqual([{ term: 1, released: false }]);
    expect(a.seen('lost')).toHaveLength(1);
    expect(a.election.state).toBe('closed');
  });

  // Caught: work that never ends and holds the close for ever.
  test('with work that does not end, it resolves when the lease has run out, and that is reported', async ({
    scene,
  }) => {
    const a = scene.candidate();
    const running = a.election.run(() => new Promise(() => {}));
    await until('a leads', () => a.election.state === 'leading');
    await a.election.close();
    await running;
    expect(a.troubles()).toEqual(['WorkOverran']);
    expect(a.seen('lost')).toHaveLength(1);
    expect((await scene.item())?.holder).toEqual({ S: 'a' }); // not released while its work goes on
  });
});

// Caught: a client that is never destroyed, a timer or a listener that is left: the process would not end by itself.
test('elections share a client of their own, and after the last close the process ends by itself', async ({
  scene,
}) => {
  const program = fileURLToPath(new URL('../support/shared-client.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, scene.table.tableName, scene.name], {
    env: { ...process.env, ...engineEnv(scene.table.endpoint) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  scene.afterwards(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once('exit', (...how) => resolve(how));
  });
  expect({ code, signal, said: said.trim().split('\n') }).toEqual({
    code: 0,
    signal: null,
    said: ['leading 1 1', 'after the first close: 1 goes on', 'closed'],
  });
});
