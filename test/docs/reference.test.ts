/** The reference is what the docstrings give, and its examples compile. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const reference = join(root, 'docs/reference');
const pages = readdirSync(reference).filter((file) => file.endsWith('.md'));
const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tenure-reference-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

test('is what the docstrings give (else: npm run reference)', async () => {
  const made = join(scratch, 'made');
  await run(process.execPath, [join(reference, 'make.mjs'), made]);
  expect(readdirSync(made).sort()).toEqual([...pages].sort());
  for (const page of pages) expect(read(made, page), `docs/reference/${page}`).toBe(read(reference, page));
}, 300_000);

/** What the examples take for granted: their reader knows what these are, and of what type. */
const THEIRS =
  'chargeNextCustomer nextStep work pool invoice input dueInvoices charge sendInvoices error metrics flush workerRole table ' +
  'watchdog events deadLetterQueue deadLetters heartbeater cluster service candidate targets pager mail monitoring a b';
const GIVEN = `
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Construct } from 'constructs';
import type { Election as TheElection, Leadership } from 'tenure';
declare global {
  const election: TheElection, leadership: Leadership, documents: DynamoDBDocumentClient;
  const stopping: AbortController, signal: AbortSignal, scope: Construct;
  const ${THEIRS.replaceAll(' ', ': any, ')}: any;
}
`;
const IMPORTS: Record<string, string> = {
  'tenure.md':
    "import { createTable, Election, heartbeater, isTenureError, leaderOnly, leaseClientConfig, METRICS, meter } from 'tenure';\n" +
    "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';\n" +
    "import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';\n",
  'cloud.md':
    "import * as constructs from 'tenure/cloud';\nimport { Duration } from 'aws-cdk-lib';\n" +
    "import { Rule } from 'aws-cdk-lib/aws-events';\n" +
    'const { Heartbeater, LeaseApi, LeaseTable, Monitoring, OfficeEvents, ProofOfDeath, ReElection, RollCall, ServerlessElection, Watchdog } = constructs;\n',
  'http.md': "import { leaseApi, openApiDocument, startAgent } from 'tenure/http';\n",
};

test('has examples that compile', async () => {
  const folder = join(scratch, 'examples');
  mkdirSync(folder);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'given.ts'), GIVEN);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, rootDir: '/' };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
  );
  let count = 0;
  for (const [page, imports] of Object.entries(IMPORTS)) {
    for (const [, example = ''] of read(reference, page).matchAll(/```ts\n([\s\S]*?)```/g)) {
      count += 1;
      const body =
        example.startsWith('export') || example.includes('\nexport')
          ? example
          : `export async function example(this: typeof scope) {\n${example}}\n`;
      writeFileSync(join(folder, `${page.replace('.md', '')}-${count}.ts`), imports + body);
    }
  }
  expect(count).toBeGreaterThan(20);
  const compiler = join(root, 'node_modules/.bin/tsc');
  const { stdout } = await run(compiler, ['-p', folder]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});
