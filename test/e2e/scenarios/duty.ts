/** 5: duty. Each tick somebody leads, works, and is done; the office is kept for the same candidate. */
import type { Deployed, World } from '../world.js';

const DUTIES = 3;
/** So many ticks, and the first of them up to a minute and some seconds after the deploy. */
const LIMIT_MS = DUTIES * 61_000 + 20_000;
const DUTY_LIMIT_MS = 20_000;

export async function duty({ report }: World, { watch, stack, at }: Deployed): Promise<void> {
  await watch.until(`${DUTIES} duties done`, ({ term, holder }) => term === DUTIES && holder === undefined, {
    limitMs: LIMIT_MS - (performance.now() - at),
  });
  const done = watch.sightings.filter(({ record }) => record.holder === undefined);
  const [candidate] = done.map(({ record }) => record.previous);
  report.equal(
    `${DUTIES} duties, each a term of its own that ${candidate} resigned in its own favour`,
    done.map(({ record }) => [record.term, record.reason, record.previous, record.successor]),
    done.map((_, index) => [index + 1, 'resigned', candidate, candidate]),
  );
  const first = watch.sightings[0];
  report.time('duty: the first one, from the end of the deploy', (first?.at ?? 0) - at);
  for (const { at: end, record } of done) {
    const begin = watch.sightings.find((sighting) => sighting.record.term === record.term)!.at;
    report.time(`duty: term ${record.term}, from the election to the vacancy`, end - begin, DUTY_LIMIT_MS);
  }
  report.check(`${stack.candidates.size} candidates stood, and nobody led between`, stack.candidates.size > 1);
}
