/** The ECS service as real processes: a deploy by SIGTERM, with its hand-over, its health, and no order lost or doubled. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterEach, expect, test } from 'vitest';
import { OrdersStack } from '../../examples/ecs-service/stack.js';
import { freshTable } from '../support/table.js';
import { until } from '../support/until.js';
import { endPrograms, Program } from './program.js';

const LEASE_MS = 6_000;

interface Line {
  readonly at: number;
  readonly event: string;
  readonly term?: number;
  readonly reason?: string;
  readonly address?: { readonly port: number };
}

afterEach(endPrograms);

// Caught: a process that ends with the office in its hands (the other waits out the lease), and work that two do.
test('SIGTERM, twice: the other takes over without waiting for the lease, and each order is processed once', async () => {
  const table = await freshTable();
  const documents = DynamoDBDocumentClient.from(table.client);
  const workTable = `${table.tableName}-work`;
  await table.client.send(
    new CreateTableCommand({
      TableName: workTable,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await documents.send(new PutCommand({ TableName: workTable, Item: { id: 'orders', done: 0 } }));
  const orders = async () => {
    const { Items = [] } = await documents.send(new ScanCommand({ TableName: workTable, ConsistentRead: true }));
    const processed = Items.filter(({ id }) => id.startsWith('order#'));
    return processed
      .map(({ id, term }) => ({ order: Number(id.slice(6)), term: term as number }))
      .sort((a, b) => a.order - b.order);
  };
  const start = () =>
    new Program('ecs-service/server.ts', table.endpoint, {
      TENURE_ELECTION: 'orders',
      TENURE_TABLE: table.tableName,
      TENURE_LEASE_MS: String(LEASE_MS),
      WORK_TABLE: workTable,
      PORT: '0',
    });
  const elected = (program: Program) => program.line<Line>('it is elected', ({ event }) => event === 'elected');
  const health = async (program: Program) => {
    const { address } = await program.line<Line>('it listens', ({ event }) => event === 'listening');
    const response = await fetch(`http://127.0.0.1:${address!.port}/health`);
    return { status: response.status, ...((await response.json()) as { state: string }) };
  };
  const works = (term: number) =>
    until(`orders of term ${term}`, async () => (await orders()).filter((order) => order.term === term).length >= 5);

  const tasks = [start()];
  await elected(tasks[0]!);
  for (const round of [0, 1]) {
    const old = tasks[round]!;
    const next = start();
    tasks.push(next);
    expect(await health(old)).toMatchObject({ status: 200, state: 'leading' });
    await until('the next one stands by, and is healthy', async () => {
      const { status, state } = await health(next);
      return status === 200 && state === 'standby';
    });
    const { term } = await elected(old);
    await works(term!);
    old.child.kill('SIGTERM');
    expect(await old.exited, old.output).toEqual({ code: 0, signal: null });
    const lost = await old.line<Line>('it says why', ({ event }) => event === 'lost');
    expect(lost).toMatchObject({ term, reason: 'closed' });
    const successor = await elected(next);
    const gapMs = successor.at - lost.at;
    console.log(`[ecs-service] hand-over ${round + 1}: nobody led for ${gapMs} ms (the lease is ${LEASE_MS} ms)`);
    expect(successor.term).toBeGreaterThan(term!);
    expect(gapMs).toBeGreaterThanOrEqual(0);
    expect(gapMs).toBeLessThan(LEASE_MS); // nobody waited for a lease
    expect(await table.item('orders')).toMatchObject({ reason: { S: 'resigned' } });
    await works(successor.term!);
  }
  tasks[2]!.child.kill('SIGTERM');
  expect(await tasks[2]!.exited, tasks[2]!.output).toEqual({ code: 0, signal: null });

  const processed = await orders();
  expect(processed.map(({ order }) => order)).toEqual(processed.map((_, n) => n + 1)); // none left out
  const terms = processed.map(({ term }) => term);
  expect(terms).toEqual([...terms].sort((a, b) => a - b)); // and no leader went on after the next one had begun
});

test('stack.ts: two tasks that may stand, and a deploy that starts the new ones first', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const env = { account: '123456789012', region: 'us-east-1' };
  const template = Template.fromStack(new OrdersStack(app, 'Orders', { env }));
  template.hasResourceProperties('AWS::ECS::Service', {
    DesiredCount: 2,
    DeploymentConfiguration: { MinimumHealthyPercent: 100, MaximumPercent: 200 },
  });
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const [container] = task!.Properties.ContainerDefinitions;
  expect(container).toMatchObject({ StopTimeout: 30, PortMappings: [{ ContainerPort: 8080 }] });
  expect(container.Environment).toContainEqual({ Name: 'TENURE_ELECTION', Value: 'orders' });
});
