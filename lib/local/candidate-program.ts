/**
 * One candidate of the local cluster, in a process of its own: it uses the library as a user would, and reports to its
 * parent. Started by `cluster-candidate.ts` with its settings; its first order is the address of the engine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Election, type Fence, type Leadership } from '../index.js';
import type { CandidateOrder, CandidateReport, CandidateSettings, EngineAddress } from './candidate-messages.js';
import { ENDPOINT_VARIABLE } from './client.js';
import { FencedJournal, type Ready } from './fenced-journal.js';
import { hostMs } from './host-clock.js';
import { givenTask, SupervisorChannel } from './supervisor-channel.js';

/** How often it asks whether it may still lead. */
const CLAIM_EVERY_MS = 20;
/** So many stamped writes to one that is checked in a transaction. */
const STAMPED_PER_CHECKED = 5;
const RETRY_MS = 50;

const { election: name, tableName, ...settings } = givenTask<CandidateSettings>();
const { id, leaseMs, requestTimeoutMs } = settings;
const channel = new SupervisorChannel<CandidateReport, CandidateOrder>();
const { endpoint } = await channel.nextOrder<EngineAddress>();
process.env[ENDPOINT_VARIABLE] = endpoint;
const journal = new FencedJournal({ tableName, election: name, requestTimeoutMs });
const election = new Election({ name, tableName, ...settings, value: `process ${process.pid}` });
let leadership: Leadership | undefined;
let prepared: Ready[] = [];
/** Ordered to have writes ready, when its work had not begun. */
let mustPrepare = false;

const report = (news: CandidateReport) => channel.report(news);
const reportError = (error: unknown) =>
  report({ is: 'error', message: error instanceof Error ? error.message : String(error) });

async function work(mine: Leadership): Promise<void> {
  leadership = mine;
  if (mustPrepare) prepare(mine.fence);
  let seq: number | undefined;
  for (let n = 1; !mine.signal.aborted; n += 1) {
    try {
      seq ??= await journal.lastChecked();
      await write(journal.stamped(mine.fence, id));
      if (n % STAMPED_PER_CHECKED === 0) {
        seq += 1;
        await write(journal.checked(mine.fence, id, seq));
      }
    } catch (error) {
      // Its fate is unknown: where the journal ends has to be read again.
      seq = undefined;
      reportError(error);
      await sleep(RETRY_MS);
    }
    await sleep(leaseMs / 10, undefined, { signal: mine.signal }).catch(() => {});
  }
}

async function write(ready: Ready): Promise<void> {
  const { accepted, ...verdict } = await ready();
  report({ is: accepted ? 'accepted' : 'refused', ...verdict });
}

/** Two writes that pass every check now, to be sent when that may be long ago. */
function prepare(fence: Fence): void {
  mustPrepare = false;
  prepared = [journal.stamped(fence, id), journal.checked(fence, id)];
  report({ is: 'prepared', term: fence.term });
}

/** Asked again and again, also after the end: a leadership that is over must never pass again. */
function claim(): void {
  if (leadership === undefined) return;
  const before = hostMs();
  try {
    leadership.assertHeld();
  } catch {
    return;
  }
  const after = hostMs();
  report({ is: 'claim', term: leadership.term, before, after, remainingMs: leadership.remainingMs() });
}

function obey(order: CandidateOrder): void {
  if (order === 'resign') void leadership?.resign();
  if (order === 'prepare') {
    if (leadership === undefined || leadership.signal.aborted) mustPrepare = true;
    else prepare(leadership.fence);
  }
  if (order === 'send what is prepared') {
    for (const ready of prepared.splice(0)) write(ready).catch(reportError);
  }
}

let [reads, writes] = [0, 0];
election.on('request', ({ kind }) => {
  if (kind === 'read') reads += 1;
  else writes += 1;
  report({ is: 'requests', reads, writes });
});
election.on('state', ({ state }) => report({ is: 'state', state }));
election.on('elected', ({ term }) => report({ is: 'elected', term, at: hostMs() }));
election.on('lost', ({ term, reason }) => report({ is: 'lost', term, reason, at: hostMs() }));
election.on('heartbeat', (heartbeat) => report({ is: 'heartbeat', ...heartbeat }));
election.on('office', ({ term, holder, previous, reason, acquiredAt, vacatedAt }) =>
  report({ is: 'office', term, holder, previous, reason, acquiredAt, vacatedAt }),
);
election.on('error', reportError);
channel.onOrder(obey);

const claiming = setInterval(claim, CLAIM_EVERY_MS);
const stop = new AbortController();
channel.onEnd(() => stop.abort());
await election.run(work, { signal: stop.signal });
await election.close();
clearInterval(claiming);
journal.close();
// Nothing keeps this process now but the channel: that it ends by itself shows that the library leaves nothing behind.
channel.close();
