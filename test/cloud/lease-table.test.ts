/** The table as it is deployed: what it keeps, what it denies, its multi-Region form, its grants, and what is refused. */
import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AttributeType, type CfnGlobalTable, Table, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { LeaseTable, type LeaseTableProps } from '../../lib/cloud/index.js';
import { makeStack, Synthesised } from './template.js';

const GLOBAL_TABLE = 'AWS::DynamoDB::GlobalTable';
const POLICY = {
  PolicyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'RecordsOfElectionsAreNeverDeletedOrReplaced',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: [
          'dynamodb:DeleteItem',
          'dynamodb:PutItem',
          'dynamodb:BatchWriteItem',
          'dynamodb:PartiQLDelete',
          'dynamodb:PartiQLInsert',
          'dynamodb:PartiQLUpdate',
        ],
        Resource: '*',
        Condition: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ['election#*'] } },
      },
    ],
  },
};
const KEY = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
};

const tableOf = (stack: Stack) => Object.values(new Synthesised(stack).of(GLOBAL_TABLE))[0]!;
const make = (props?: LeaseTableProps, region?: string) => {
  const stack = makeStack({ region });
  return { stack, table: new LeaseTable(stack, 'Leases', props) };
};
const person = (stack: Stack) => new Role(stack, 'Person', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });

test('by default it is on demand, recoverable, protected, kept, with a stream of both images and its policy', () => {
  const { Properties, DeletionPolicy, UpdateReplacePolicy } = tableOf(make().stack);
  expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  expect(Properties).toEqual({
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    SSESpecification: { SSEEnabled: false },
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    Replicas: [
      {
        Region: { Ref: 'AWS::Region' },
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        ResourcePolicy: POLICY,
      },
    ],
  });
});

test('removal, protection and recovery can be chosen; what is destroyed is not protected', () => {
  const { Properties, DeletionPolicy } = tableOf(make({ removalPolicy: RemovalPolicy.DESTROY }).stack);
  expect(DeletionPolicy).toBe('Delete');
  expect(Properties.Replicas).toMatchObject([{ DeletionProtectionEnabled: false }]);
  const chosen = tableOf(make({ deletionProtection: false, pointInTimeRecovery: false, tableName: 'mine' }).stack);
  expect(chosen.Properties).toMatchObject({
    TableName: 'mine',
    Replicas: [
      { DeletionProtectionEnabled: false, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } },
    ],
  });
});

