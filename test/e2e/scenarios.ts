/**
 * Which scenarios there are, and in which order they run. Three deployments of the app stand side by side, so that the
 * relay is watched for its five minutes while leaders of another election are killed.
 */
import { join } from 'node:path';
import { inventory } from './inventory.js';
import { saveLogs } from './logs.js';
import { chain } from './scenarios/chain.js';
import { crash, tickRecovers } from './scenarios/crash.js';
import { duty } from './scenarios/duty.js';
import { firstByCall, firstByTick, strangersAreRefused } from './scenarios/first-leader.js';
import { handOver } from './scenarios/hand-over.js';
import { type DeployedApi, deployLeaseApi, leaseApi } from './scenarios/lease-api.js';
import { poison } from './scenarios/poison.js';
import { proofOfDeath } from './scenarios/proof-of-death.js';
import { relay } from './scenarios/relay.js';
import { rollCall } from './scenarios/roll-call.js';
import { destroy, noChange, update } from './scenarios/update.js';
import type { Deployed, World } from './world.js';

export const SCENARIOS = [
  'first leader',
  'relay',
  'crash',
  'lost notices and events',
  'hand over, proof of death, duty',
  'events',
  'poison',
  'update and destroy',
  'lease API, roll call',
];

type Run = (title: string, number: number, run: () => Promise<void>) => Promise<void>;

export async function runScenarios(world: World, only: ReadonlySet<number>): Promise<void> {
  const { report } = world;
  const chosen = (...numbers: number[]) => numbers.some((number) => only.has(number));
  const run: Run = async (title, number, scenario) => {
    if (only.has(number)) await report.scenario(`${number}. ${title}`, scenario);
  };
  const before = await inventory(world.cloud);

  // What is watched undisturbed; what is killed; what leads now and then.
  const steady = chosen(1, 2, 6, 8) ? await world.deploy('demo') : undefined;
  const failing = chosen(1, 3, 4, 5, 6, 7) ? await world.deploy('failing') : undefined;
  const called = failing && firstCall(world, failing, run);
  const api = chosen(9) ? await deployLeaseApi(world) : undefined;
  // The last one: its duties are counted from the first, and watched from then on.
  const dutiful = chosen(5) ? await world.deploy('duty', { mode: 'duty' }) : undefined;
  await called;
  await Promise.all([
    steady && watchSteady(world, steady, run),
    failing && fail(world, failing, run),
    dutiful && run('duty: leads now and then', 5, () => duty(world, dutiful)),
    api && byHttp(world, api, run),
  ]);

  if (steady !== undefined) {
    let latest = steady;
    await run('an update in place', 8, async () => {
      latest = await update(world, steady);
    });
    await run('a deploy without changes', 8, () => noChange(world, latest));
  }
  await run('the events on the bus are one chain', 6, async () => {
    for (const deployed of world.all) await chain(world, deployed);
  });
  const stacks = [...world.all.map(({ stack }) => stack), ...(api ? [api.stack] : [])];
  const functions = stacks.flatMap((stack) => stack.functions);
  await saveLogs(world.cloud.account, functions, join(world.cloud.folder, 'functions'));
  await world.quiet();
  if (api) await run('the stack of the lease API is destroyed', 9, () => api.destroy());
  await run('cdk destroy', 8, () => destroy(world, before));
}

async function firstCall(world: World, failing: Deployed, run: Run): Promise<void> {
  await run('the first leader, by a call', 1, () => firstByCall(world, failing));
  const [one] = failing.stack.candidates.values();
  await world.cloud.wake(one!.name); // whatever was chosen: the others need a leader
}

async function watchSteady(world: World, steady: Deployed, run: Run): Promise<void> {
  await run('the first leader, by the tick', 1, () => firstByTick(world, steady));
  await run('strangers are refused', 1, () => strangersAreRefused(world, steady));
  await run('the relay', 2, () => relay(world, steady));
}

async function fail(world: World, failing: Deployed, run: Run): Promise<void> {
  await run('poison', 7, () => poison(world, failing));
  await run('the leader is killed', 3, () => crash(world, failing));
  await run('a challenge, and a named successor', 5, () => handOver(world, failing));
  await run('proof of death', 5, () => proofOfDeath(world, failing));
  await run('the leader is killed, notices and events are lost', 4, () => tickRecovers(world, failing));
}

async function byHttp(world: World, api: DeployedApi, run: Run): Promise<void> {
  await run('the lease API by its function URL', 9, () => leaseApi(world, api));
  await run('the roll call', 9, () => rollCall(world, api.stack, api.rollCall));
}
