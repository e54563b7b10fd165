/** 5: duty. Each tick somebody leads, works, and is done; the office is kept for the same candidate. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseRecord } from '../../../lib/lease/record.js';
import type { Deployed, World } from '../world.js';

/** How long is watched from the first duty on: two more ticks come. Longer, where the third is late. */
const WATCHED_MS = 130_000;
const TICK_LIMIT_MS = 90_000;
const PERIOD_MS = 60_000;
/** How far a tick may be from its minute. */
const SLACK_MS = 10_000;
const DUTY_LIMIT_MS = 20_000;

export async function duty({ report }: World, { watch, stack, at }: Deployed): Promise<void> {
  const first = await watch.first();
  report.time('duty: the first one, from the end of the deploy', first.at - at, TICK_LIMIT_MS);
  report.say('  duties are watched for two more ticks ...');
  const isDone = ({ term, holder }: LeaseRecord) => term >= 3 && holder === undefined;
  await watch.until('the third duty to be done', isDone, { limitMs: 2 * WATCHED_MS });
  await sleep(Math.max(0, first.at + WATCHED_MS - performance.now()));
  const begun = watch.sightings.filter(({ record }, place) => record.term !== watch.sightings[place - 1]?.record.term);
  const done = watch.sightings.filter(({ record }) => record.holder === undefined);
  const periods = begun.slice(1).map((one, place) => Math.round(one.at - begun[place]!.at));
  report.equal('one duty a tick: there were', begun.length, 3);
  report.check(
    'a minute from one to the next',
    periods.every((ms) => Math.abs(ms - PERIOD_MS) < SLACK_MS),
    periods,
  );
  const [candidate] = done.map(({ record }) => record.previous);
  report.equal(
    `each is a term of its own, which ${candidate} resigns in its own favour`,
    done.map(({ record }) => [record.term, record.reason, record.previous, record.successor]),
    done.map((_, place) => [place + 1, 'resigned', candidate, candidate]),
  );
  for (const { at: end, record } of done.slice(0, 3)) {
    const begin = begun.find((one) => one.record.term === record.term)?.at ?? end;
    report.time(`duty: term ${record.term}, from the election to the vacancy`, end - begin, DUTY_LIMIT_MS);
  }
  report.check(`of ${stack.candidates.size} candidates that stand, one did all`, stack.candidates.size > 1);
}
