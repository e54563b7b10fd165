/** Proof of death on a real engine: which task's end removes which leader, and how surely. */
import { describe, expect } from 'vitest';
import { buryLeader, parseTaskState, type TaskState } from '../../lib/serverless/undertaker.js';
import { test } from '../support/scene.js';

const TASK = '3eb5301983c54a0e8c2ee4f3bb6a4e4f';

/** The event as AWS documents it, shortened to what is read and a little beside. */
const stopped = (detail: object = {}) => ({
  version: '0',
  id: '3317b2af-7005-947d-b652-f55e762e571a',
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: '111122223333',
  time: '2026-11-21T17:57:58Z',
  region: 'us-west-2',
  resources: [`arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/${TASK}`],
  detail: {
    clusterArn: 'arn:aws:ecs:us-west-2:111122223333:cluster/FargateCluster',
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    launchType: 'FARGATE',
    stopCode: 'EssentialContainerExited',
    taskArn: `arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/${TASK}`,
    ...detail,
  },
});

describe('reading the event', () => {
  const on = { taskId: TASK, stopped: true };
  test.each<[string, object, TaskState]>([
    ['Fargate', {}, { ...on, isProof: true }],
    ['an instance of EC2', { launchType: 'EC2' }, { ...on, isProof: false }],
    ['elsewhere', { launchType: 'EXTERNAL' }, { ...on, isProof: false }],
    ['Fargate Spot', { launchType: undefined, capacityProviderName: 'FARGATE_SPOT' }, { ...on, isProof: true }],
    [
      'a provider that only sounds like it',
      { launchType: undefined, capacityProviderName: 'FARGATE_LIKE' },
      { ...on, isProof: false },
    ],
    [
      'the old form of a name',
      { taskArn: `arn:aws:ecs:us-west-2:111122223333:task/${TASK}` },
      { ...on, isProof: true },
    ],
    ['not stopped yet', { lastStatus: 'STOPPING' }, { taskId: TASK, stopped: false, isProof: true }],
  ])('%s', (_title, detail, state) => {
    expect(parseTaskState(stopped(detail))).toEqual(state);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['another kind', { ...stopped(), 'detail-type': 'ECS Service Action' }],
    ['another source', { ...stopped(), source: 'my.ecs' }],
    ['a name that is not one', stopped({ taskArn: 'task' })],
    ['no state', stopped({ lastStatus: undefined })],
  ])('%s is refused, and shown', (_title, event) => {
    expect(parseTaskState(event)).toEqual({ malformed: expect.stringMatching(/expected an event.*but got/) });
  });
});

const FARGATE: TaskState = { taskId: TASK, stopped: true, isProof: true };

describe.concurrent('the leader', () => {
  test('of the stopped task is revoked, with proof: the next one does not have to wait for the lease', async ({
    scene,
  }) => {
    for (const id of [`task-${TASK}-0a1b2c3d`, `task-${TASK}`, TASK]) {
      const leader = scene.candidate({ id });
      const { term } = await leader.lead();
      const undertaker = scene.candidate({ id: 'undertaker' });
      expect(await buryLeader(undertaker.election, FARGATE)).toMatchObject({ revoked: true });
      expect(await leader.office()).toMatchObject({
        term,
        holder: undefined,
        reason: 'revoked',
        previous: id,
        dead: true,
      });
      expect(await buryLeader(undertaker.election, FARGATE)).toMatchObject({ revoked: false }); // the event came twice
    }
  });

  test('on an instance of EC2 is revoked without proof, and a proof that comes later is added', async ({ scene }) => {
    const leader = scene.candidate({ id: `task-${TASK}-1` });
    await leader.lead();
    const undertaker = scene.candidate({ id: 'undertaker' });
    const burial = await buryLeader(undertaker.election, { ...FARGATE, isProof: false });
    expect(burial).toMatchObject({ revoked: true, why: expect.stringMatching(/must run out first/) });
    expect(await leader.office()).toMatchObject({ reason: 'revoked', dead: false });
    expect(await buryLeader(undertaker.election, FARGATE)).toMatchObject({ revoked: true });
    expect(await leader.office()).toMatchObject({ reason: 'revoked', dead: true });
  });

  // Caught: a task id compared by its beginning; any stopped task that removes any leader.
  test('of another task is left alone, and so is one whose task has not stopped', async ({ scene }) => {
    const leader = scene.candidate({ id: `task-${TASK}0-1` });
    await leader.lead();
    const undertaker = scene.candidate({ id: 'undertaker' });
    expect(await buryLeader(undertaker.election, FARGATE)).toMatchObject({
      revoked: false,
      why: expect.stringMatching(/does not hold/),
    });
    expect(await buryLeader(undertaker.election, { ...FARGATE, stopped: false })).toMatchObject({ revoked: false });
    expect((await leader.office()).holder).toBe(`task-${TASK}0-1`);
  });

  test('no record: nothing happens', async ({ scene }) => {
    const undertaker = scene.candidate({ id: 'undertaker' });
    expect(await buryLeader(undertaker.election, FARGATE)).toMatchObject({
      revoked: false,
      why: expect.stringMatching(/nobody does/),
    });
    expect(await scene.item()).toBeUndefined();
  });
});
