/** One election as users put it together: candidates, what can be passed in, and `connect()`. */
import { Duration, type Stack } from 'aws-cdk-lib';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Cluster, ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import { LeaseTable, ServerlessElection, type ServerlessElectionProps } from '../../lib/cloud/index.js';
import { makeDemo, makeStack, Synthesised } from './template.js';

const make = (props: Partial<ServerlessElectionProps> = {}, region?: string) => {
  const stack = makeStack({ region });
  return {
    stack,
    election: new ServerlessElection(stack, 'Election', { election: 'billing', candidates: 0, ...props }),
  };
};
const person = (stack: Stack) => new Role(stack, 'Person', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
const BILLING = 'if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#billing"]}}';
const CANDIDATE = `dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:ConditionCheckItem on Election/Leases/Table.Arn ${BILLING}`;
const MAIL = 'sqs:SendMessage on Election/Watchdog/Notices.Arn';
const ENVIRONMENT = {
  TENURE_TABLE: 'Election/Leases/Table',
  TENURE_DRIFT: '0.01',
  TENURE_ELECTION: 'billing',
  TENURE_NOTICE_QUEUE_URL: 'Election/Watchdog/Notices',
  TENURE_LEASE_MS: '10000',
  TENURE_RENEW_MS: '3000',
  TENURE_STEP_DOWN_MS: '1000',
};

test('candidates one by one take what they leave out from the election', () => {
  const { stack, election } = make({
    candidates: [{}, { id: 'second', priority: 9, memorySize: 512 }, { mode: 'always', timeout: Duration.minutes(10) }],
    mode: 'duty',
    priority: 1,
    timeout: Duration.minutes(2),
  });
  expect(election.heartbeaters.map(({ candidate, mode }) => [candidate, mode])).toEqual([
    ['billing-a', 'duty'],
    ['second', 'duty'],
    ['billing-c', 'always'],
  ]);
  const template = new Synthesised(stack);
  const found = ['A', 'B', 'C'].map((letter) => {
    const path = `Election/Heartbeater${letter}/Heartbeater/Function`;
    const { MemorySize, Timeout } = template.resources[path]!.Properties;
    return [MemorySize, Timeout, template.environment(path).TENURE_PRIORITY];
  });
  expect(found).toEqual([
    [128, 120, '1'],
    [512, 120, '9'],
    [128, 600, '1'],
  ]);
});

test('a table, a bus and a key can be passed; then none are made', () => {
  const stack = makeStack({ region: 'eu-west-1' });
  const own = new TableV2(stack, 'Own', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
  });
  const table = LeaseTable.fromTable(stack, 'Leases', own);
  const bus = new EventBus(stack, 'Bus');
  const key = new Key(stack, 'Key');
  const election = new ServerlessElection(stack, 'Election', { election: 'billing', table, bus, encryptionKey: key });
  expect([election.table, election.bus]).toEqual([table, bus]);
  const template = new Synthesised(stack);
  expect(Object.keys(template.of('AWS::DynamoDB::GlobalTable'))).toEqual(['Own']);
  expect(Object.keys(template.of('AWS::Events::EventBus'))).toEqual(['Bus']);
  for (const { Properties } of Object.values(template.of('AWS::SQS::Queue'))) {
    expect(template.text(Properties.KmsMasterKeyId)).toBe('Key.Arn');
  }
  for (const type of ['AWS::Lambda::Function', 'AWS::Logs::LogGroup']) {
    for (const { Properties } of Object.values(template.of(type))) {
      expect(template.text(Properties.KmsKeyArn ?? Properties.KmsKeyId)).toBe('Key.Arn');
    }
  }
  // Those that use the key without a principal of the app: the logs of this account, and EventBridge for what it cannot deliver.
  const statements = JSON.stringify(template.only('AWS::KMS::Key'));
  expect(statements).toContain('"Service":"logs.eu-west-1.amazonaws.com"');
  expect(statements).toContain(':logs:eu-west-1:123456789012:log-group:*');
  expect(statements).toContain('"Service":"events.amazonaws.com"');
});

test('without notices there is no watchdog, no queue of notices, and nothing to mail to', () => {
  for (const props of [{ notices: 'off' }, { leaseMs: 890_000 }] as const) {
    const { stack, election } = make(props);
    const grantee = person(stack);
    expect(election.connect(grantee)).not.toHaveProperty('TENURE_NOTICE_QUEUE_URL');
    expect(election.watchdog).toBeUndefined();
    expect(() => election.grantMail(grantee)).toThrow('`notices` are off');
    const template = new Synthesised(stack);
    expect(Object.keys(template.of('AWS::SQS::Queue'))).toEqual(['Election/DeadLetters']);
    expect(template.permissions().Person).toEqual([CANDIDATE]);
  }
});

