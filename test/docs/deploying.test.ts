/** What the documents say of the app is what the app has: its outputs, its settings, the permissions of its roles. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../../bin/config.js';
import { makeDemo, Synthesised } from '../cloud/template.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the outputs that the README shows, and those that the operator has to use', () => {
  const outputs = Object.keys(new Synthesised(makeDemo()).json.Outputs ?? {}).sort();
  const shown = [...read('README.md').matchAll(/^Tenure-demo\.(\w+) = /gm)].map(([, name]) => name);
  expect(shown).toEqual(outputs);
  for (const path of ['README.md', 'docs/operating.md', 'docs/deploying.md', 'docs/functions.md']) {
    for (const [, name] of read(path).matchAll(/<([A-Z]\w+)>/g)) expect(outputs, `${path}: <${name}>`).toContain(name);
  }
});

test('every setting has its line, and no other', () => {
  const [, known = ''] = /Known are: (.*)/.exec(messageOf(() => readConfig({ nonsense: 1 }))) ?? [];
  const section = /\| setting[\s\S]*?\n\n/.exec(read('docs/deploying.md'))?.[0] ?? '';
  const lines = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(lines).toEqual(known.trim().split(', '));
});

test('every action of every role is in the table of permissions', () => {
  const permissions = Object.values(new Synthesised(makeDemo()).permissions()).flat();
  const actions = new Set(permissions.flatMap((line) => line.split(' on ')[0]!.split(', ')));
  const text = read('docs/iam.md');
  for (const action of actions) expect(text).toContain(action.split(':')[1]);
});

function messageOf(doing: () => unknown): string {
  try {
    doing();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
