/** cdk-nag (AwsSolutions) finds nothing, in the app as it stands, and with everything that can be asked for. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, ContainerInsights, FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { ServerlessElection } from '../../lib/cloud/index.js';
import { makeDemo, makeStack, Synthesised, withNag } from './template.js';

test('the app as it stands', () => {
  expect(() => new Synthesised(withNag(makeDemo()))).not.toThrow();
});

test.each([
  ['duty, without notices', { mode: 'duty', notices: 'off', removal: 'destroy', proofOfDeath: false }],
  ['three Regions', { region: 'us-east-1', multiRegion: { replicas: ['us-east-2'], witness: 'us-west-2' } }],
  ['alarms that are mailed', { alarmEmail: 'somebody@example.com' }],
])('the app with %s', (_, settings) => {
  expect(() => new Synthesised(withNag(makeDemo(settings)))).not.toThrow();
});

test('an election with everything', () => {
  const stack = makeStack({ region: 'eu-west-1' });
  const vpc = new Vpc(stack, 'Vpc', {
    maxAzs: 2,
    restrictDefaultSecurityGroup: false,
    flowLogs: { all: { destination: FlowLogDestination.toCloudWatchLogs(), trafficType: FlowLogTrafficType.REJECT } },
  });
  const cluster = new Cluster(stack, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
  const election = new ServerlessElection(stack, 'Election', {
    election: 'demo',
    candidates: 7,
    vpc,
    encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }),
    proofOfDeath: { cluster },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const task = new FargateTaskDefinition(stack, 'Task');
  election.connect(task);
  task.addContainer('app', {
    image: ContainerImage.fromRegistry('app'),
    logging: LogDrivers.awsLogs({ streamPrefix: 'app' }),
  });
  expect(() => new Synthesised(withNag(stack))).not.toThrow();
});

test('cdk-nag is really asked: a queue that takes plain HTTP is found', () => {
  const stack = makeStack();
  new Queue(stack, 'Plain');
  expect(() => new Synthesised(withNag(stack))).toThrow();
});