test('connect(function) sets its environment and its grants', () => {
  const { stack, election } = make();
  const own = new LambdaFunction(stack, 'Own', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = 1'),
    role: person(stack),
  });
  election.connect(own, { candidate: 'own' });
  const template = new Synthesised(stack);
  expect(template.environment('Own')).toEqual({ ...ENVIRONMENT, TENURE_CANDIDATE: 'own' });
  expect(template.permissions().Person).toEqual([CANDIDATE, MAIL]);
});

test('connect(taskDefinition) reaches all containers, those added later too, and brings proof of death', () => {
  const { stack, election } = make({ requestTimeoutMs: 900 });
  const task = new FargateTaskDefinition(stack, 'Task');
  const image = ContainerImage.fromRegistry('app');
  task.addContainer('first', { image, environment: { MINE: '1' } });
  expect(election.proofOfDeath).toBeUndefined();
  election.connect(task);
  task.addContainer('second', { image });
  expect(election.proofOfDeath).toBeDefined();
  const template = new Synthesised(stack);
  const containers = template.only('AWS::ECS::TaskDefinition').ContainerDefinitions as {
    Environment: { Name: string; Value: unknown }[];
  }[];
  const environments = containers.map(({ Environment }) =>
    Object.fromEntries(Environment.map(({ Name, Value }) => [Name, template.text(Value)])),
  );
  const expected = { ...ENVIRONMENT, TENURE_REQUEST_TIMEOUT_MS: '900' };
  expect(environments).toEqual([{ MINE: '1', ...expected }, expected]);
  expect(template.permissions()['Task/TaskRole']).toEqual([CANDIDATE, MAIL]);
});

test('proof of death can be of one cluster, or never', () => {
  const stack = makeStack();
  const cluster = Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'mine', vpc: undefined as never });
  new ServerlessElection(stack, 'Election', { election: 'billing', candidates: 0, proofOfDeath: { cluster } });
  const rule = new Synthesised(stack).resources['Election/ProofOfDeath/TaskStopped']!;
  expect(JSON.stringify(rule.Properties.EventPattern)).toContain('cluster/mine');
  const never = make({ proofOfDeath: false });
  never.election.connect(new FargateTaskDefinition(never.stack, 'Task'));
  expect(never.election.proofOfDeath).toBeUndefined();
});

test('connect(grantee) grants, and gives back the environment', () => {
  const { stack, election } = make();
  const given = election.connect(person(stack), { candidate: 'me' });
  expect(Object.keys(given).sort()).toEqual([...Object.keys(ENVIRONMENT), 'TENURE_CANDIDATE'].sort());
  election.grantObserve(person(makeStack()));
  expect(new Synthesised(stack).permissions().Person).toEqual([CANDIDATE, MAIL]);
});

test('an order of succession is set for each connected candidate, and lets it stand on the roster', () => {
  const { stack, election } = make({ succession: 'seniority' });
  expect(election.connect(person(stack)).TENURE_SUCCESSION).toBe('seniority');
  const template = new Synthesised(stack);
  const roster =
    'dynamodb:Query, dynamodb:UpdateItem, dynamodb:DeleteItem on Election/Leases/Table.Arn if ' +
    '{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["roster#billing"]}}';
  expect(template.permissions().Person).toEqual([CANDIDATE, roster, MAIL]);
});

test('with an order of succession the roll is called, by a function that may read and nothing else', () => {
  const { stack, election } = make({ succession: 'seniority', drift: 0.02 });
  const template = new Synthesised(stack);
  expect(template.permissions()['Election/RollCall/RollCall/Role']).toEqual([
    'logs:CreateLogStream, logs:PutLogEvents on Election/RollCall/RollCall/Logs.Arn',
    `dynamodb:GetItem on Election/Leases/Table.Arn ${BILLING}`,
    'dynamodb:Query on Election/Leases/Table.Arn if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["roster#billing"]}}',
  ]);
  expect(template.environment('Election/RollCall/RollCall/Function')).toEqual({
    NODE_OPTIONS: '--enable-source-maps',
    TENURE_TABLE: 'Election/Leases/Table',
    TENURE_DRIFT: '0.02',
    TENURE_ELECTION: 'billing',
  });
  const rule = template.resources['Election/RollCall/Minute']!.Properties;
  expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
  const [target] = rule.Targets as { Arn: unknown; DeadLetterConfig: { Arn: unknown }; RetryPolicy: object }[];
  expect(template.text(target!.Arn)).toBe('Election/RollCall/RollCall/Function.Arn');
  expect(template.text(target!.DeadLetterConfig.Arn)).toBe('Election/DeadLetters.Arn');
  expect(target!.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 });
  expect(election.monitoring!.alarms.noStandby).toBeDefined();
  expect(template.resources['Election/Monitoring/NoStandby']!.Properties.MetricName).toBe('Standbys');
  expect(make({ succession: 'ring', monitoring: false }).election.rollCall).toBeUndefined();
  expect(make().election.rollCall).toBeUndefined();
});

