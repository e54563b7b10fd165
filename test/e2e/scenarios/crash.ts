/** 3 and 4: the leader's process is killed. Its notice comes due; or, where notices and events are lost, the tick finds it. */
import type { LeaseRecord } from '../../../lib/lease/record.js';
import { until } from '../../support/until.js';
import { linesOf } from '../logs.js';
import type { Held, Sighting } from '../watch.js';
import type { Deployed, World } from '../world.js';

/** What is promised beyond the lease where notices are on. */
const BEYOND_MS = 2_000;
const TICK_LIMIT_MS = 120_000;

/** What came of a kill. */
export interface Failover {
  readonly dead: Held;
  /** The last heartbeat that was seen. */
  readonly last: Sighting;
  readonly next: Held;
}

/** Kills the leader in mid-invocation and measures until another leads. */
export async function killLeader({ report }: World, deployed: Deployed, what: string): Promise<Failover> {
  const { watch, stack } = deployed;
  const { record } = await watch.leader(stack.candidates);
  const since = watch.sightings.length;
  // Not before it has written a heartbeat, so that it is in the midst of its work.
  const dead = (await watch.until(
    'a heartbeat of the leader',
    ({ holder, term, beat }) => holder !== undefined && (term > record.term || beat > 0),
    { since },
  )) as Held;
  return kill(report, deployed, dead, what);
}

async function kill(report: World['report'], deployed: Deployed, dead: Held, what: string): Promise<Failover> {
  const { watch, stack } = deployed;
  const { term, holder } = dead.record;
  const killedAt = performance.now();
  const processes = stack.kill(holder);
  report.check(`${what}: ${holder} is killed in term ${term} (kill -9, ${processes} processes)`, processes > 0);
  const limitMs = stack.leaseMs + 60_000;
  const next = (await watch.until('the next leader', (now) => now.term > term && now.holder !== undefined, {
    limitMs,
  })) as Held;
  const last = watch.sightings.findLast(({ record }) => record.term === term && record.holder === holder) ?? dead;
  const vacancy = watch.sightings.find(({ record }) => record.term === term && record.holder === undefined);
  const expired = vacancy === undefined ? 'without a vacancy' : `${seconds(vacancy.at - last.at)} to the vacancy`;
  report.say(`  ${next.record.holder} leads term ${next.record.term}; from the last heartbeat ${expired}`);
  report.time(`${what}, from the kill`, next.at - killedAt);
  report.time(`${what}, from the last heartbeat seen`, next.at - last.at, stack.leaseMs + BEYOND_MS);
  report.check(
    `${what}: another runner leads, for the last one expired`,
    next.record.attempt !== dead.record.attempt && next.record.reason === 'expired' && next.record.term === term + 1,
    next.record,
  );
  return { dead, last, next };
}

export async function crash(world: World, deployed: Deployed): Promise<void> {
  const { report } = world;
  const first = await killLeader(world, deployed, 'killed in mid-invocation');
  // The one that has just been elected has written nothing since. But its work has begun: a process that dies in the very
  // moments of its election may take its notice with it, and is then found by the tick.
  const { term } = first.next.record;
  await until(
    'its work to begin',
    async () => (await deployed.stack.work())?.[`fence:${deployed.stack.election}`] === term,
    {
      everyMs: 10,
    },
  );
  const again = await kill(report, deployed, first.next, 'killed before its first heartbeat');
  report.equal('it had written no heartbeat', again.last.record.beat, 0);
  for (const { dead } of [first, again]) await expiryIsPublished(world, deployed, dead.record.term);
  await noticesWithoutDelay(world, deployed);
}

async function expiryIsPublished({ report }: World, { hearing }: Deployed, term: number): Promise<void> {
  const heard = await hearing
    .until(`Leader Expired of term ${term}`, ({ type, detail }) => type === 'Leader Expired' && detail.term === term)
    .catch((error: Error) => error.message);
  report.check(`Leader Expired of term ${term} went over the bus`, typeof heard === 'object', heard);
}

/** A notice that comes too early is no proof of anything: the queue's own two times show it. */
async function noticesWithoutDelay({ report, cloud }: World, { watch, stack, hearing }: Deployed): Promise<void> {
  const { record } = await watch.leader();
  const { term, beat, attempt } = record;
  const since = watch.sightings.length;
  const beats = [beat, beat + 1_000];
  for (const claimed of beats) {
    await stack.mail(JSON.stringify({ election: stack.election, term, beat: claimed, attempt }));
  }
  const discarded = async () => {
    const lines = await linesOf(cloud.account, stack.watchdog.logGroup);
    const early = lines.map(({ message }) => message).filter((message) => message.includes('too early'));
    return beats.every((one) => early.some((line) => line.includes(`"beat":${one},`))) ? early : undefined;
  };
  const lines = await until('the watchdog to discard both notices', discarded).catch((error: Error) => error.message);
  report.check('notices without their delay are discarded', Array.isArray(lines), lines);
  const fits = (now: LeaseRecord) => now.beat >= beat + 3 || now.term !== term;
  const later = await watch.until('three heartbeats after', fits, { since });
  const stays = later.record.term === term && later.record.attempt === attempt && later.record.holder !== undefined;
  report.check('they depose nobody', stays, later.record);
  const deposed = hearing.heard.filter(({ type, detail }) => type !== 'Leader Elected' && detail.term === term);
  report.equal('and no vacancy is published', deposed, []);
}

/** 4: neither a notice nor an event gets through. */
export async function tickRecovers(world: World, deployed: Deployed): Promise<void> {
  const { report } = world;
  const { stack, watch } = deployed;
  await watch.leader(stack.candidates);
  await stack.switch(stack.vacancyRules, false);
  try {
    const since = watch.sightings.length;
    const dead = (await watch.until('a heartbeat', ({ holder }) => stack.candidates.has(holder ?? ''), {
      since,
    })) as Held;
    const processes = stack.kill(dead.record.holder);
    await stack.purgeNotices();
    report.check(`${dead.record.holder} is killed, its notices are purged, the vacancy rule is off`, processes > 0);
    const { term } = dead.record;
    const next = await watch.until('the next leader', (now) => now.term > term && now.holder !== undefined, {
      limitMs: TICK_LIMIT_MS + 60_000,
    });
    const last = watch.sightings.findLast((one) => one.record.term === term) ?? dead;
    report.time('killed, notices purged, events off: by the tick', next.at - last.at, TICK_LIMIT_MS);
    report.check('nobody had seen to the expiry before', last.record.holder === dead.record.holder, last.record);
    report.equal('the tick took over at the expiry', next.record.reason, 'expired');
  } finally {
    await stack.switch(stack.vacancyRules, true);
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
