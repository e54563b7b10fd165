/** Post-dated notices (section 8): which writes mail one, when, and that no write ever waits for one. */
import { describe, expect } from 'vitest';
import { noticeDelayS } from '../../lib/election/notices/notice.js';
import type { Notice, Post } from '../../lib/index.js';
import { isAcquire, isCreate, isHandOver, isHeartbeat } from '../support/requests.js';
import { gate, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

type Mailed = Notice & { delayS: number; at: number };

/** A queue that notes what it is sent. */
function mailbox(then: () => Promise<void> = async () => {}): { mailed: Mailed[]; post: Post } {
  const mailed: Mailed[] = [];
  const post: Post = async (notice, delayS) => {
    mailed.push({ ...notice, delayS, at: performance.now() });
    await then();
  };
  return { mailed, post };
}

test.each([
  [10_000, 0.01, 10],
  [3_000, 0.01, 3],
  [100, 0.01, 0],
  [889_999, 0.01, 898],
  [889_999, 0.25, 900],
])('a lease of %d ms, drift %d: a delay of %d s', (leaseMs, drift, delayS) => {
  expect(noticeDelayS(leaseMs, drift)).toBe(delayS);
});

describe.concurrent('notices', () => {
  // Caught: a leader that dies before its first heartbeat, and no notice says so; a notice without the attempt.
  test('every write that begins or extends a lease mails the version that it is about to write', async ({ scene }) => {
    const proxy = await scene.proxy();
    const { mailed, post } = mailbox();
    const a = scene.candidate({ via: proxy, effects: { post } });
    const leadership = await a.lead();
    await leadership.proclaim('here');
    await until('a heartbeat', () => a.seen('heartbeat').length >= 2);
    const { attempt } = (await scene.item()) as { attempt: { S: string } };
    const versions = mailed.map(({ term, beat }) => `${term}.${beat}`);
    expect(versions.slice(0, 3)).toEqual(['1.0', '1.1', '1.2']);
    expect(mailed[0]).toMatchObject({ election: scene.name, attempt: attempt.S, delayS: 2 });
    expect(new Set(mailed.map((notice) => notice.attempt)).size).toBe(1);
    await leadership.resign();
    const before = mailed.length;
    await a.lead();
    expect(mailed.slice(before)[0]).toMatchObject({ term: 2, beat: 0 });
    expect(mailed.at(-1)!.attempt).not.toBe(attempt.S);
    // Each left together with its write: before the write was answered, and not long before it was sent.
    const writes = proxy.log.filter((request) => isCreate(request) || isHeartbeat(request) || isAcquire(request));
    expect(mailed.length).toBeGreaterThanOrEqual(writes.length);
  });

  // Caught: a heartbeat that waits for its queue (and so a dead queue that costs the lease).
  test('a queue that never answers delays nothing', async ({ scene }) => {
    const { mailed, post } = mailbox(() => new Promise(() => {}));
    const a = scene.candidate({ effects: { post } });
    await a.lead();
    await until('five heartbeats', () => a.seen('heartbeat').length >= 5);
    expect(mailed.length).toBeGreaterThanOrEqual(5);
    expect(a.seen('lost')).toEqual([]);
  });

  test('a queue that fails is reported, and the lease is not touched by it', async ({ scene }) => {
    const { post } = mailbox(async () => {
      throw new Error('no such queue');
    });
    const a = scene.candidate({ effects: { post } });
    await a.lead();
    await until('two heartbeats', () => a.seen('heartbeat').length >= 2);
    const errors = a.seen('error').filter(({ code }) => code === 'NoticeFailed');
    expect(errors[0]!.message).toMatch(/term 1, beat 0.*no such queue/);
    expect(a.seen('lost')).toEqual([]);
  });

  // Caught: mailed before it is known to be applied, the notice comes out before the newcomer's lease has ended.
  test("a hand over's notice is mailed by the old leader, after an answer has shown it applied", async ({ scene }) => {
    const proxy = await scene.proxy();
    const { mailed, post } = mailbox();
    const a = scene.candidate({ via: proxy, effects: { post } });
    const b = scene.candidate();
    const held = gate();
    const handOver = proxy.next(isHandOver, { kind: 'hold', release: held.release });
    const running = a.election.run(untilAborted);
    await until('a leads', () => a.seen('elected').length === 1);
    const next = b.lead();
    await until('b stands', () => b.election.state === 'standby');
    await b.election.challenge();
    await handOver.happened;
    const ofTheNextTerm = () => mailed.filter(({ term }) => term === 2);
    expect(ofTheNextTerm()).toEqual([]);
    held.open();
    await next;
    const { attempt } = (await scene.item()) as { attempt: { S: string } };
    await until('the notice', () => ofTheNextTerm().length > 0);
    expect(ofTheNextTerm()[0]).toMatchObject({ term: 2, beat: 0, attempt: attempt.S });
    await a.election.close();
    await running;
  });

  test('tryRun() resolves when no notice is under way any more: a function that has returned is frozen', async ({
    scene,
  }) => {
    const held = gate();
    const { mailed, post } = mailbox(() => held.release);
    const a = scene.candidate({ effects: { post } });
    let done = false;
    const trying = a.election
      .tryRun(() => {})
      .then(() => {
        done = true;
      });
    await until('the office is given back', () => a.seen('released').length === 1);
    expect(mailed.length).toBeGreaterThan(0);
    expect(done).toBe(false);
    held.open();
    await trying;
  });

  test('a lease too long for any delay has none, and says so once', async ({ scene }) => {
    const { mailed, post } = mailbox();
    const a = scene.candidate({ leaseMs: 890_000, renewMs: 500, effects: { post } });
    await a.lead();
    await until('two heartbeats', () => a.seen('heartbeat').length >= 2);
    expect(mailed).toEqual([]);
    const reported = a.seen('error').filter(({ code }) => code === 'NoticeFailed');
    expect(reported.map(({ message }) => message)).toEqual([expect.stringMatching(/890000 ms has no notices/)]);
  });
});
