/**
 * One process of candidates, as a user would write one: it stands for many elections by the public API, claims what it
 * leads on the host's clock, and writes the fenced journal. SIGTERM closes it; without its parent it ends at once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Leadership } from '../../lib/election/candidate/leadership.js';
import { Election } from '../../lib/election/election.js';
import type { FencedBy } from '../../lib/local/candidate-messages.js';
import { givenTask, SupervisorChannel } from '../../lib/local/supervisor-channel.js';
import { passes } from '../../lib/simulation/checker.js';
import { hostClock } from './host-clock.js';
import { Journal } from './journal.js';
import type { Order, Report, Task } from './messages.js';
import { between, random } from './random.js';
import { block, Witness } from './witness.js';

const WRITE_EVERY_MS = 800;
/** Of the rounds of a leader's work, in so many a pair of writes is held back. */
const HELD_BACK = 0.25;

const task = givenTask<Task>();
const channel = new SupervisorChannel<readonly Report[], Order>();
const { leaseMs, requestTimeoutMs } = task.timings;
const now = hostClock(task.clock);
const chance = random(task.seed);
const journal = new Journal(task.tableName, 2 * requestTimeoutMs);
const witness = new Witness(now, channel);
/** By election: the present term. */
const leading = new Map<string, Leadership>();

async function work(election: string, leadership: Leadership): Promise<void> {
  const { term, fence } = leadership;
  leading.set(election, leadership);
  witness.begin(election, term, () => passes(leadership));
  const write = async (by: FencedBy, late: boolean, send: ReturnType<Journal['prepare']>) => {
    const sentAt = now();
    witness.report({ is: 'wrote', election, term, by, late, sentAt, outcome: await send() });
  };
  for (let n = 0; !leadership.signal.aborted; n += 1) {
    if (chance() < HELD_BACK) {
      for (const by of ['stamp', 'check'] as const) {
        const ready = journal.prepare(by, election, fence);
        setTimeout(() => void write(by, true, ready), between(chance, 0.5, 3) * leaseMs).unref();
      }
    }
    const by = n % 2 === 0 ? 'stamp' : 'check';
    await write(by, false, journal.prepare(by, election, fence));
    if (n === 0) continue; // each term begins with one of both
    await sleep(between(chance, 0.5, 1.5) * WRITE_EVERY_MS, undefined, { signal: leadership.signal }).catch(() => {});
  }
}

const elections = task.elections.map((name) => {
  const { id, tableName, timings } = task;
  const rank = task.ranked.includes(name) ? ({ priority: task.priority, yieldTo: 'priority' } as const) : {};
  const election = new Election({ name, id, tableName, ...timings, ...rank });
  let seen: { term: number; reason: string | undefined } | undefined;
  election.on('office', ({ term, reason }) => {
    seen = { term, reason };
  });
  election.on('elected', ({ term }) => {
    const reason = seen?.term === term ? seen.reason : undefined;
    witness.report({ is: 'elected', election: name, term, reason, at: now() });
  });
  election.on('lost', ({ term, reason }) => {
    witness.end(name, term);
    witness.report({ is: 'lost', election: name, term, reason, at: now() });
  });
  election.on('error', ({ code, message }) => witness.report({ is: 'error', code, message }));
  return election;
});

function obey(order: Order): void {
  if (order.do === 'resign') {
    const { election } = order;
    const leadership = leading.get(election);
    if (leadership !== undefined && passes(leadership)) {
      void leadership.resign().then(() => witness.end(election, leadership.term)); // S10
    }
    return;
  }
  block(order.ms);
  witness.ask(); // in the same turn: no timer has had a chance to end anything
}

channel.onOrder(obey);
channel.onEnd(async () => {
  await Promise.all(elections.map((election) => election.close()));
  witness.close();
  journal.close();
  channel.close();
});
for (const election of elections) void election.run((leadership) => work(election.name, leadership));
