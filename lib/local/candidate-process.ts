/**
 * One candidate of the local cluster, in a process of its own: it uses the library as a user would, and tells its parent
 * what happens. Started by `member.ts`, with its settings as its only argument; told then where the engine is.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Election, type Fence, type Leadership } from '../index.js';
import { ENDPOINT_VARIABLE } from './client.js';
import { Journal, type Ready } from './journal.js';
import { type CandidateSettings, hostNow, type Order, type Reach, type Report } from './reports.js';

/** How often it asks whether it may still lead. */
const CLAIM_EVERY_MS = 20;
/** So many stamped writes to one that is checked in a transaction. */
const STAMPED_PER_CHECKED = 5;
const RETRY_MS = 50;

const { election: name, tableName, ...settings } = JSON.parse(process.argv[2] as string) as CandidateSettings;
const { id, leaseMs, requestTimeoutMs } = settings;
// Without its parent it has nobody to tell: the reaper ends it as well, but this is sooner.
process.on('disconnect', () => process.exit());
const [reach] = (await once(process, 'message')) as [Reach];
process.env[ENDPOINT_VARIABLE] = reach.endpoint;
const journal = new Journal({ tableName, election: name, requestTimeoutMs });
const election = new Election({ name, tableName, ...settings, value: `process ${process.pid}` });
let leadership: Leadership | undefined;
let prepared: Ready[] = [];
/** It was told to have writes ready, and its work has not begun. */
let isOwed = false;

const tell = (report: Report) => {
  if (process.connected) process.send?.(report);
};
const tellError = (error: unknown) =>
  tell({ is: 'error', message: error instanceof Error ? error.message : String(error) });

async function work(mine: Leadership): Promise<void> {
  leadership = mine;
  if (isOwed) prepare(mine.fence);
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
      tellError(error);
      await sleep(RETRY_MS);
    }
    await sleep(leaseMs / 10, undefined, { signal: mine.signal }).catch(() => {});
  }
}

async function write(ready: Ready): Promise<void> {
  const { accepted, ...verdict } = await ready();
  tell({ is: accepted ? 'accepted' : 'refused', ...verdict });
}

/** Two writes that pass every check now, to be sent when that may be long ago. */
function prepare(fence: Fence): void {
  isOwed = false;
  prepared = [journal.stamped(fence, id), journal.checked(fence, id)];
  tell({ is: 'prepared', term: fence.term });
}

/** Asks on and on, also after the end: a leadership that is over must never pass again. */
function claim(): void {
  if (leadership === undefined) return;
  const before = hostNow();
  try {
    leadership.assertHeld();
  } catch {
    return;
  }
  const after = hostNow();
  tell({ is: 'claim', term: leadership.term, before, after, remainingMs: leadership.remainingMs() });
}

function obey(order: Order): void {
  if (order === 'resign') void leadership?.resign();
  if (order === 'prepare') {
    if (leadership === undefined || leadership.signal.aborted) isOwed = true;
    else prepare(leadership.fence);
  }
  if (order === 'send what is prepared') {
    for (const ready of prepared.splice(0)) write(ready).catch(tellError);
  }
}

let [reads, writes] = [0, 0];
election.on('request', ({ kind }) => {
  if (kind === 'read') reads += 1;
  else writes += 1;
  tell({ is: 'requests', reads, writes });
});
election.on('state', ({ state }) => tell({ is: 'state', state }));
election.on('elected', ({ term }) => tell({ is: 'elected', term, at: hostNow() }));
election.on('lost', ({ term, reason }) => tell({ is: 'lost', term, reason, at: hostNow() }));
election.on('heartbeat', (heartbeat) => tell({ is: 'heartbeat', ...heartbeat }));
election.on('office', ({ term, holder, previous, reason, acquiredAt, vacatedAt }) =>
  tell({ is: 'office', term, holder, previous, reason, acquiredAt, vacatedAt }),
);
election.on('error', tellError);
process.on('message', obey);

const claiming = setInterval(claim, CLAIM_EVERY_MS);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await election.run(work, { signal: stop.signal });
await election.close();
clearInterval(claiming);
journal.close();
// Nothing keeps this process now but the channel: that it ends by itself shows that the library leaves nothing behind.
process.removeAllListeners('disconnect');
process.disconnect?.();
