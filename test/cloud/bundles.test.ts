/** The bundles as they are uploaded: what is in them, how heavy they are, and that they load. Bundles once, for real. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type App, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LeaseApi, RollCall, ServerlessElection } from '../../lib/cloud/index.js';
import { makeApp, makeDemo, Synthesised } from './template.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The most that a bundle may weigh, in KB. The test reports what it does weigh. */
const MOST_KB = {
  heartbeater: 560,
  watchdog: 520,
  publisher: 450,
  undertaker: 540,
  'roll-call': 520,
  'lease-api': 680,
};
const PATHS = {
  heartbeater: 'Election/HeartbeaterA/Heartbeater/Function',
  watchdog: 'Election/Watchdog/Watchdog/Function',
  publisher: 'Election/OfficeEvents/Publisher/Function',
  undertaker: 'Election/ProofOfDeath/Undertaker/Function',
  'roll-call': 'RollCall/RollCall/Function',
  'lease-api': 'LeaseApi/LeaseApi/Function',
};
type Name = keyof typeof PATHS;

let template: Synthesised;
let folder: string;

/** The folder of a function's code. */
function asset(of: Synthesised, out: string, path: string): string {
  const { S3Key } = of.resources[path]!.Properties.Code as { S3Key: string };
  return join(out, `asset.${S3Key.replace(/\.zip$/, '')}`);
}

beforeAll(() => {
  const stack = makeDemo({}, { bundling: true });
  const { table } = stack.election;
  new LeaseApi(stack, 'LeaseApi', { table, elections: ['demo'] });
  new RollCall(stack, 'RollCall', { table, election: 'demo' });
  template = new Synthesised(stack);
  folder = (stack.node.root as App).synth().directory;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.keys(PATHS) as Name[])('the bundle of the %s', (name) => {
  const file = (which: string) => join(asset(template, folder, PATHS[name]), which);

  test('is one module and its map', () => {
    expect(readdirSync(asset(template, folder, PATHS[name])).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  test('has neither constructs nor any of the tests, and of the SDK only what it uses', () => {
    const { sources, sourcesContent } = JSON.parse(readFileSync(file('index.mjs.map'), 'utf8')) as {
      sources: string[];
      sourcesContent?: unknown;
    };
    expect(sourcesContent).toBeUndefined();
    // By their place in the package: it may itself stand in a folder of any name.
    const places = sources.map((source) => relative(ROOT, resolve(dirname(file('index.mjs.map')), source)));
    expect(places).toContain(`lambda/${name}.ts`);
    expect(places.filter((place) => /^(lib\/(cloud|local)|test)\//.test(place))).toEqual([]);
    expect(places.filter((place) => /(^|\/)node_modules\/(aws-cdk-lib|constructs|cdk-nag)\//.test(place))).toEqual([]);
    const clients = new Set(sources.flatMap((source) => /@aws-sdk\/(client-[a-z]+)\//.exec(source)?.[1] ?? []));
    const uses: Record<Name, string[]> = {
      heartbeater: ['client-dynamodb', 'client-sqs'],
      watchdog: ['client-dynamodb', 'client-sqs'],
      publisher: ['client-eventbridge', 'client-sqs'],
      undertaker: ['client-dynamodb', 'client-sqs'],
      'roll-call': ['client-dynamodb', 'client-sqs'],
      'lease-api': ['client-dynamodb', 'client-sqs'],
    };
    expect([...clients].sort()).toEqual(uses[name]);
  });

  test('is light', () => {
    const size = statSync(file('index.mjs')).size / 1024;
    const zipped = ['index.mjs', 'index.mjs.map'].map((which) => gzipSync(readFileSync(file(which))).length / 1024);
    console.log(
      `${name}: ${size.toFixed(0)} KB (at most ${MOST_KB[name]} KB); zipped ${zipped[0]!.toFixed(0)} KB, ` +
        `its map ${zipped[1]!.toFixed(0)} KB more`,
    );
    expect(size).toBeLessThan(MOST_KB[name]);
  });

  test('loads, and has a handler', () => {
    const environment = Object.entries(template.environment(PATHS[name])).map(([variable, value]) => [
      variable,
      variable.endsWith('_URL') ? 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue' : value.replaceAll('/', '-'),
    ]);
    const code =
      `const began = performance.now(); const { handler } = await import(${JSON.stringify(pathToFileURL(file('index.mjs')))});` +
      'console.log(typeof handler, Math.round(performance.now() - began));';
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { ...process.env, ...Object.fromEntries(environment), AWS_REGION: 'eu-west-1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(said).toMatch(/^function \d+$/m);
    console.log(`${name}: loaded in ${said.trim().split(' ')[1]} ms`);
  });
});

test('the heartbeaters of one work share one bundle', () => {
  const keys = ['A', 'B', 'C'].map((letter) =>
    asset(template, folder, PATHS.heartbeater.replace('HeartbeaterA', `Heartbeater${letter}`)),
  );
  expect(new Set(keys).size).toBe(1);
});

test('work of the user’s own replaces the demonstration', () => {
  const own = mkdtempSync(join(tmpdir(), 'work-'));
  const entry = join(own, 'work.ts');
  writeFileSync(entry, "export async function lead(): Promise<void> { console.log('the work of a user'); }\n");
  const app = makeApp({ bundling: true });
  const stack = new Stack(app, 'Stack');
  new ServerlessElection(stack, 'Election', { election: 'own', candidates: 1, work: { entry } });
  const { directory } = app.synth();
  try {
    const code = readFileSync(join(asset(new Synthesised(stack), directory, PATHS.heartbeater), 'index.mjs'), 'utf8');
    expect(code).toContain('the work of a user');
    expect(code).not.toContain('WORK_TABLE');
  } finally {
    for (const made of [own, directory]) rmSync(made, { recursive: true, force: true });
  }
});
