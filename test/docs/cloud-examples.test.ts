/** Runs the examples of the cloud half: handlers on the engine, a server as a process, stacks synthesised. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { BillingStack, ownFunction, ownParts, reminders, several, threeRegions } from '../../examples/cdk-app.js';
import { Election, heartbeater } from '../../lib/index.js';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineEnv } from '../../lib/local/engine.js';
import { OFFICE_EVENTS } from '../../lib/names/office-events.js';
import { freshTable, type TestTable } from '../support/table.js';
import { until } from '../support/until.js';

let table: TestTable;
let documents: DynamoDBDocumentClient;
let workTable: string;

beforeAll(async () => {
  table = await freshTable();
  documents = DynamoDBDocumentClient.from(table.client);
  workTable = `${table.tableName}-work`;
  await table.client.send(
    new CreateTableCommand({
      TableName: workTable,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What `connect()` and the example's own stack would set. */
function environment(election: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    ...engineEnv(table.endpoint),
    TENURE_ELECTION: election,
    TENURE_TABLE: table.tableName,
    WORK_TABLE: workTable,
    LEADERS_TABLE: workTable,
    ...more,
  };
}

function within(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
}

const item = async (id: string) =>
  (await documents.send(new GetCommand({ TableName: workTable, Key: { id }, ConsistentRead: true }))).Item;

function invocation(timeoutMs: number) {
  const end = performance.now() + timeoutMs;
  return { getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())) };
}

const TICK = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

describe('functions', () => {
  test('lambda.ts: one of two that are woken does it, and is kept in office for the next time', async () => {
    within(environment('reminders', { TENURE_CANDIDATE: 'remind-us-east-1' }));
    const { handler } = await import('../../examples/lambda.js');
    const event = { customers: ['c1', 'c2'] };
    expect(await handler(event, invocation(20_000))).toEqual({ reminded: 2 });
    vi.stubEnv('TENURE_CANDIDATE', 'remind-eu-west-1');
    vi.resetModules();
    const other = await import('../../examples/lambda.js');
    expect(await other.handler(event, invocation(20_000))).toEqual({ leftTo: 'remind-us-east-1' });
    expect(await handler(event, invocation(20_000))).toEqual({ reminded: 2 });
    expect(await item('c1')).toEqual({ id: 'c1', reminders: 2, 'fence:reminders': 2 });
  });

  test('heartbeater-work.ts: works under its fence until the invocation ends, and gives the office back', async () => {
    within(environment('billing'));
    const { lead } = await import('../../examples/heartbeater-work.js');
    const election = new Election({
      name: 'billing',
      tableName: table.tableName,
      client: table.client,
      id: 'billing-a',
    });
    const handler = heartbeater(lead, { election, mode: 'always' });
    expect(await handler(TICK, invocation(5_000))).toEqual({ led: true, term: 1, reason: 'closed' });
    expect(await item('invoices')).toMatchObject({ leader: 'billing-a', 'fence:billing': 1 });
    expect((await item('invoices'))?.charged).toBeGreaterThan(1);
    expect(await election.leader()).toMatchObject({ holder: undefined, reason: 'resigned' });
  });

  test('own-function.ts: a newer build relieves the one that leads', async () => {
    const env = { TENURE_CANDIDATE: 'exports-own', TENURE_MODE: 'always', TENURE_LEASE_MS: '2000', BUILD: 'a1' };
    within(environment('exports', env));
    const older = await import('../../examples/own-function.js');
    vi.stubEnv('BUILD', 'b2');
    vi.resetModules();
    const newer = await import('../../examples/own-function.js');
    const first = older.handler(TICK, invocation(60_000));
    await until('the first leads', async () => (await item('invoices'))?.['fence:exports'] === 1);
    const second = newer.handler(TICK, invocation(6_000));
    expect(await first).toEqual({ led: true, term: 1, reason: 'yielded' });
    expect(await second).toEqual({ led: true, term: 2, reason: 'closed' });
  });

  test('event-consumer.ts keeps the newest, in whatever order and however often events come', async () => {
    within(environment('any'));
    const { handler } = await import('../../examples/event-consumer.js');
    const event = (type: string, term: number, beat: number, holder?: string) => ({
      'detail-type': type,
      detail: { election: 'consumed', term, beat, ...(holder && { holder }) },
    });
    const elected = event(OFFICE_EVENTS.elected, 2, 0, 'b');
    expect(await handler(elected)).toBe('kept');
    expect(await handler(elected)).toBe('older');
    expect(await handler(event(OFFICE_EVENTS.expired, 1, 7))).toBe('older');
    expect(await item('consumed')).toMatchObject({ term: 2, beat: 0, holder: 'b' });
    expect(await handler(event(OFFICE_EVENTS.resigned, 2, 3))).toBe('kept');
    expect(await item('consumed')).toMatchObject({ term: 2, beat: 3, holder: null, change: 'Leader Resigned' });
  });
});

