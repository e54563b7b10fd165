/** 5: an office that is asked for is handed over in one write; one that is given back goes to whom its leader named. */
import { Election, type Leadership } from '../../../lib/index.js';
import type { Deployed, World } from '../world.js';

const HAND_OVER_LIMIT_MS = 10_000;

export async function handOver(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { stack, watch } = deployed;
  const { record } = await watch.leader();
  const since = watch.sightings.length;
  const election = new Election({
    name: stack.election,
    tableName: stack.table,
    client: cloud.dynamodb,
    id: 'e2e-operator',
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
    report.check(`${record.holder} is challenged by an operator who stands`, challenged);
    const leadership = await inOffice;
    report.time('challenge: until the challenger leads', performance.now() - askedAt, HAND_OVER_LIMIT_MS);
    await handedInOneWrite(world, deployed, since);
    await resignTo(world, deployed, leadership, record.holder);
  } finally {
    await election.close();
  }
}

async function handedInOneWrite({ report }: World, { watch }: Deployed, since: number): Promise<void> {
  const before = watch.sightings[since - 1]!.record;
  const seen = watch.sightings.slice(since).map((sighting) => sighting.record);
  const handed = seen.find(({ term }) => term !== before.term);
  report.equal(
    'it is handed over in one write: the next term, beat 0, yielded',
    handed && [handed.term, handed.beat, handed.reason, handed.holder, handed.previous],
    [before.term + 1, 0, 'yielded', 'e2e-operator', before.holder],
  );
  report.equal(
    'without a vacancy between',
    seen.filter(({ holder }) => holder === undefined),
    [],
  );
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
  report.time('resigned to a named successor: until it leads', next.at - resignedAt, HAND_OVER_LIMIT_MS);
  report.equal('the named successor leads', [next.record.holder, next.record.reason], [successor, 'resigned']);
}
