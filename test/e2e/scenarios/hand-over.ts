/** 5: an office that is asked for is handed over in one write; one that is given back goes to the successor that its leader named. */
import { Election, type Leadership } from '../../../lib/index.js';
import type { Deployed, World } from '../world.js';

/**
 * The leader finds a challenge at its next heartbeat; then its work stops, and the challenger looks every 100 ms. With the
 * heartbeat it is less than a lease: nobody has waited for that to run out.
 */
const BEYOND_HEARTBEAT_MS = 5_000;
/** The vacancy goes over the stream and the bus; the next tick would bring it up to a minute later. */
const TOLD_LIMIT_MS = 15_000;
const CHALLENGER = 'e2e-operator';

export async function handOver(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { stack, watch } = deployed;
  const { record } = await watch.leader();
  const since = watch.sightings.length;
  const election = new Election({
    name: stack.election,
    tableName: stack.table,
    client: cloud.dynamodb,
    id: CHALLENGER,
    leaseMs: stack.leaseMs,
  });
  try {
    const inOffice = new Promise<Leadership>((resolve) => {
      election
        .run((leadership) => {
          resolve(leadership);
          return new Promise<void>((end) => leadership.signal.addEventListener('abort', () => end()));
        })
        .catch(() => {});
    });
    const askedAt = performance.now();
    const { challenged } = await election.challenge({ why: 'the test asks' });
    report.check(`${record.holder} is challenged by an operator that stands`, challenged);
    const leadership = await inOffice;
    report.time(
      'challenge: until the challenger leads',
      performance.now() - askedAt,
      stack.renewMs + BEYOND_HEARTBEAT_MS,
    );
    await handedInOneWrite(world, deployed, since);
    await resignTo(world, deployed, leadership, record.holder);
  } finally {
    await election.close();
  }
}

/** As the bus shows it: between two looks at the table a version may have come and gone. */
async function handedInOneWrite({ report }: World, { watch, hearing }: Deployed, since: number): Promise<void> {
  const { term, holder } = watch.sightings[since - 1]!.record;
  const { detail } = await hearing.until(
    `Leader Elected of term ${term + 1}`,
    (event) => event.type === 'Leader Elected' && event.detail.term === term + 1,
  );
  report.equal(
    'it is handed over in one write: the next term, beat 0, yielded',
    [detail.beat, detail.reason, detail.holder, detail.previous, detail.withoutLeaderMs],
    [0, 'yielded', CHALLENGER, holder, 0],
  );
  const vacant = watch.sightings.slice(since).filter(({ record }) => record.term === term && !record.holder);
  const published = hearing.heard.filter((event) => event.type !== 'Leader Elected' && event.detail.term === term);
  report.equal('without a vacancy between', [...vacant, ...published], []);
}

async function resignTo(world: World, deployed: Deployed, leadership: Leadership, not: string): Promise<void> {
  const { report } = world;
  const { stack, watch } = deployed;
  const successor = [...stack.candidates.keys()].find((id) => id !== not)!;
  const since = watch.sightings.length;
  const resignedAt = performance.now();
  const { released } = await leadership.resign({ to: successor });
  report.check(`the challenger resigns in favour of ${successor}`, released);
  const next = await watch.until('the next leader', (now) => now.term > leadership.term && now.holder !== undefined, {
    since,
  });
  report.time('resigned to a named successor: until it leads', next.at - resignedAt, TOLD_LIMIT_MS);
  report.equal('the named successor leads', [next.record.holder, next.record.reason], [successor, 'resigned']);
}
