/** The functions, queues, mappings and rules of an election as they are deployed. */
import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Alias, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { Heartbeater, LeaseTable, OfficeEvents, ReElection, ServerlessElection } from '../../lib/cloud/index.js';
import { makeDemo, makeStack, Synthesised } from './template.js';

const demo = new Synthesised(makeDemo({ requestTimeoutMs: '700', drift: '0.02' }));
const FUNCTIONS = {
  'Election/HeartbeaterA/Heartbeater/Function': { MemorySize: 128, Timeout: 900 },
  'Election/HeartbeaterB/Heartbeater/Function': { MemorySize: 128, Timeout: 900 },
  'Election/HeartbeaterC/Heartbeater/Function': { MemorySize: 128, Timeout: 900 },
  'Election/Watchdog/Watchdog/Function': { MemorySize: 256, Timeout: 10 },
  'Election/OfficeEvents/Publisher/Function': { MemorySize: 256, Timeout: 30 },
  'Election/ProofOfDeath/Undertaker/Function': { MemorySize: 256, Timeout: 15 },
};

test('every function runs on Node 24 and ARM, logs to a group of its own, kept for two weeks', () => {
  const functions = demo.of('AWS::Lambda::Function');
  expect(Object.keys(functions).sort()).toEqual(Object.keys(FUNCTIONS).sort());
  for (const [path, { Properties }] of Object.entries(functions)) {
    expect(Properties).toMatchObject({
      ...FUNCTIONS[path as keyof typeof FUNCTIONS],
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    const logs = path.replace(/Function$/, 'Logs');
    expect(demo.text((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup)).toBe(logs);
    expect(demo.resources[logs]!.Properties).toEqual({ RetentionInDays: 14 });
  }
});

test('each function gets the settings that it needs, and no more', () => {
  const common = {
    NODE_OPTIONS: '--enable-source-maps',
    TENURE_DEAD_LETTER_QUEUE_URL: 'Election/DeadLetters',
  };
  const table = { TENURE_TABLE: 'Election/Leases/Table', TENURE_DRIFT: '0.02' };
  const election = { TENURE_ELECTION: 'demo' };
  expect(demo.environment('Election/HeartbeaterB/Heartbeater/Function')).toEqual({
    ...common,
    ...table,
    TENURE_ELECTION: 'demo',
    TENURE_CANDIDATE: 'demo-b',
    TENURE_NOTICE_QUEUE_URL: 'Election/Watchdog/Notices',
    TENURE_LEASE_MS: '10000',
    TENURE_RENEW_MS: '3000',
    TENURE_STEP_DOWN_MS: '1000',
    TENURE_REQUEST_TIMEOUT_MS: '700',
    TENURE_MODE: 'always',
    WORK_TABLE: 'Work',
  });
  expect(demo.environment('Election/Watchdog/Watchdog/Function')).toEqual({ ...common, ...table, ...election });
  expect(demo.environment('Election/OfficeEvents/Publisher/Function')).toEqual({
    ...common,
    ...election,
    TENURE_BUS: 'Election/OfficeEvents/Bus',
  });
  expect(demo.environment('Election/ProofOfDeath/Undertaker/Function')).toEqual({
    ...common,
    ...table,
    TENURE_ELECTION: 'demo',
  });
});

test('a function that is woken by events is tried once, within a minute', () => {
  const configs = Object.values(demo.of('AWS::Lambda::EventInvokeConfig'));
  expect(configs).toHaveLength(4);
  for (const { Properties } of configs) {
    expect(Properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
  }
});

test('notices are fed in batches as they come, five times at most; queues are encrypted and closed to plain HTTP', () => {
  expect(demo.resources['Election/Watchdog/Deliveries']!.Properties).toEqual({
    EventSourceArn: { 'Fn::GetAtt': [expect.any(String), 'Arn'] },
    FunctionName: { Ref: expect.any(String) },
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  expect(demo.resources['Election/Watchdog/Notices']!.Properties).toEqual({
    SqsManagedSseEnabled: true,
    VisibilityTimeout: 60,
    MessageRetentionPeriod: 3_600,
    RedrivePolicy: { deadLetterTargetArn: expect.anything(), maxReceiveCount: 5 },
  });
  expect(demo.resources['Election/DeadLetters']!.Properties).toEqual({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 86_400,
  });
  const policies = Object.values(demo.of('AWS::SQS::QueuePolicy'));
  expect(policies).toHaveLength(2);
  for (const { Properties } of policies) {
    expect(Properties.PolicyDocument.Statement[0]).toMatchObject({
      Effect: 'Deny',
      Action: 'sqs:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  }
});

test('changes of office alone are read, in order, with bounded tries', () => {
  expect(demo.resources['Election/OfficeEvents/Changes']!.Properties).toEqual({
    EventSourceArn: { 'Fn::GetAtt': [expect.any(String), 'StreamArn'] },
    FunctionName: { Ref: expect.any(String) },
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 10,
    ParallelizationFactor: 1,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 3_600,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.any(String), 'Arn'] } } },
    FilterCriteria: {
      Filters: [
        {
          Pattern: JSON.stringify({
            dynamodb: {
              Keys: { pk: { S: ['election#demo'] }, sk: { S: ['leader'] } },
              NewImage: { transition: { S: [{ exists: true }] } },
            },
          }),
        },
      ],
    },
  });
});

test('the rules: vacancies of this election on the bus, a tick a minute, stopped tasks', () => {
  const rules = demo.of('AWS::Events::Rule');
  expect(Object.keys(rules)).toEqual([
    'Election/ReElection/Vacancy1',
    'Election/ReElection/Tick1',
    'Election/ProofOfDeath/TaskStopped',
  ]);
  const [vacancy, tick, stopped] = Object.values(rules).map(({ Properties }) => Properties);
  expect(demo.text(vacancy!.EventBusName)).toBe('Election/OfficeEvents/Bus');
  expect(vacancy!.EventPattern).toEqual({
    source: ['tenure'],
    'detail-type': ['Leader Resigned', 'Leader Expired', 'Leader Revoked'],
    detail: { election: ['demo'] },
  });
  expect(tick).toMatchObject({ ScheduleExpression: 'rate(1 minute)' });
  expect(stopped!.EventPattern).toEqual({
    source: ['aws.ecs'],
    'detail-type': ['ECS Task State Change'],
    detail: { lastStatus: ['STOPPED'] },
  });
  for (const { Targets } of [vacancy!, tick!, stopped!]) {
    for (const target of Targets as object[]) {
      expect(target).toMatchObject({
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        DeadLetterConfig: { Arn: expect.anything() },
      });
    }
  }
});

// Caught: each duty ends with a resignation, and one that is woken by that begins the next at once, for ever.
test('those on duty are woken by a lost leader and by the tick, and by no resignation', () => {
  const stack = makeStack();
  const { reElection } = new ServerlessElection(stack, 'Election', {
    election: 'e',
    candidates: [{ mode: 'duty' }, {}, { mode: 'duty' }],
  });
  const rules = Object.entries(new Synthesised(stack).of('AWS::Events::Rule'));
  const woken = rules.map(([path, { Properties }]) => [
    path.split('/').at(-1),
    (Properties.EventPattern as Record<string, unknown> | undefined)?.['detail-type'],
    (Properties.Targets as []).length,
  ]);
  expect(woken).toEqual([
    ['Loss1', ['Leader Expired', 'Leader Revoked'], 2],
    ['Tick1', undefined, 3],
    ['Vacancy1', ['Leader Resigned', 'Leader Expired', 'Leader Revoked'], 1],
  ]);
  expect([reElection.vacancyRules.length, reElection.tickRules.length]).toEqual([2, 1]);
});

test.each([
  [0, []],
  [5, [5]],
  [6, [5, 1]],
  [11, [5, 5, 1]],
])('%i heartbeaters are woken by rules of %j targets', (candidates, targets) => {
  const stack = makeStack();
  const { reElection } = new ServerlessElection(stack, 'Election', { election: 'e', candidates });
  const rules = Object.entries(new Synthesised(stack).of('AWS::Events::Rule'));
  for (const kind of ['Vacancy', 'Tick']) {
    const found = rules.filter(([path]) => path.includes(kind)).map(([, { Properties }]) => Properties.Targets as []);
    expect(found.map(({ length }) => length)).toEqual(targets);
  }
  expect([reElection.vacancyRules.length, reElection.tickRules.length]).toEqual([targets.length, targets.length]);
});

function parts() {
  const stack = makeStack();
  return {
    stack,
    table: new LeaseTable(stack, 'Leases'),
    deadLetterQueue: new Queue(stack, 'Dead'),
    bus: new EventBus(stack, 'Bus'),
  };
}
const OWN = { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = 1') };

test('a function of the user’s own is given its environment, its grants and one try per event', () => {
  const { stack, table, deadLetterQueue } = parts();
  const own = new LambdaFunction(stack, 'Own', { ...OWN, timeout: Duration.minutes(5) });
  new Heartbeater(stack, 'A', { election: 'e', candidate: 'a', table, deadLetterQueue, function: own, priority: 7 });
  const template = new Synthesised(stack);
  expect(template.environment('Own')).toEqual({
    TENURE_TABLE: 'Leases/Table',
    TENURE_DRIFT: '0.01',
    TENURE_ELECTION: 'e',
    TENURE_CANDIDATE: 'a',
    TENURE_LEASE_MS: '10000',
    TENURE_RENEW_MS: '3000',
    TENURE_STEP_DOWN_MS: '1000',
    TENURE_PRIORITY: '7',
    TENURE_MODE: 'duty',
    TENURE_DEAD_LETTER_QUEUE_URL: 'Dead',
  });
  expect(template.permissions()['Own/ServiceRole']).toContain(
    'dynamodb:GetItem, dynamodb:UpdateItem, dynamodb:ConditionCheckItem on Leases/Table.Arn if ' +
      '{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#e"]}}',
  );
  expect(template.only('AWS::Lambda::EventInvokeConfig')).toMatchObject({ MaximumRetryAttempts: 0 });
});

test('a function of the user’s own with Lambda’s own time-out of 3 s, or with settings that are its own, is refused', () => {
  const { stack, table, deadLetterQueue } = parts();
  const own = new LambdaFunction(stack, 'Own', OWN);
  const props = { election: 'e', candidate: 'a', table, deadLetterQueue, function: own };
  expect(() => new Heartbeater(stack, 'A', props)).toThrow('10000 * (1 + 0.01) + 750 = 10850 ms is more than 3000 ms');
  expect(() => new Heartbeater(stack, 'B', { ...props, memorySize: 256 })).toThrow(
    '`function` brings its own `memorySize`',
  );
});

test('an imported function is woken, and the variables that it needs are listed', () => {
  const { stack, table, deadLetterQueue, bus } = parts();
  const own = new LambdaFunction(stack, 'Own', { ...OWN, timeout: Duration.minutes(5) });
  const alias = new Alias(stack, 'Live', { aliasName: 'live', version: own.currentVersion });
  const a = new Heartbeater(stack, 'A', { election: 'e', candidate: 'a', table, deadLetterQueue, function: alias });
  expect(a.node.metadata.map(({ data }) => String(data)).join()).toContain('these variables: TENURE_TABLE');
  new ReElection(stack, 'ReElection', { election: 'e', bus, heartbeaters: [a], deadLetterQueue });
  expect(Object.keys(new Synthesised(stack).of('AWS::Events::Rule'))).toHaveLength(2);
});

test('what cannot work is refused, with what to do', () => {
  const { stack, table, deadLetterQueue, bus } = parts();
  const props = { election: 'e', candidate: 'a', table, deadLetterQueue };
  expect(() => new Heartbeater(stack, 'A', { ...props, timeout: Duration.seconds(149) })).toThrow('150 s or more');
  expect(() => new Heartbeater(stack, 'B', { ...props, mode: 'often' as 'duty' })).toThrow("'always' or 'duty'");
  expect(() => new Heartbeater(stack, 'C', { ...props, candidate: '' })).toThrow('text of 1 to 128 bytes');
  expect(() => new Heartbeater(stack, 'D', { ...props, priority: -1 })).toThrow('from 0 to 1000000, but is -1');
  expect(() => new Heartbeater(stack, 'E', { ...props, work: { entry: 'no/such.ts' } })).toThrow('there is none at /');
  const heartbeaters = [new Heartbeater(stack, 'F', props)];
  expect(() => new ReElection(stack, 'G', { election: 'f', bus, heartbeaters, deadLetterQueue })).toThrow(
    'Stack/F stands for election e, but these rules are of election f',
  );
  const silent = LeaseTable.fromTable(stack, 'Silent', table.table);
  Object.defineProperty(silent, 'tableStreamArn', { value: undefined });
  expect(() => new OfficeEvents(stack, 'H', { table: silent })).toThrow('switch it on with new and old images');
});
