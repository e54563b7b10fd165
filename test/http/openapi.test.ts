/** The document in the package is the one that the code makes, and says what OpenAPI asks for. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../lib/http/openapi.js';
import { ROUTES } from '../../lib/http/routes.js';
import { test as staged } from '../support/scene.js';
import { agentHost, lambdaHost } from './hosts.js';

const written = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as unknown;
const document = openApiDocument({ agent: true });

test('docs/openapi.json is what the code generates: else run npx tsx test/http/write-openapi.ts', () => {
  expect(written).toEqual(JSON.parse(JSON.stringify(document)));
});

test('is OpenAPI 3.1: each operation has a name of its own, and every reference leads somewhere', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  const operations = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>).flatMap(
    (methods) => Object.values(methods),
  );
  const names = operations.map(({ operationId }) => operationId);
  expect([...new Set(names)].sort()).toEqual(Object.keys(ROUTES).sort());
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  expect(references.length).toBeGreaterThan(10);
  for (const path of new Set(references)) {
    const found = path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    expect(found, path).toBeTypeOf('object');
  }
});

staged('each host serves the document of what it has', async ({ scene }) => {
  const [agent, lambda] = [await agentHost(scene), await lambdaHost(scene.table)];
  expect((await agent.ask('GET', '/openapi.json')).body).toEqual(written);
  const theirs = (await lambda.ask('GET', '/openapi.json')).body;
  expect(Object.keys(theirs.paths)).not.toContain('/elections/{name}/campaign');
  expect(Object.keys(theirs.paths)).toContain('/elections/{name}/acquire');
  const campaign = await lambda.ask('POST', `/elections/${scene.name}/campaign`, {});
  expect(campaign).toMatchObject({ status: 404, body: { code: 'NotFound' } });
});
