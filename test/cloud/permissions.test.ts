/** Permissions: every role of an election spelled out and compared as a whole; no wildcard; no loop of invocations. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { ServerlessElection } from '../../lib/cloud/index.js';
import { makeDemo, makeStack, Synthesised } from './template.js';

const OWN = 'if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#demo"]}}';
const LEASES = 'Election/Leases/Table.Arn';
const DEAD = 'sqs:SendMessage on Election/DeadLetters.Arn';
const logs = (part: string) => `logs:CreateLogStream, logs:PutLogEvents on Election/${part}/Logs.Arn`;

const heartbeater = (letter: string) => [
  logs(`Heartbeater${letter}/Heartbeater`),
  `dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:ConditionCheckItem on ${LEASES} ${OWN}`,
  'sqs:SendMessage on Election/Watchdog/Notices.Arn',
  DEAD,
];
const REST = {
  'Election/Watchdog/Watchdog/Role': [
    logs('Watchdog/Watchdog'),
    `dynamodb:GetItem, dynamodb:UpdateItem on ${LEASES} ${OWN}`,
    DEAD,
    'sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes on Election/Watchdog/Notices.Arn',
  ],
  'Election/OfficeEvents/Publisher/Role': [
    logs('OfficeEvents/Publisher'),
    'dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator, dynamodb:ListStreams on ' +
      'Election/Leases/Table.StreamArn',
    'events:PutEvents on Election/OfficeEvents/Bus.Arn',
    DEAD,
  ],
  'Election/ProofOfDeath/Undertaker/Role': [
    logs('ProofOfDeath/Undertaker'),
    `dynamodb:GetItem, dynamodb:UpdateItem on ${LEASES} ${OWN}`,
    DEAD,
  ],
};

test('every role of the app may do this and nothing else', () => {
  const count = 'dynamodb:UpdateItem on Work.Arn';
  expect(new Synthesised(makeDemo()).permissions()).toEqual({
    ...REST,
    'Election/HeartbeaterA/Heartbeater/Role': [...heartbeater('A'), count],
    'Election/HeartbeaterB/Heartbeater/Role': [...heartbeater('B'), count],
    'Election/HeartbeaterC/Heartbeater/Role': [...heartbeater('C'), count],
  });
});

/** What a key adds: to the table's users, to senders and consumers of queues, and to readers of an environment. */
const environmentKey = 'kms:Decrypt on Key.Arn';
const tableKey =
  'kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey, kms:ReEncryptFrom, kms:ReEncryptTo on Key.Arn';
const sendKey = 'kms:Decrypt, kms:GenerateDataKey on Key.Arn';
const NETWORK =
  'ec2:CreateNetworkInterface, ec2:DescribeNetworkInterfaces, ec2:DescribeSubnets, ec2:DeleteNetworkInterface, ' +
  'ec2:AssignPrivateIpAddresses, ec2:UnassignPrivateIpAddresses on *';

/** An election with a network, a key and a boundary of the user's own. */
function fortified() {
  const stack = makeStack({ region: 'eu-west-1' });
  const election = new ServerlessElection(stack, 'Election', {
    election: 'demo',
    candidates: 1,
    vpc: new Vpc(stack, 'Vpc', { maxAzs: 2, restrictDefaultSecurityGroup: false }),
    encryptionKey: new Key(stack, 'Key'),
    permissionsBoundary: ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'),
    proofOfDeath: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return { stack, election };
}

test('with a VPC and a key of its own, a role may use these as well', () => {
  const { stack } = fortified();
  const permissions = new Synthesised(stack).permissions();
  const sorted = (lines: string[]) => [...new Set(lines)].sort();
  const found = Object.fromEntries(Object.entries(permissions).map(([role, lines]) => [role, sorted(lines)]));
  expect(found).toEqual({
    'Election/HeartbeaterA/Heartbeater/Role': sorted([...heartbeater('A'), NETWORK, environmentKey, tableKey, sendKey]),
    'Election/Watchdog/Watchdog/Role': sorted([
      ...REST['Election/Watchdog/Watchdog/Role'],
      NETWORK,
      environmentKey,
      tableKey,
      sendKey,
    ]),
    'Election/OfficeEvents/Publisher/Role': sorted([
      ...REST['Election/OfficeEvents/Publisher/Role'],
      NETWORK,
      environmentKey,
      'kms:Decrypt, kms:DescribeKey on Key.Arn',
      sendKey,
    ]),
    'Election/ProofOfDeath/Undertaker/Role': sorted([
      ...REST['Election/ProofOfDeath/Undertaker/Role'],
      NETWORK,
      environmentKey,
      tableKey,
      sendKey,
    ]),
  });
});

test('no action is a wildcard, and no resource but the network interfaces of a VPC', () => {
  for (const stack of [fortified().stack, makeDemo()]) {
    const lines = Object.values(new Synthesised(stack).permissions()).flat();
    expect(lines.filter((line) => line.includes('*') && line !== NETWORK)).toEqual([]);
  }
});

test('every role has the permissions boundary', () => {
  const roles = Object.values(new Synthesised(fortified().stack).of('AWS::IAM::Role'));
  expect(roles).toHaveLength(4);
  for (const { Properties } of roles) {
    expect(JSON.stringify(Properties.PermissionsBoundary)).toContain('policy/PowerUserAccess');
  }
});

test('no function may send to a queue, or write to a table, by which it is woken: no loop of invocations can form', () => {
  for (const stack of [fortified().stack, makeDemo()]) {
    const template = new Synthesised(stack);
    const permissions = template.permissions();
    const mappings = Object.values(template.of('AWS::Lambda::EventSourceMapping'));
    expect(mappings).toHaveLength(2);
    for (const { Properties } of mappings) {
      const source = template.text(Properties.EventSourceArn).replace(/\.(Arn|StreamArn)$/, '');
      const role = template.text(Properties.FunctionName).replace(/\/Function$/, '/Role');
      const may = permissions[role]!.filter((line) => line.includes(`${source}.Arn`));
      expect(may.filter((line) => /SendMessage|UpdateItem|PutItem|DeleteItem/.test(line))).toEqual([]);
    }
    // What hears the bus cannot put anything on it; and what puts cannot change the office.
    for (const lines of Object.values(permissions)) {
      const putsEvents = lines.some((line) => line.startsWith('events:PutEvents'));
      if (putsEvents) expect(lines.filter((line) => line.includes('dynamodb:UpdateItem'))).toEqual([]);
    }
    // Nothing consumes the dead letters.
    expect(mappings.map(({ Properties }) => template.text(Properties.EventSourceArn))).not.toContain(
      'Election/DeadLetters.Arn',
    );
  }
});

test('only Lambda takes on the roles of functions', () => {
  for (const { Properties } of Object.values(new Synthesised(fortified().stack).of('AWS::IAM::Role'))) {
    expect(Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  }
});
