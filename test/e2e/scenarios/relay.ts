/** 2: the same candidate leads through several invocations, and no moment passes without a valid lease. */
import { setTimeout as sleep } from 'node:timers/promises';
import { invocationsOf } from '../logs.js';
import type { Deployed, World } from '../world.js';

const WATCHED_MS = 300_000;
/** Half of a lease: a candidate that waited it out would take longer than all of it. */
const STANDBY_LIMIT_MS = 5_000;
/** A relay comes with the first tick that finds the leader older than a third of its time-out: every minute. */
const LEAST_RELAYS = 3;

export async function relay(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { watch, stack } = deployed;
  const first = await watch.leader();
  const { holder } = first.record;
  const [from, fromWall, readsBefore, failuresBefore] = [performance.now(), Date.now(), watch.reads, watch.failures];
  const place = watch.sightings.length;
  watch.longestPauseMs = 0;
  report.say(`  ${holder} leads term ${first.record.term}; the table is read every 50 ms for five minutes ...`);
  await sleep(WATCHED_MS);

  const reads = watch.reads - readsBefore;
  const gaps = watch.gaps.filter((gap) => gap.from + gap.ms > from);
  report.say(`  ${reads} reads, the longest pause between two ${watch.longestPauseMs.toFixed(0)} ms`);
  report.check('the table was read throughout', reads > 0.5 * (WATCHED_MS / 50) && watch.failures === failuresBefore, {
    reads,
    failures: watch.failures - failuresBefore,
  });
  // After a longer one, a heartbeat might have come and gone unseen.
  report.time('relay: the longest time between two reads', watch.longestPauseMs, stack.renewMs);
  const seen = watch.sightings.slice(place).map(({ record }) => record);
  report.equal('the same candidate stays in office', [...new Set(seen.map((record) => record.holder))], [holder]);
  report.equal('no moment without a valid lease', gaps, []);
  const handed = seen.filter((record, at) => record.term !== (seen[at - 1] ?? first.record).term);
  report.check(
    `${handed.length} invocations took over, at least ${LEAST_RELAYS}`,
    handed.length >= LEAST_RELAYS,
    handed,
  );
  const whole = handed.every(
    (record, at) =>
      record.term === first.record.term + at + 1 && record.reason === 'yielded' && record.previous === holder,
  );
  report.check('each was handed the office in one write', whole, handed);
  for (const [id, one] of stack.candidates) {
    const all = await invocationsOf(cloud.account, one.logGroup);
    // Those that began meanwhile; the leader's own, of which the first began before.
    const within = all.filter(({ endedAt, ms }) => endedAt - (id === holder ? 0 : ms) >= fromWall);
    const longest = Math.max(0, ...within.map(({ ms }) => ms));
    if (id === holder) {
      const long = within.filter(({ ms }) => ms > 30_000);
      report.check(`${id} led in ${long.length} invocations that ended meanwhile`, long.length >= LEAST_RELAYS, within);
    } else {
      report.check(`standby ${id} was woken ${within.length} times`, within.length >= 3 && within.length <= 8, within);
      report.time(`relay: the longest invocation of standby ${id}`, longest, STANDBY_LIMIT_MS);
    }
  }
}