test('a key of its own is used, and granted to each role that uses the table', () => {
  const stack = makeStack({ region: 'eu-west-1' });
  const key = new Key(stack, 'Key');
  const table = new LeaseTable(stack, 'Leases', { encryption: TableEncryptionV2.customerManagedKey(key) });
  table.grantObserve(person(stack));
  const template = new Synthesised(stack);
  expect(template.only(GLOBAL_TABLE).SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
  expect(template.permissions()).toEqual({
    Person: [
      'kms:Decrypt, kms:DescribeKey on Key.Arn',
      'dynamodb:GetItem on Leases/Table.Arn if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["election#*"]}}',
    ],
  });
});

test('a key of its own in a stack without a Region is refused', () => {
  const stack = makeStack();
  const encryption = TableEncryptionV2.customerManagedKey(new Key(stack, 'Key'));
  expect(() => new LeaseTable(stack, 'Leases', { encryption })).toThrow('needs a stack with a Region');
});

test('each grant allows these actions, on the records of one election, or of all', () => {
  const { stack, table } = make();
  const role = person(stack);
  table.grantCandidate(role, 'billing');
  table.grantObserve(role, 'a.b_c-D9');
  table.grantRevoke(role, 'billing');
  table.grantCandidate(role);
  table.grantRoster(role, 'billing');
  table.grantRoster(role);
  const one = (name: string) => `if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#${name}"]}}`;
  expect(new Synthesised(stack).permissions().Person).toEqual([
    `dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:ConditionCheckItem on Leases/Table.Arn ${one('billing')}`,
    `dynamodb:GetItem on Leases/Table.Arn ${one('a.b_c-D9')}`,
    `dynamodb:GetItem, dynamodb:UpdateItem on Leases/Table.Arn ${one('billing')}`,
    'dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:ConditionCheckItem on Leases/Table.Arn if ' +
      '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["election#*"]}}',
    'dynamodb:Query, dynamodb:UpdateItem, dynamodb:DeleteItem on Leases/Table.Arn if ' +
      '{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["roster#billing"]}}',
    'dynamodb:Query, dynamodb:UpdateItem, dynamodb:DeleteItem on Leases/Table.Arn if ' +
      '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["roster#*"]}}',
  ]);
});

test.each(['', 'a b', 'a*', 'a#b', 'ü', 'x'.repeat(65)])('a grant of election %j is refused', (name) => {
  const { stack, table } = make();
  expect(() => table.grantCandidate(person(stack), name)).toThrow(
    `Tenure, at Stack/Leases: the name of an election must be 1 to 64 letters, digits, \`.\`, \`_\` or \`-\`, written out, but is ${JSON.stringify(name)}.`,
  );
});

test('a name that is known at deployment only is refused', () => {
  const { stack, table } = make();
  expect(() => table.grantCandidate(person(stack), stack.stackId)).toThrow(
    'but is a value that is known at deployment',
  );
});

test.each([
  ['two replicas', { replicas: ['us-east-2', 'us-west-2'] }, ['us-east-1', 'us-east-2', 'us-west-2'], undefined],
  [
    'a replica and a witness',
    { replicas: ['us-east-2'], witness: 'us-west-2' },
    ['us-east-1', 'us-east-2'],
    'us-west-2',
  ],
])(
  'with %s, it is strongly consistent, each replica protected and with the policy',
  (_, multiRegion, regions, witness) => {
    const { stack, table } = make({ multiRegion }, 'us-east-1');
    table.grantCandidate(person(stack), 'billing');
    const template = new Synthesised(stack);
    const properties = template.only(GLOBAL_TABLE);
    expect(table.multiRegion).toBe(true);
    expect(properties.MultiRegionConsistency).toBe('STRONG');
    expect(properties.GlobalTableWitnesses).toEqual(witness && [{ Region: witness }]);
    expect(properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const replicas = properties.Replicas as { Region: string }[];
    expect(replicas.map(({ Region }) => Region).sort()).toEqual(regions);
    for (const replica of replicas) {
      expect(replica).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        ResourcePolicy: POLICY,
      });
    }
    const [line] = template.permissions().Person!;
    for (const region of regions.slice(1)) expect(line).toContain(`dynamodb:${region}:123456789012:table/Leases/Table`);
    expect(line).toContain('Leases/Table.Arn');
  },
);

test.each([
  ['two Regions', { replicas: ['us-east-2'] }, 'exactly three Regions'],
  ['four Regions', { replicas: ['us-east-2', 'us-west-2'], witness: 'us-west-1' }, 'exactly three Regions'],
  ['a Region twice', { replicas: ['us-east-2', 'us-east-2'] }, 'exactly three Regions'],
  ['its own Region again', { replicas: ['us-east-1', 'us-west-2'] }, 'exactly three Regions'],
  ['a witness alone', { replicas: [], witness: 'us-east-2' }, 'exactly three Regions'],
  ['two sets', { replicas: ['us-east-2', 'eu-west-1'] }, 'within one of these sets alone'],
  ['a Region of no set', { replicas: ['us-east-2', 'us-west-1'] }, 'within one of these sets alone'],
])('a multi-Region table with %s is refused, and the error says what to do', (_, multiRegion, message) => {
  expect(() => make({ multiRegion }, 'us-east-1')).toThrow(message);
});

test('a multi-Region table in a stack without a Region is refused', () => {
  expect(() => make({ multiRegion: { replicas: ['us-east-2', 'us-west-2'] } })).toThrow('needs a stack with a Region');
});

test.each([
  ['timeToLiveAttribute', 'has no time to live'],
  ['replicas', 'no ordinary global table'],
  ['billing', 'Known are: tableName, multiRegion'],
])('the property `%s` is refused at once, where the types are passed by', (name, message) => {
  expect(() => make({ [name]: 'x' } as LeaseTableProps)).toThrow(message);
});

