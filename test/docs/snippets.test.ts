/** Every piece of code that the documents show is a region of an example, letter by letter; and the examples run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const dedent = (text: string) => {
  const lines = text.replace(/^\n+|\s+$/g, '').split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return lines.map((line) => line.slice(least)).join('\n');
};

const regions = new Map(
  readdirSync(new URL('../../examples', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...read(`examples/${file}`).matchAll(/\/\/ #region (\S+)\n([\s\S]*?)\n\s*\/\/ #endregion/g)].map(
        ([, name, body]) => [name!, dedent(body!)] as const,
      ),
    ),
);
/** As GitHub makes them. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
const within = (folder: string) =>
  readdirSync(new URL(`../../${folder}`, import.meta.url)).map((file) => `${folder}/${file}`);
const documents = ['README.md', ...within('docs'), ...within('docs/reference')];

describe.each(documents.filter((path) => path.endsWith('.md')))('%s', (path) => {
  const text = read(path);

  // Of the reference, which shows code of docstrings, reference.test.ts compiles it.
  test.skipIf(path.startsWith('docs/reference/'))('shows code of the examples alone', () => {
    const shown = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, body]) => dedent(body!));
    for (const body of shown) expect([...regions.values()]).toContain(body);
  });

  test('links to files that are there', () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      const base = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : '';
      expect(existsSync(new URL(`../../${base}${target}`, import.meta.url)), `${path} -> ${target}`).toBe(true);
    }
  });

  test('links to headings that are there', () => {
    for (const [, target = '', anchor = ''] of text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)]+)\)/g)) {
      const base = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : '';
      const there = target === '' ? text : read(`${base}${target}`);
      expect(anchorsOf(there), `${path} -> ${target}#${anchor}`).toContain(anchor);
    }
  });

  test('has its tables in line', () => {
    for (const [rows] of text.matchAll(/(?:^\|.*\|\n)+/gm)) {
      const widths = rows
        .trim()
        .split('\n')
        .map((row) => [...row].length);
      expect(new Set(widths).size, rows).toBe(1);
    }
  });

  test('keeps no line open that a person must fill in', () => {
    expect(text).not.toMatch(/@@|TODO|FIXME/);
  });
});

test('docs/README.md lists every document', () => {
  const index = read('docs/README.md');
  const listed = within('docs').filter((path) => path.endsWith('.md') && path !== 'docs/README.md');
  for (const path of listed) expect(index).toContain(`](${path.replace('docs/', '')})`);
});