test('ecs.ts: leads as its task, emits its metrics, and gives the office back on SIGTERM', async () => {
  const taskId = 'c13b4cb40f1f4fe4a2971f76ae5a47ad';
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('../../examples/ecs.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        ...environment('served'),
        ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/v4/${taskId}-1234567890`,
      },
    },
  );
  endWithParent(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  try {
    await until('the first term', () => output.includes('leads term 1'));
    expect(output).toContain(`task-${taskId}-`);
    await until('a heartbeat', async () => Number((await table.item('served'))?.beat?.N) > 0);
    child.kill('SIGTERM');
    expect(await exited, output).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
  expect(output).toContain('term 1 is over: closed');
  expect((await table.item('served'))?.reason?.S).toBe('resigned');
  const metrics = output.split('\n').find((line) => line.includes('HeartbeatLatency')) ?? '{}';
  const [directive] = JSON.parse(metrics)._aws.CloudWatchMetrics;
  expect(directive).toMatchObject({ Namespace: 'Tenure', Dimensions: [['Election']] });
});

describe('stacks', () => {
  const app = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const env = { account: '123456789012', region: 'us-east-1' };
  const stack = () => new Stack(app(), 'Mine', { env });
  const electionsOf = (template: Template) =>
    Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment?.Variables,
    );

  test('cdk-app.ts: functions that lead, a task that stands, a consumer that hears of changes', () => {
    const template = Template.fromStack(new BillingStack(app(), 'Billing', { env }));
    const candidates = electionsOf(template).map((variables) => variables?.TENURE_CANDIDATE);
    expect(candidates.filter(Boolean).sort()).toEqual(['billing-a', 'billing-b']);
    const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    const names = task!.Properties.ContainerDefinitions[0].Environment.map(({ Name }: { Name: string }) => Name);
    expect(names).toEqual(expect.arrayContaining(['TENURE_ELECTION', 'TENURE_TABLE', 'TENURE_NOTICE_QUEUE_URL']));
    expect(names).not.toContain('TENURE_CANDIDATE');
    const patterns = Object.values(template.findResources('AWS::Events::Rule')).map((r) => r.Properties.EventPattern);
    expect(patterns).toContainEqual({ source: ['tenure'], detail: { election: ['billing'] } });
    expect(patterns.filter((pattern) => pattern?.source?.[0] === 'aws.ecs')).toHaveLength(1); // proof of death
  });

  test('cdk-app.ts: a function with a trigger of its own is woken by nothing else', () => {
    const scope = stack();
    const work = new TableV2(scope, 'Work', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    reminders(scope, work);
    const template = Template.fromStack(scope);
    expect(electionsOf(template)).toContainEqual(
      expect.objectContaining({ TENURE_ELECTION: 'reminders', TENURE_CANDIDATE: 'remind-us-east-1' }),
    );
    const rules = Object.values(template.findResources('AWS::Events::Rule'));
    expect(rules.map(({ Properties }) => Properties.ScheduleExpression)).toEqual(['rate(1 hour)']);
  });

  test('cdk-app.ts: a function of your own is a candidate', () => {
    const scope = stack();
    ownFunction(scope);
    const own = electionsOf(Template.fromStack(scope)).find((variables) => variables?.BUILD !== undefined);
    expect(own).toMatchObject({ TENURE_CANDIDATE: 'exports-own', TENURE_MODE: 'always', TENURE_ELECTION: 'exports' });
  });

  test('cdk-app.ts: parts that were there, several elections, three Regions', () => {
    const owned = stack();
    ownParts(owned, {
      bus: EventBus.fromEventBusName(owned, 'Bus', 'mine'),
      key: new Key(owned, 'Key'),
      vpc: new Vpc(owned, 'Vpc', { restrictDefaultSecurityGroup: false }),
      boundary: ManagedPolicy.fromManagedPolicyName(owned, 'Boundary', 'mine'),
    });
    Template.fromStack(owned).resourceCountIs('AWS::Events::EventBus', 0);

    const shared = stack();
    const existing = new TableV2(shared, 'Old', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    several(shared, existing);
    Template.fromStack(shared).resourceCountIs('AWS::DynamoDB::GlobalTable', 2);

    const wide = stack();
    threeRegions(wide);
    Template.fromStack(wide).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      MultiRegionConsistency: 'STRONG',
      GlobalTableWitnesses: [{ Region: 'us-west-2' }],
    });
  });
});
