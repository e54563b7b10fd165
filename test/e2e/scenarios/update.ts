/** 8: the app is deployed again, with other settings and with the same; then it is destroyed, and nothing is left. */
import { inventory, LOG_GROUP } from '../inventory.js';
import type { Deployed, World } from '../world.js';

const LEASE_MS = 12_000;
/** An update ends the running invocations here. Their notices bring the next leader; where a notice comes during the update, the tick does. */
const LED_AGAIN_LIMIT_MS = 90_000;

/** @returns the deployment as it is now */
export async function update(world: World, before: Deployed): Promise<Deployed> {
  const { report } = world;
  const { watch } = before;
  const { record } = await watch.leader();
  const startedAt = performance.now();
  const place = watch.gaps.length;
  const { again } = await world.redeploy(before, { leaseMs: String(LEASE_MS) });
  report.time('update in place: cdk deploy', performance.now() - startedAt);
  report.equal('the functions have the new lease', again.stack.leaseMs, LEASE_MS);
  const next = await watch.until(
    'a leader with the new lease',
    (now) => now.holder !== undefined && now.leaseMs === LEASE_MS && now.term > record.term,
    { limitMs: LED_AGAIN_LIMIT_MS },
  );
  report.time('update in place: until somebody leads with the new settings', next.at - again.at, LED_AGAIN_LIMIT_MS);
  const since = watch.sightings.length;
  await watch.until('heartbeats after the update', ({ holder, beat }) => holder !== undefined && beat > 1, { since });
  const without = watch.gaps.slice(place).reduce((sum, { ms }) => sum + ms, 0);
  report.time('update in place: time without a leader', without);
  return again;
}

export async function noChange(world: World, deployed: Deployed): Promise<void> {
  const { report } = world;
  const { record } = await deployed.watch.leader();
  const { said } = await world.redeploy(deployed);
  report.check('a deploy without changes says so', /no changes/.test(said), said.slice(-500));
  const now = (await deployed.watch.leader()).record;
  report.equal('and the leader stays', [now.holder, now.leaseMs], [record.holder, record.leaseMs]);
}

/** What every stack of the app has at least one of. */
const SEEN_KINDS = `stack table queue function mapping bus rule ${LOG_GROUP} alarm dashboard role`.split(' ');
const kindOf = (thing: string): string => thing.split(' ')[0] ?? '';

/** @param before what there was before the first deploy */
export async function destroy(world: World, before: readonly string[]): Promise<void> {
  const { report, cloud } = world;
  const left: string[] = [];
  // Nothing would be left of what is never seen.
  const kinds = new Set((await inventory(cloud)).filter((thing) => !before.includes(thing)).map(kindOf));
  const unseen = SEEN_KINDS.filter((kind) => !kinds.has(kind));
  report.equal('what the stacks hold is seen', unseen, []);
  for (const { context } of world.all) {
    const startedAt = performance.now();
    await cloud.cdk('destroy', ['--force'], context);
    report.time(`cdk destroy ${context.stackName}`, performance.now() - startedAt);
    // At once: the emulator makes a log group again when a function ends that was running as it was deleted.
    const groups = (await inventory(cloud)).filter((thing) => thing.startsWith(`${LOG_GROUP} ${context.stackName}-`));
    left.push(...groups);
  }
  const others = (await inventory(cloud)).filter((thing) => !thing.startsWith(LOG_GROUP) && !before.includes(thing));
  report.equal('cdk destroy leaves nothing', [...left, ...others], []);
}