test('every candidate is configured for a multi-Region table', () => {
  const multiRegion = { replicas: ['eu-west-2'], witness: 'eu-west-3' };
  const { stack } = make({ candidates: 1, multiRegion }, 'eu-west-1');
  const template = new Synthesised(stack);
  for (const path of ['Election/HeartbeaterA/Heartbeater/Function', 'Election/Watchdog/Watchdog/Function']) {
    expect(template.environment(path).TENURE_MULTI_REGION).toBe('true');
  }
});

test('an election is watched unless that is switched off; what is added later is watched as well', () => {
  const alarmed = (stack: Stack) => Object.keys(new Synthesised(stack).of('AWS::CloudWatch::Alarm')).length;
  const watched = make({ candidates: 1 });
  watched.election.addHeartbeater();
  const template = new Synthesised(watched.stack);
  const board = template.text(template.only('AWS::CloudWatch::Dashboard').DashboardBody);
  for (const letter of ['A', 'B']) expect(board).toContain(`Election/Heartbeater${letter}/Heartbeater/Function`);
  expect(board).toContain('Election/OfficeEvents/Publisher/Logs');
  expect(alarmed(watched.stack)).toBeGreaterThan(5);
  const alone = make({ monitoring: false });
  expect([alone.election.monitoring, alarmed(alone.stack)]).toEqual([undefined, 0]);
});

test('the app mails its alarms to an address, over TLS alone', () => {
  const template = new Synthesised(makeDemo({ alarmEmail: 'somebody@example.com' }));
  expect(template.only('AWS::SNS::Subscription')).toMatchObject({
    Protocol: 'email',
    Endpoint: 'somebody@example.com',
  });
  expect(JSON.stringify(template.only('AWS::SNS::TopicPolicy'))).toContain('"aws:SecureTransport":"false"');
  for (const { Properties } of Object.values(template.of('AWS::CloudWatch::Alarm'))) {
    expect((Properties.AlarmActions as unknown[]).map((action) => template.text(action))).toEqual(['Alarms']);
  }
});

test('what cannot work is refused, with what to do', () => {
  expect(() => make({ election: 'a b' })).toThrow('must be 1 to 64 letters');
  expect(() => make({ candidates: 27 })).toThrow('from 0 to 26, but is 27');
  expect(() => make({ candidates: [{ id: 'a' }, { id: 'a' }] })).toThrow('two candidates have the id "a"');
  expect(() => make({ renewMs: 5_000 })).toThrow('cannot survive one lost heartbeat');
  const stack = makeStack({ region: 'eu-west-1' });
  const multiRegion = { replicas: ['eu-west-2'], witness: 'eu-west-3' };
  const table = new LeaseTable(stack, 'Leases');
  const props = { election: 'billing', multiRegion };
  expect(() => new ServerlessElection(stack, 'A', { ...props, table })).toThrow('set it where that table is made');
  const encryptionKey = new Key(stack, 'Key');
  expect(() => new ServerlessElection(stack, 'B', { ...props, encryptionKey })).toThrow('a key in each of its Regions');
});

test('the outputs of the app name what was made', () => {
  const { Outputs } = new Synthesised(makeDemo()).json;
  expect(Object.keys(Outputs ?? {})).toEqual(
    expect.arrayContaining([
      'TableName',
      'WorkTableName',
      'BusName',
      'NoticeQueueUrl',
      'DeadLetterQueueUrl',
      'HeartbeaterA',
      'HeartbeaterB',
      'HeartbeaterC',
      'Watchdog',
      'Publisher',
      'Undertaker',
      'TaskStoppedRule',
      'VacancyRule1',
      'TickRule1',
      'Dashboard',
    ]),
  );
});

test('the app keeps its data, or leaves nothing', () => {
  const policies = (removal: string) => {
    const { resources } = new Synthesised(makeDemo({ removal }));
    const kept = Object.values(resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    const tables = Object.values(resources).filter(({ Type }) => Type === 'AWS::DynamoDB::GlobalTable');
    const protections = tables.map(({ Properties }) =>
      JSON.stringify(Properties.Replicas).includes('"DeletionProtectionEnabled":true'),
    );
    return [[...new Set(kept.map(({ Type }) => Type))].sort(), protections];
  };
  expect(policies('retain')).toEqual([
    ['AWS::DynamoDB::GlobalTable', 'AWS::Logs::LogGroup'],
    [true, true],
  ]);
  expect(policies('destroy')).toEqual([[], [false, false]]);
});
