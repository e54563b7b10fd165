/**
 * One process of candidates, as a user would write one: it stands for many elections by the public API, claims what it
 * leads on the host's clock, and writes the fenced journal. SIGTERM closes it; without its parent it ends at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Election } from '../../lib/election/election.js';
import type { Leadership } from '../../lib/election/leadership.js';
import { hostClock } from './host-clock.js';
import { Journal } from './journal.js';
import type { FencedBy, Order, Report, Task } from './messages.js';
import { between, random } from './random.js';

const ASK_EVERY_MS = 8;
const TELL_EVERY_MS = 40;
const WRITE_EVERY_MS = 800;
/** Of the rounds of a leader's work, in so many a pair of writes is held back. */
const HELD_BACK = 0.25;

const task: Task = JSON.parse(process.argv[2] as string);
const { leaseMs, requestTimeoutMs } = task.timings;
const now = hostClock(task.clock);
const chance = random(task.seed);
const journal = new Journal(task.tableName, 2 * requestTimeoutMs);

/** A leadership that is asked for ever, also after its end: it must never pass again. */
interface Mine {
  readonly election: string;
  readonly leadership: Leadership;
  /** Instants that are claimed and not told yet. */
  claim: { from: number; to: number } | undefined;
  over: boolean;
}

/** By election: the present term, and the last one. */
const mine = new Map<string, Mine[]>();
let unsaid: Report[] = [];
const tell = (report: Report) => void unsaid.push(report);

function sayAll(): void {
  for (const { election, leadership, claim } of [...mine.values()].flat()) {
    if (claim !== undefined) tell({ is: 'held', election, term: leadership.term, ...claim });
  }
  for (const each of [...mine.values()].flat()) each.claim = undefined;
  const saying = unsaid;
  unsaid = [];
  if (saying.length > 0 && process.connected) process.send?.(saying, () => {});
}

/**
 * The time is read before and after the asking, and of each claim the end that claims less is told: so a pause at any
 * place lengthens none.
 */
function claimAll(): void {
  const asked = [...mine.values()].flat();
  if (asked.length === 0) return;
  const { least: before } = now();
  const held = asked.filter(({ leadership }) => passes(leadership));
  const { most: after } = now();
  for (const each of held) {
    if (each.over) tell({ is: 'revived', election: each.election, term: each.leadership.term });
    each.claim = { from: Math.min(each.claim?.from ?? after, after), to: Math.max(each.claim?.to ?? before, before) };
  }
  for (const each of asked) if (!held.includes(each)) each.over = true;
}

/** From here on the term may never pass again. */
function end(election: string, term: number): void {
  for (const each of mine.get(election) ?? []) if (each.leadership.term === term) each.over = true;
}

function passes(leadership: Leadership): boolean {
  try {
    leadership.assertHeld();
    return true;
  } catch {
    return false;
  }
}

async function work(election: string, leadership: Leadership): Promise<void> {
  const { term, fence } = leadership;
  mine.set(election, [
    ...(mine.get(election)?.slice(-1) ?? []),
    { election, leadership, claim: undefined, over: false },
  ]);
  const write = async (by: FencedBy, late: boolean, send: ReturnType<Journal['prepare']>) => {
    const sentAt = now();
    tell({ is: 'wrote', election, term, by, late, sentAt, outcome: await send() });
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
    tell({ is: 'elected', election: name, term, reason, at: now() });
  });
  election.on('lost', ({ term, reason }) => {
    end(name, term);
    tell({ is: 'lost', election: name, term, reason, at: now() });
  });
  election.on('error', ({ code, message }) => tell({ is: 'error', code, message }));
  return election;
});

function obey(order: Order): void {
  if (order.do === 'resign') {
    const { election } = order;
    for (const { leadership, over } of mine.get(election) ?? []) {
      if (!over) void leadership.resign().then(() => end(election, leadership.term)); // S10
    }
    return;
  }
  // Blocks the event loop as a busy loop does, without taking a core from the other processes.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
  claimAll(); // in the same turn: no timer has had a chance to end anything
}

process.on('message', obey);
process.on('disconnect', () => process.exit());
const ticking = [setInterval(claimAll, ASK_EVERY_MS), setInterval(sayAll, TELL_EVERY_MS)];
process.once('SIGTERM', async () => {
  await Promise.all(elections.map((election) => election.close()));
  for (const timer of ticking) clearInterval(timer);
  claimAll();
  sayAll();
  journal.close();
  process.removeAllListeners('disconnect');
  process.disconnect?.();
});
tell({ is: 'ready', at: now() });
sayAll();
for (const election of elections) void election.run((leadership) => work(election.name, leadership));
