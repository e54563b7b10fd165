/** Runs the examples on the engine: what users copy works. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { byHand, fenced, following, operating, standing } from '../../examples/api.js';
import { Election } from '../../lib/index.js';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineEnv } from '../../lib/local/engine.js';
import { freshTable, type TestTable } from '../support/table.js';
import { until } from '../support/until.js';

let table: TestTable;
let documents: DynamoDBDocumentClient;
const children: ChildProcess[] = [];

beforeAll(async () => {
  table = await freshTable();
  documents = DynamoDBDocumentClient.from(table.client);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('leader.ts leads, writes under its fence, and gives the office back on SIGTERM', async () => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('../../examples/leader.ts', import.meta.url))],
    { env: { ...process.env, ...engineEnv(table.endpoint), TENURE_TABLE: table.tableName } },
  );
  children.push(child);
  endWithParent(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  await until('the first term', () => output.includes('leading term 1'));
  const key = { pk: 'work#billing', sk: 'invoices' };
  const work = async () => (await documents.send(new GetCommand({ TableName: table.tableName, Key: key }))).Item;
  const item = await until('a charge', work);
  expect(item['fence:billing']).toBe(1);
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  expect(output).toContain('term 1 is over: closed');
  const record = await table.item('billing');
  expect(record?.holder).toBeUndefined();
  expect(record?.reason?.S).toBe('resigned');
});

test('api.ts: leading by hand, fenced writes, following, operating', async () => {
  const { tableName, client } = table;
  const election = new Election({ name: 'by-hand', tableName, client, id: 'worker-1', leaseMs: 2000 });
  const stop = new AbortController();
  const lines: string[] = [];
  const watching = following(new Election({ name: 'by-hand', tableName, client }), stop.signal, (line) =>
    lines.push(line),
  );
  await until('the first sight', () => lines.length >= 2);
  let steps = 0;
  const { term, released } = await byHand(election, async (leadership) => {
    await fenced(leadership, documents, tableName);
    steps += 1;
    if (steps === 2) void leadership.resign();
  });
  expect({ term, released }).toEqual({ term: 1, released: true });
  await until('the end seen', () => lines.some((line) => line.includes('(resigned)')));
  expect(lines[0]).toBe('vacant: never held');
  stop.abort();
  await watching;
  await election.close();
});

test('api.ts: an operator challenges, and revokes', async () => {
  const { tableName, client } = table;
  await using leader = new Election({ name: 'billing', tableName, client, id: 'worker-1', leaseMs: 2000 });
  const leadership = await leader.campaign();
  const office = await operating(tableName, documents);
  expect(office.holder).toBeUndefined();
  expect(office.reason).toBe('revoked');
  await until('the leader has to stop', () => leadership.signal.aborted);
});

test('api.ts: candidates stand in line', async () => {
  const { tableName, client } = table;
  const lines: string[] = [];
  await using outside = new Election({ name: 'billing', tableName, client, id: 'outside', leaseMs: 30_000 });
  const stop = new AbortController();
  for (const [name, value] of Object.entries(engineEnv(table.endpoint))) vi.stubEnv(name, value);
  const stands = standing(tableName, '10.0.0.7:8080', stop.signal, (line) => lines.push(line));
  const [member] = await until('it is listed', async () => {
    const roster = await outside.roster();
    return roster.length > 0 ? roster : undefined;
  });
  expect(member).toMatchObject({ present: true, value: { address: '10.0.0.7:8080' } });
  await until('the line is printed', () =>
    lines.some((line) => line.startsWith(`next: ${member!.id} (+${member!.id} -)`)),
  );
  stop.abort();
  await stands;
  expect(await outside.roster()).toEqual([]);
});
