/** The house rules of `lib`: which room may import which, and that no two files import each other, not even a type. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const LIB = fileURLToPath(new URL('../lib/', import.meta.url));

/** Of each room (a folder of `lib`): the rooms that it may import. `index` is `lib/index.ts`, which users import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  names: [],
  lease: [],
  election: ['lease', 'names'],
  serverless: ['election', 'lease', 'names'],
  index: ['serverless', 'election', 'lease', 'names'],
  simulation: ['election', 'lease', 'names'],
  cloud: ['names'],
  http: ['index', 'election', 'lease', 'names'],
  local: ['index', 'election', 'lease', 'names'],
  console: ['local', 'http', 'index', 'election', 'lease', 'names'],
  cli: ['console', 'local', 'http', 'simulation', 'index', 'serverless', 'election', 'lease', 'names'],
};

/** Single files that a room may import besides. */
const MAY_IMPORT_FILE: Readonly<Record<string, readonly string[]>> = {
  // Pure arithmetic: what would be refused at run time is refused at synthesis.
  cloud: ['lease/timing.ts', 'lease/errors.ts'],
  // The rule by which the watchdog decides, in the simulated queue.
  simulation: ['serverless/watchdog.ts'],
};

/** All files, and what each imports of `lib`: by `import`, `export ... from` and `import()`, types too. */
const imports = new Map(
  readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => [file, importsOf(file)] as const),
);

function importsOf(file: string): string[] {
  const code = readFileSync(join(LIB, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map(([, specifier]) => specifier!);
  return specifiers.map((specifier) => normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'));
}

const roomOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : 'index');

/** Groups of files of which each reaches every other by imports: Tarjan's strongly connected components. */
function circles(): string[] {
  const found: string[] = [];
  const place = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string) => {
    place.set(file, place.size);
    lowest.set(file, place.get(file)!);
    stack.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!place.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== place.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort().join(', '));
  };
  for (const file of imports.keys()) if (!place.has(file)) visit(file);
  return found;
}

test('every import of lib is of a file that is there', () => {
  expect(imports.size).toBeGreaterThan(100);
  const missing = [...imports].flatMap(([file, all]) =>
    all.filter((target) => !imports.has(target)).map((target) => `${file} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

test('imports go down only: no room imports one that is not below it', () => {
  const wrong = [...imports].flatMap(([file, all]) => {
    const room = roomOf(file);
    expect(MAY_IMPORT, `lib/${room} has no line in the table of rooms`).toHaveProperty([room]);
    const allowed = [room, ...MAY_IMPORT[room]!];
    return all
      .filter((target) => !allowed.includes(roomOf(target)) && !MAY_IMPORT_FILE[room]?.includes(target))
      .map((target) => `${file} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('the rooms themselves have an order: none can reach itself through others', () => {
  const reach = (room: string, seen = new Set<string>()): Set<string> => {
    for (const next of MAY_IMPORT[room]!) if (!seen.has(next)) reach(next, seen.add(next));
    return seen;
  };
  for (const room of Object.keys(MAY_IMPORT)) expect(reach(room), room).not.toContain(room);
});

test('no files import each other in a circle, not even for types', () => {
  expect(circles()).toEqual([]);
});
