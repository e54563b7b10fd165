/** The commands of docs/operating.md do what the page says: each expression is run as it stands there. */
import { readFileSync } from 'node:fs';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { ALARMS } from '../../lib/cloud/monitoring/alarm-table.js';
import { Election } from '../../lib/index.js';
import { METRICS } from '../../lib/names/metrics.js';
import { freshTable } from '../support/table.js';
import { until } from '../support/until.js';

const text = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

test('every alarm has its section, and every metric is named', () => {
  for (const name of Object.keys(ALARMS)) expect(text).toContain(`### ${name}\n`);
  for (const name of Object.keys(METRICS)) expect(text).toContain(`\`${name}\``);
});

/** The `aws dynamodb update-item` command under a heading, as a request. */
function command(heading: string, tableName: string, election: string): UpdateItemCommand {
  const section = text.slice(text.indexOf(heading));
  const block = /aws dynamodb update-item [\s\S]*?```/.exec(section)?.[0] ?? '';
  const option = (name: string) => new RegExp(`--${name} '([^']*)'`).exec(block)?.[1];
  const key = option('key')?.replace('election#demo', `election#${election}`);
  return new UpdateItemCommand({
    TableName: tableName,
    Key: JSON.parse(key ?? 'null'),
    UpdateExpression: option('update-expression'),
    ConditionExpression: option('condition-expression'),
    ExpressionAttributeValues: JSON.parse(option('expression-attribute-values') ?? 'null'),
  });
}

/** Long enough to be kept by a machine that is busy with other tests. */
const standing = { leaseMs: 4_000 };
const working = (leadership: { signal: AbortSignal }) =>
  new Promise<void>((resolve) => leadership.signal.addEventListener('abort', () => resolve()));

describe.concurrent('by hand', () => {
  test('a challenge makes the leader yield, and another leads', async () => {
    const { client, tableName } = await freshTable();
    const [a, b] = ['a', 'b'].map((id) => new Election({ name: 'asked', tableName, client, id, ...standing })) as [
      Election,
      Election,
    ];
    void a.run(working);
    await until('a leads', () => a.state === 'leading');
    void b.run(working);
    await client.send(command('## Change the leader', tableName, 'asked'));
    await until('b leads', async () => (await b.leader()).holder === 'b');
    expect(await b.leader()).toMatchObject({ term: 2, previous: 'a', reason: 'resigned' });
    await Promise.all([a.close(), b.close()]);
  });

  test('a term that was raised by hand deposes the leader, and terms go on above it', async () => {
    const { client, tableName } = await freshTable();
    await using a = new Election({ name: 'rewound', tableName, client, id: 'a', ...standing });
    const reasons: string[] = [];
    a.on('lost', ({ reason }) => reasons.push(reason));
    void a.run(working);
    await until('a leads', () => a.state === 'leading');
    await client.send(command('## The term fell', tableName, 'rewound'));
    await until('a term above', async () => (await a.leader()).term === 4_712 && a.state === 'leading');
    expect(reasons).toEqual(['superseded']);
    await expect(client.send(command('## The term fell', tableName, 'rewound'))).rejects.toThrow(/conditional/);
  });

  test('in a new table, a fence made by hand makes the first term go above it', async () => {
    const { client, tableName } = await freshTable();
    await client.send(command('A table without the record', tableName, 'replaced'));
    await using a = new Election({ name: 'replaced', tableName, client, id: 'a', ...standing });
    void a.run(working);
    await until('a leads', () => a.state === 'leading');
    expect((await a.leader()).term).toBe(4_712);
  });
});
