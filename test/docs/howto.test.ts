/** The manifest of the how-to is YAML of the right shape, and sets variables that the library reads. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { optionsFromEnvironment } from '../../lib/election/environment.js';
import { resolveTimings } from '../../lib/lease/timing.js';

// TypeDoc brings a parser of YAML.
const typedoc = createRequire(new URL('../../docs/reference/package.json', import.meta.url)).resolve('typedoc');
const { parseAllDocuments } = createRequire(typedoc)('yaml') as {
  parseAllDocuments(text: string): { errors: unknown[]; warnings: unknown[]; toJS(): Manifest }[];
};

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: {
    selector: { matchLabels: object };
    template: { metadata: { labels: object }; spec: PodSpec };
  };
}
interface PodSpec {
  serviceAccountName: string;
  terminationGracePeriodSeconds: number;
  containers: { env: { name: string; value: string }[] }[];
}

test('the Kubernetes manifest', () => {
  const text = readFileSync(new URL('../../docs/howto.md', import.meta.url), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const documents = parseAllDocuments(yaml);
  for (const { errors, warnings } of documents) expect([...errors, ...warnings]).toEqual([]);
  const [account, deployment] = documents.map((document) => document.toJS());
  expect([account?.kind, deployment?.kind]).toEqual(['ServiceAccount', 'Deployment']);
  const { selector, template } = deployment!.spec!;
  expect(template.metadata.labels).toEqual(selector.matchLabels);
  expect(template.spec.serviceAccountName).toBe(account!.metadata.name);

  const env = Object.fromEntries(template.spec.containers[0]!.env.map(({ name, value }) => [name, value]));
  const { name, tableName, ...rest } = optionsFromEnvironment(env);
  expect({ name, tableName }).toEqual({ name: env.TENURE_ELECTION, tableName: env.TENURE_TABLE });
  expect(template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(2 * resolveTimings(rest).renewMs);
});
