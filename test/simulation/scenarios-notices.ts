/** Directed scenarios of death notices: their queue, and the watchdog. */
import { run } from '../../lib/simulation/candidates.js';
import { DRIFT } from '../../lib/simulation/settings.js';
import { LEASE_MS, scenario } from './directed-world.js';

export const NOTICES = [
  scenario('a notice of an old term', async (on) => {
    const [a, b] = [on.candidate('a'), on.candidate('b')];
    await on.until('somebody leads', () => on.leads(a)() || on.leads(b)());
    const leader = on.leads(a)() ? a : b;
    await on.pass(LEASE_MS);
    const { term, attempt } = on.mailed.at(-1)!.notice;
    leader.stop.abort();
    await on.until('the other leads', on.leads(leader === a ? b : a));
    await on.watchdog({ notice: { election: 'sim', term, attempt, beat: 1_000 }, waitedMs: 2 * LEASE_MS });
    if (on.table.record?.holder === undefined) on.checker.wrong('S11: a notice of an old term has deposed a leader');
  }),

  scenario('a notice of an attempt that never won', async (on) => {
    const [a, b] = [on.candidate('a'), on.candidate('b')];
    await on.until('somebody leads', () => on.leads(a)() || on.leads(b)());
    const { term } = on.table.record!;
    // Another candidate had tried for this very term, in vain: its notice comes out in the first moments of the winner.
    await on.watchdog({ notice: { election: 'sim', term, beat: 0, attempt: 'of the loser' }, waitedMs: 2 * LEASE_MS });
    if (on.table.record?.holder === undefined) on.checker.wrong("S11: a loser's notice has deposed the winner");
  }),

  scenario('a queue that never answers', async (on) => {
    const a = on.candidate('a', () => () => new Promise(() => {}));
    await on.until('a leads, though its notices are not taken', on.leads(a), 2 * LEASE_MS);
    await on.pass(5 * LEASE_MS);
    if (on.table.record?.term !== 1 || !on.leads(a)()) on.checker.wrong('L3: the leader changed because of its queue');
  }),

  scenario('a hand over that lands late', async (on) => {
    const [a, b] = [on.candidate('a'), on.node('b')];
    await on.until('a leads', on.leads(a));
    let heldUntil = 0;
    a.store.script = (kind) => {
      if (kind !== 'hand over') return undefined;
      heldUntil ||= on.world.now + 5_000;
      return { landsAfterMs: Math.max(1, heldUntil - on.world.now), answers: true };
    };
    run(on.simulation, b);
    await on.pass(50);
    const challenged = b.election.challenge({ why: 'deploy' });
    await on.until('the office is handed over', () => on.table.record?.holder === 'b');
    await challenged;
    const handedAt = on.world.now;
    await on.pass(20);
    // What was mailed before the write was known to be applied comes out before the newcomer's lease has ended.
    const early = on.mailed.some(({ notice, at }) => notice.term === on.table.record!.term && at < handedAt - 10);
    if (early) on.checker.wrong('section 8: the notice of a handed office was mailed before it was handed over');
  }),

  scenario('a notice of a copy that is cut off from the table', async (on) => {
    const { original, copy, release } = on.copied('a');
    await on.until('a leads', on.leads(original));
    await on.pass(LEASE_MS);
    release();
    copy.link.sends = false;
    copy.link.hears = false;
    // It tries and tries, each time with a higher beat, and mails the notice of each: the queue hears it.
    await on.until('it has stopped', () => !on.leads(copy)());
    const { notice, at } = on.mailed.reduce((a, b) => (b.notice.beat > a.notice.beat ? b : a));
    const dueAt = at + LEASE_MS * (1 + DRIFT);
    await on.pass(dueAt - on.world.now);
    await on.watchdog({ notice, waitedMs: on.world.now - at });
    if (on.table.record?.term !== 1 || !on.leads(original)()) {
      on.checker.wrong('S11: a notice of a copy, which never wrote, has expired the lease of the leader');
    }
  }),
];
