/** 5: a leader in an ECS task is gone when ECS says that the task has stopped; nobody waits for its lease. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { packageRoot } from '../../../lib/local/package-root.js';
import { ENVIRONMENT } from '../../../lib/names/environment.js';
import { startGroup } from '../processes.js';
import type { Deployed, World } from '../world.js';

/** As AWS documents it, with what matters here set. */
const stopped = (taskId: string, more: object = {}) => ({
  version: '0',
  id: '3317b2af-7005-947d-b652-f55e762e571a',
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: '111122223333',
  time: '2020-01-23T17:57:58Z',
  region: 'us-west-2',
  resources: [`arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/${taskId}`],
  detail: {
    attachments: [{ id: '1789bcae-ddfb-4d10-8ebe-8ac87ddba5b8', type: 'eni', status: 'DELETED', details: [] }],
    availabilityZone: 'us-west-2b',
    clusterArn: 'arn:aws:ecs:us-west-2:111122223333:cluster/FargateCluster',
    containers: [
      { name: 'FargateApp', lastStatus: 'STOPPED', exitCode: 137, taskArn: 'arn', runtimeId: `${taskId}-1` },
    ],
    cpu: '256',
    desiredStatus: 'STOPPED',
    group: 'family:sample-fargate',
    lastStatus: 'STOPPED',
    launchType: 'FARGATE',
    memory: '512',
    overrides: { containerOverrides: [{ name: 'FargateApp' }] },
    platformVersion: '1.3.0',
    startedBy: 'ecs-svc/1',
    stopCode: 'EssentialContainerExited',
    taskArn: `arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/${taskId}`,
    taskDefinitionArn: 'arn:aws:ecs:us-west-2:111122223333:task-definition/sample-fargate:1',
    version: 4,
    ...more,
  },
});

export async function proofOfDeath(world: World, deployed: Deployed): Promise<void> {
  const { report, cloud } = world;
  const { stack, watch, hearing } = deployed;
  await pattern(world, deployed);
  const taskId = randomBytes(16).toString('hex');
  const task = startTask(world, deployed, taskId);
  try {
    const since = watch.sightings.length;
    const led = await watch.until(
      'the task to lead, with a heartbeat',
      ({ holder, beat }) => holder?.startsWith(`task-${taskId}`) === true && beat > 0,
      { since },
    );
    const { term, holder = '' } = led.record;
    report.check(`a candidate in a task, known by its environment, leads as ${holder}`, true);
    const other = await cloud.invoke<Burial>(stack.undertaker.name, stopped('0'.repeat(32)));
    report.check('a task that does not lead may stop: nobody is revoked', other.result.revoked === false, other.result);

    await task.stop();
    const killedAt = performance.now();
    const { result } = await cloud.invoke<Burial>(stack.undertaker.name, stopped(taskId));
    report.check('the task is stopped, and revoked by the event that says so', result.revoked, result);
    const next = await watch.until('the next leader', (now) => now.term > term && now.holder !== undefined);
    report.time('proof of death: from the stop of the task', next.at - killedAt, stack.leaseMs); // the reason says that it was this
    report.equal('the next one leads because the last was revoked', next.record.reason, 'revoked');
    const revoked = await hearing.until(
      `Leader Revoked of term ${term}`,
      ({ type, detail }) => type === 'Leader Revoked' && detail.term === term,
    );
    report.equal(
      'Leader Revoked names the leader, and says that it is proved dead',
      [revoked.detail.previous, revoked.detail.dead],
      [holder, true],
    );
  } finally {
    await task.stop();
  }
}

interface Burial {
  readonly revoked: boolean;
  readonly why: string;
}

/** The task's process: the environment that `connect()` sets, and what Fargate sets. */
function startTask({ cloud }: World, { stack }: Deployed, taskId: string) {
  const [function_] = stack.candidates.values();
  const environment = Object.fromEntries(
    Object.entries(function_?.environment ?? {}).filter(
      ([name]) => name.startsWith('TENURE_') && name !== ENVIRONMENT.candidate && name !== ENVIRONMENT.mode,
    ),
  );
  const env = {
    ...cloud.env(),
    ...environment,
    ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/v4/${taskId}-1234567890`,
  };
  const script = join(packageRoot(), 'test', 'e2e', 'task.ts');
  return startGroup(process.execPath, ['--import', 'tsx', script], {
    cwd: packageRoot(),
    env,
    log: join(cloud.folder, 'task.log'),
  });
}

/** The rule lets through what it should, and nothing else. */
async function pattern({ report, cloud }: World, { stack }: Deployed): Promise<void> {
  const [rule] = stack.taskRules;
  const matches = async (event: object) => {
    const command = new TestEventPatternCommand({ EventPattern: rule?.EventPattern, Event: JSON.stringify(event) });
    return (await cloud.events.send(command)).Result;
  };
  const id = 'c13b4cb40f1f4fe4a2971f76ae5a47ad';
  report.equal("the rule's pattern takes the documented event of a stopped task", await matches(stopped(id)), true);
  report.equal('but not of a running one', await matches(stopped(id, { lastStatus: 'RUNNING' })), false);
  report.equal(
    'nor another kind of event',
    await matches({ ...stopped(id), 'detail-type': 'ECS Service Action' }),
    false,
  );
}
