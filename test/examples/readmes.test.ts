/** The pages of the example folders: links to what is there, tables in line. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDERS = ['billing', 'discovery', 'ecs-service', 'scheduled'];

test.each(FOLDERS)('examples/%s/README.md', (folder) => {
  const page = new URL(`../../examples/${folder}/README.md`, import.meta.url);
  const text = readFileSync(page, 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
  expect(links.length).toBeGreaterThan(0);
  for (const target of links) expect(existsSync(new URL(target, page)), target).toBe(true);
  for (const [table] of text.matchAll(/(?:^\|.*\|\n)+/gm)) {
    const widths = table
      .trim()
      .split('\n')
      .map((row) => [...row].length);
    expect(new Set(widths).size, table).toBe(1);
  }
});
