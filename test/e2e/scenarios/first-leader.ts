/** 1: somebody leads after the deploy, by the tick or by a call; heartbeats go on; standbys cost next to nothing. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { LeaseRecord } from '../../../lib/lease/record.js';
import { until } from '../../support/until.js';
import type { Deployed, World } from '../world.js';

/** The first tick comes up to a minute after the rule is made, and the emulator takes some seconds more. */
const TICK_LIMIT_MS = 90_000;
const AT_ONCE_MS = 5_000;
/** Half of a lease: a candidate that waited it out would take longer than all of it. */
const STANDBY_LIMIT_MS = 5_000;

/** Nobody calls: the tick does. */
export async function firstByTick({ report }: World, { watch, at }: Deployed): Promise<void> {
  const first = await watch.first();
  report.time('first leader by the tick, from the end of the deploy', first.at - at, TICK_LIMIT_MS);
  report.equal('the first term is 1', watch.sightings[0]?.record.term, 1);
}

/** One call by hand, right after the deploy. */
export async function firstByCall(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { stack, watch } = deployed;
  const [id, one] = [...stack.candidates][1]!;
  report.check('nobody leads before', watch.latest === undefined, watch.latest);
  const calledAt = performance.now();
  await cloud.wake(one.name);
  const first = await watch.leader();
  report.time('first leader by a call, cold', first.at - calledAt, AT_ONCE_MS);
  report.equal('the candidate that was called leads', first.record.holder, id);
  await heartbeatsGoOn(world, deployed);
  await workIsVisible(world, deployed);
  await standbysEndAtOnce(world, deployed);
}

async function heartbeatsGoOn({ report }: World, { watch }: Deployed): Promise<void> {
  const { record } = await watch.leader();
  const since = watch.sightings.length;
  const later = ({ term, beat }: LeaseRecord) => beat >= record.beat + 3 || term > record.term;
  const third = await watch.until('three heartbeats', later, { since });
  report.equal('heartbeats go on in the same term', third.record.term, record.term);
}

async function workIsVisible({ report }: World, { stack, watch }: Deployed): Promise<void> {
  const { record } = await watch.leader();
  const first = await until('the work to show', () => stack.work());
  const later = await until('the work to go on', async () => {
    const now = await stack.work();
    return now && Number(now.count) > Number(first.count) ? now : undefined;
  });
  report.equal('its work goes on, by the leader', later.leader, record.holder);
  report.equal("its work carries the leader's term", later[`fence:${stack.election}`], record.term);
}

async function standbysEndAtOnce({ report, cloud }: World, { stack, watch }: Deployed): Promise<void> {
  const { record } = await watch.leader();
  const standbys = [...stack.candidates].filter(([id]) => id !== record.holder);
  for (const [id, { name }] of standbys) {
    await cloud.invoke(name, {}); // the first one is cold
    const { result, ms } = await cloud.invoke<{ led: boolean; why?: string }>(name, {});
    report.check(`${id} is called, and does not lead`, result.led === false, result);
    report.check(`${id} names the leader`, result.why?.includes(record.holder) === true, result);
    report.time(`standby ${id}, invoked while another leads`, ms, STANDBY_LIMIT_MS);
  }
}

/** IAM holds: a user without grants may do nothing. */
export async function strangersAreRefused({ report, cloud }: World, { stack }: Deployed): Promise<void> {
  const stranger = await cloud.stranger();
  const Key = { pk: { S: `election#${stack.election}` }, sk: { S: 'leader' } };
  const refusal = await stranger.dynamodb.send(new GetItemCommand({ TableName: stack.table, Key })).then(
    () => 'it was answered',
    (error: Error) => error.name,
  );
  report.equal('IAM is enforced: a user without rights is refused', refusal, 'AccessDeniedException');
}