test('a time to live or an ordinary replica that is added behind its back is refused at synthesis', () => {
  const ttl = make();
  (ttl.table.table.node.defaultChild as CfnGlobalTable).timeToLiveSpecification = {
    enabled: true,
    attributeName: 'ttl',
  };
  expect(() => tableOf(ttl.stack)).toThrow('no time to live');
  const overridden = make();
  (overridden.table.table.node.defaultChild as CfnGlobalTable).addPropertyOverride('TimeToLiveSpecification', {
    Enabled: true,
    AttributeName: 'ttl',
  });
  expect(() => tableOf(overridden.stack)).toThrow('no time to live');
  const ordinary = make({}, 'us-east-1');
  ordinary.table.table.addReplica({ region: 'us-west-2' });
  expect(() => tableOf(ordinary.stack)).toThrow('no ordinary global table');
});

test('an existing table is granted as a new one, in all of its Regions', () => {
  const stack = makeStack({ region: 'eu-west-1' });
  const table = LeaseTable.fromTable(stack, 'Leases', TableV2.fromTableName(stack, 'Old', 'old'), {
    multiRegion: { replicas: ['eu-west-2', 'eu-west-3'] },
  });
  table.grantRevoke(person(stack), 'billing');
  expect([table.tableName, table.multiRegion, table.tableStreamArn]).toEqual(['old', true, undefined]);
  const arn = (region: string) => `arn:<AWS::Partition>:dynamodb:${region}:123456789012:table/old`;
  expect(new Synthesised(stack).permissions().Person).toEqual([
    `dynamodb:GetItem, dynamodb:UpdateItem on ${['eu-west-1', 'eu-west-2', 'eu-west-3'].map(arn).join(', ')} if ` +
      '{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#billing"]}}',
  ]);
});

test.each([
  [
    'a time to live',
    (stack: Stack) => new TableV2(stack, 'T', { ...KEY, timeToLiveAttribute: 'ttl' }),
    'no time to live',
  ],
  [
    'the older kind, and a time to live',
    (stack: Stack) => new Table(stack, 'T', { ...KEY, timeToLiveAttribute: 'ttl' }),
    'no time to live',
  ],
  [
    'ordinary replicas',
    (stack: Stack) => new TableV2(stack, 'T', { ...KEY, replicas: [{ region: 'us-west-2' }] }),
    'no ordinary global table',
  ],
  [
    'ordinary replicas of the older kind',
    (stack: Stack) => new Table(stack, 'T', { ...KEY, replicationRegions: ['us-west-2'] }),
    'no ordinary global table',
  ],
  [
    'another key',
    (stack: Stack) => new TableV2(stack, 'T', { partitionKey: KEY.partitionKey }),
    'this one has pk HASH S.',
  ],
])('an existing table of this app with %s is refused at synthesis', (_, table, message) => {
  const stack = makeStack({ region: 'us-east-1' });
  LeaseTable.fromTable(stack, 'Leases', table(stack));
  expect(() => new Synthesised(stack)).toThrow(message);
});

test('an existing table of this app is strongly consistent across Regions if and only if that is said', () => {
  const silent = makeStack({ region: 'us-east-1' });
  const strong = new LeaseTable(silent, 'Strong', { multiRegion: { replicas: ['us-east-2', 'us-west-2'] } });
  LeaseTable.fromTable(silent, 'Leases', strong.table);
  expect(() => new Synthesised(silent)).toThrow('which must be said');
  const boast = makeStack({ region: 'us-east-1' });
  LeaseTable.fromTable(boast, 'Leases', new Table(boast, 'T', KEY), { multiRegion: { replicas: ['us-east-2'] } });
  expect(() => new Synthesised(boast)).toThrow('not strongly consistent across Regions');
  const none = makeStack();
  expect(() =>
    LeaseTable.fromTable(none, 'Leases', new TableV2(none, 'T', KEY), { multiRegion: { replicas: [] } }),
  ).toThrow("must name the table's other Regions, but is []");
});
