/** cdk-nag (AwsSolutions) finds nothing, in the app as it stands, and with everything that can be asked for. */
import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib';
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

/** Everything that can be asked for, in one stack. */
function everything() {
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
    succession: 'seniority',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const task = new FargateTaskDefinition(stack, 'Task');
  election.connect(task);
  task.addContainer('app', {
    image: ContainerImage.fromRegistry('app'),
    logging: LogDrivers.awsLogs({ streamPrefix: 'app' }),
  });
  return stack;
}

test('an election with everything', () => {
  expect(() => new Synthesised(withNag(everything()))).not.toThrow();
});

/** What is acknowledged, by rule: where. */
function acknowledged(stack: Stack): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { node } of stack.node.findAll()) {
    for (const { data } of node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)) {
      for (const [id, reason] of Object.entries(data as Record<string, string>)) {
        if (!id.includes('AwsSolutions')) continue; // CDK's own
        const rule = id.replace('Annotation::', '');
        found[rule] = [...(found[rule] ?? []), node.path.replace(/^[^/]*\//, '')];
        expect(reason.length, reason).toBeGreaterThan(60);
      }
    }
  }
  return found;
}

test('what is acknowledged, with its reason, is acknowledged where it is caused, and nowhere else', () => {
  expect(acknowledged(everything())).toEqual({
    'AwsSolutions-ECS2': ['Task'],
    'AwsSolutions-IAM5[Resource::*]': [
      'Election/OfficeEvents/Publisher/Role',
      'Election/Watchdog/Watchdog/Role',
      ...['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((letter) => `Election/Heartbeater${letter}/Heartbeater/Role`),
      'Election/RollCall/RollCall/Role',
      'Election/ProofOfDeath/Undertaker/Role',
    ],
    'AwsSolutions-SQS3': ['Election/DeadLetters'],
  });
  expect(acknowledged(makeDemo({ monitoring: false }))).toEqual({ 'AwsSolutions-SQS3': ['Election/DeadLetters'] });
});

test('cdk-nag is really asked: a queue that takes plain HTTP is found', () => {
  const stack = makeStack();
  new Queue(stack, 'Plain');
  expect(() => new Synthesised(withNag(stack))).toThrow();
});
