/** The scheduled function, in execution environments that are processes: doubled, overlapping, cut off, frozen. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatementsStack } from '../../examples/scheduled/stack.js';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineEnv } from '../../lib/local/engine.js';
import { freshTable, type TestTable } from '../support/table.js';
import { until } from '../support/until.js';
import type { Answer } from './environment.js';

const TODAY = { time: '2026-11-21T06:00:00Z' };
const TOMORROW = { time: '2026-11-22T06:00:00Z' };

let table: TestTable;
let documents: DynamoDBDocumentClient;
let workTable: string;
const environments: ChildProcess[] = [];

beforeEach(async () => {
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
  for (const child of environments.splice(0)) child.kill('SIGKILL');
});

class Environment {
  readonly child: ChildProcess;
  readonly #answers: Answer[] = [];

  constructor() {
    this.child = fork(fileURLToPath(new URL('environment.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      env: {
        ...process.env,
        ...engineEnv(table.endpoint),
        TENURE_ELECTION: 'statements',
        TENURE_TABLE: table.tableName,
        TENURE_CANDIDATE: 'statements',
        TENURE_LEASE_MS: '3000',
        WORK_TABLE: workTable,
      },
    });
    endWithParent(this.child);
    environments.push(this.child);
    this.child.on('message', (answer) => this.#answers.push(answer as Answer));
  }

  async invoke(event: { time: string }): Promise<Answer> {
    const answered = this.#answers.length;
    this.child.send(event);
    // One that is paused answers when it goes on, whenever that is.
    return until('an answer', () => this.#answers[answered], { limitMs: 110_000 });
  }
}

async function customers(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `c${n}`);
  await documents.send(new PutCommand({ TableName: workTable, Item: { id: 'customers', ids } }));
  return ids;
}

async function item(id: string) {
  return (await documents.send(new GetCommand({ TableName: workTable, Key: { id }, ConsistentRead: true }))).Item;
}

/** How many statements each customer got. */
async function statements(): Promise<number[]> {
  const { Items = [] } = await documents.send(new ScanCommand({ TableName: workTable, ConsistentRead: true }));
  return Items.filter(({ id }) => id.startsWith('customer#')).map(({ statements }) => statements as number);
}

// Caught: a handler that runs in each invocation, and one that runs again when the schedule fires again.
test('three invocations at a time, and the schedule fires again: each customer gets one statement a day', async () => {
  await customers(20);
  const all = [new Environment(), new Environment(), new Environment()];
  const answers = await Promise.all(all.map((environment) => environment.invoke(TODAY)));
  expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  expect(answers.filter(({ result }) => result?.ran)).toHaveLength(1);
  expect(answers.find(({ result }) => result?.ran)?.result).toMatchObject({ day: '2026-11-21', sent: 20 });

  const again = await all[0]!.invoke(TODAY);
  expect(again.result).toMatchObject({ ran: false, why: expect.stringContaining('it was done in term') });
  expect(await statements()).toEqual(Array(20).fill(1));

  expect((await all[1]!.invoke(TOMORROW)).result).toMatchObject({ day: '2026-11-22', ran: true, sent: 20 });
  expect(await statements()).toEqual(Array(20).fill(2));
});

// Caught: work that starts from the beginning, a lease that nobody takes over, and late writes of a frozen invocation.
test.each(['SIGKILL', 'SIGSTOP'] as const)('%s in the middle: another invocation finishes the day', async (signal) => {
  const ids = await customers(400);
  const first = new Environment();
  const second = new Environment();
  const answered = first.invoke(TODAY);
  answered.catch(() => {}); // killed, it never answers
  await until('it is at work', () => item(`customer#${ids[5]}`));
  first.child.kill(signal);
  expect(await item(`day#2026-11-21`)).toBeUndefined(); // in the middle, and not afterwards

  let answer = await second.invoke(TODAY);
  expect(answer.result).toMatchObject({ ran: false, why: 'statements is at it' }); // its lease has not run out
  await until('the retry leads', async () => {
    answer = await second.invoke(TODAY);
    return answer.result?.ran;
  });
  expect(answer.result?.sent).toBeGreaterThan(0);
  expect(answer.result?.sent).toBeLessThan(ids.length - 5);
  expect(await item('day#2026-11-21')).toMatchObject({ term: 2, sent: answer.result?.sent });

  if (signal === 'SIGSTOP') {
    first.child.kill('SIGCONT');
    expect((await answered).error).toBeDefined(); // it does not say that it has done it
  }
  expect(await statements()).toEqual(Array(ids.length).fill(1));
});

test('stack.ts: the schedule alone wakes the function, which is tried again when it fails', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const env = { account: '123456789012', region: 'us-east-1' };
  const template = Template.fromStack(new StatementsStack(app, 'Statements', { env }));
  const rules = Object.values(template.findResources('AWS::Events::Rule'));
  expect(rules.map(({ Properties }) => Properties.ScheduleExpression)).toEqual(['cron(0 6 * * ? *)']);
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2 });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { TENURE_ELECTION: 'statements', TENURE_CANDIDATE: 'statements' } },
  });
});
