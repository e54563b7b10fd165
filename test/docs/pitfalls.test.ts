/** The list of known mistakes names tests that are there, by their file and title, and leaves none out that has a number. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../election/pitfalls/', import.meta.url);
/** Up to here every mistake has its tests; the tests of some later ones are still to come. */
const SHOWN = 30;

interface Row {
  readonly number: number;
  readonly shown: readonly { readonly file: string; readonly title: string }[];
}

const table = readFileSync(new URL('README.md', FOLDER), 'utf8');
const rows = [...table.matchAll(/^\| (\d+) \| .+? \| (.+) \|$/gm)].map(([, number, shown = '-']): Row => {
  const tests = shown === '-' ? [] : shown.split('<br>');
  return {
    number: Number(number),
    shown: tests.map((text) => {
      const [, file = '', title = ''] = /^\[[^\]]+\]\(([^)]+)\): (.+)$/.exec(text) ?? [];
      return { file, title };
    }),
  };
});

/** The titles of a file's tests, as they stand there. */
function titlesOf(file: string): string[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const titles = text.matchAll(/\btest(?:\.\w+)*(?:\(.*\))?\(\s*(['"`])(.+?)(?<!\\)\1,/g);
  return [...titles].map(([, , title = '']) => title.replaceAll("\\'", "'"));
}

test('the numbers go from 1 on, without a gap', () => {
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, place) => place + 1));
  expect(rows.length).toBeGreaterThanOrEqual(SHOWN);
});

describe.each(rows.filter(({ number, shown }) => number <= SHOWN || shown.length > 0))(
  'mistake $number',
  ({ shown }) => {
    test('has tests, which are there', () => {
      expect(shown.length).toBeGreaterThan(0);
      for (const { file, title } of shown) expect(titlesOf(file), file).toContain(title);
    });
  },
);

test('every test that has a number in its title is listed under that number', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'))) {
    for (const title of titlesOf(file)) {
      const number = /^pitfall (\d+)/.exec(title)?.[1];
      if (number === undefined) continue;
      const listed = rows.find((row) => row.number === Number(number))?.shown ?? [];
      expect(listed, `${file}, under ${number}`).toContainEqual({ file, title });
    }
  }
});
