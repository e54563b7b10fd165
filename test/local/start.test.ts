/** `npm start` as a newcomer runs it: a process of its own, with candidates of its own, and what is left of it after. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { packageRoot } from '../../lib/local/package-root.js';
import { until } from '../support/until.js';
import { isDead, isGone, PATIENT_MS } from './helpers.js';

/** Failovers of a second and a half, on a machine that may be busy with other tests. */
const TOUR_MS = 180_000;
const BRISK = ['--tour', '--lease', '1500', '--engine', 'dynoxide'];

/** As npm calls it: with a shell in between. */
const AS_NPM = `const { spawn } = require('node:child_process');
  spawn('sh', ['-c', '"$0" "$@"; exit $?', ...process.argv.slice(1)], { stdio: 'inherit' }).on('exit', process.exit);`;

interface Started {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
  output(): string;
}

const PROGRAM = [process.execPath, join(packageRoot(), 'bin', 'start.mjs')] as const;

/** Calls a function when the test has finished. */
type Test = Pick<TestContext, 'onTestFinished'>;

/** The environment of the tests, which may have been started by npm, without an engine or credentials of its own. */
const OWN_ENV = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name !== 'npm_lifecycle_event' && (!name.startsWith('AWS_') || name === 'AWS_CA_BUNDLE'),
  ),
);

function start(test: Test, ...argv: string[]): Started {
  return launch(test, [...PROGRAM, ...argv]);
}

function launch({ onTestFinished }: Test, [file, ...argv]: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(file as string, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...OWN_ENV, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, exit: once(child, 'close'), output: () => output };
}

/** Waits until a leader has been elected; gives the candidates' processes and the engine's endpoint. */
async function elected({ output }: Started): Promise<{ pids: number[]; endpoint: string }> {
  await until('an election', () => /is elected: term 1/.test(output()), { limitMs: PATIENT_MS });
  const pids = [...output().matchAll(/\(process (\d+)\)/g)].map((match) => Number(match[1]));
  const endpoint = /on (http:\S+)/.exec(output())?.[1] as string;
  return { pids, endpoint };
}

async function untilAllGone({ pids, endpoint }: { pids: number[]; endpoint: string }): Promise<void> {
  expect(pids).toHaveLength(3);
  await until('the candidates to be gone', () => pids.every(isGone));
  await until('the engine to be gone', () => isDead(endpoint));
}

describe('npm start without a terminal', () => {
  test('prints the whole tour, sums it up, and ends with exit code 0', { timeout: TOUR_MS }, async (context) => {
    const tour = start(context, ...BRISK);
    const ends = await elected(tour);
    expect(await tour.exit, tour.output()).toEqual([0, null]);
    const steps = [
      /engine: dynoxide .*it was asked for/,
      /lease 1,500 ms, heartbeat every 450 ms/,
      /1\. An election/,
      /is elected: term 1/,
      /proclaims "process \d+"/,
      /heartbeat \d+ of \w+ landed/,
      /8 heartbeats: \d+ writes by the leader, \d+ reads by 2 standbys/,
      /2\. SIGKILL/,
      /is killed/,
      /is elected: term \d+, [\d,]+ ms after the last heartbeat/,
      /joins the line as a standby/,
      /3\. SIGSTOP/,
      /two fenced writes ready/,
      /is elected: term \d+, [\d,]+ ms after the last heartbeat/,
      /is continued/,
      /neither late write did any harm/,
      /4\. SIGTERM/,
      /has ended with exit code 0/,
      /What was measured/,
      /SIGKILL of \w+ +[\d,]+ ms +1,500 ms +\+/,
      /SIGSTOP of \w+ +[\d,]+ ms +1,500 ms +\+/,
      /nobody led for \d+ ms/,
      /reads +[\d.]+ per heartbeat and standby/,
      /writes +[\d.]+ per heartbeat/,
      /fenced writes +\d+ accepted \(\d+ by stamp, \d+ by check\), \d+ refused/,
      /invariants: all held/,
      /one leader at a time +\d+ passings/,
      /All went as it should/,
    ];
    let rest = tour.output();
    for (const step of steps) {
      expect(rest).toMatch(step);
      rest = rest.slice(rest.search(step) + 1);
    }
    // Both terms of each refusal, in whatever order they came.
    for (const where of ['the item carries', 'the fence is at']) {
      const refusal = new RegExp(`fenced write is refused: it carried term (\\d+), and ${where} term (\\d+)`);
      const [, carried, met] = refusal.exec(tour.output()) ?? [];
      expect(Number(met)).toBeGreaterThan(Number(carried));
    }
    await untilAllGone(ends);
  });
});

// The tour above is alone on the machine; these do not mind company.
describe.concurrent('npm start that does not come to its end', () => {
  test.for<[string, NodeJS.Signals, number | null]>([
    ['asked to end', 'SIGTERM', 143],
    ['interrupted', 'SIGINT', 130],
    ['killed', 'SIGKILL', null],
  ])('%s, it leaves no process behind', { timeout: PATIENT_MS }, async ([, signal, code], context) => {
    const tour = start(context, ...BRISK);
    const ends = await elected(tour);
    // One that stands still can hear nothing, and has to go all the same.
    process.kill(ends.pids[0] as number, 'SIGSTOP');
    tour.child.kill(signal);
    expect(await tour.exit).toEqual([code, code === null ? signal : null]);
    await untilAllGone(ends);
  });

  test.for<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])(
    'an npm that is ended by %s leaves no process behind',
    { timeout: PATIENT_MS },
    async (signal, context) => {
      const npm = launch(context, [process.execPath, '-e', AS_NPM, ...PROGRAM, ...BRISK], {
        npm_lifecycle_event: 'start',
      });
      const ends = await elected(npm);
      npm.child.kill(signal);
      await untilAllGone(ends);
      // The output ends when the last that holds it has ended.
      await npm.exit;
      expect(npm.output()).not.toMatch(/What was measured/);
    },
  );

  test('a candidate that ends by itself fails the tour, in a sentence', { timeout: PATIENT_MS }, async (context) => {
    const tour = start(context, ...BRISK);
    const ends = await elected(tour);
    process.kill(ends.pids[1] as number, 'SIGKILL');
    expect(await tour.exit).toEqual([1, null]);
    expect(tour.output()).toMatch(/ben ended by itself \(SIGKILL\)/);
    expect(tour.output()).toMatch(/To see it again: npm start -- --tour --lease 1500 --engine dynoxide/);
    await untilAllGone(ends);
  });
});

describe.concurrent('arguments that cannot be used', () => {
  test.for<[string[], string]>([
    [['--lease', '50'], '`leaseMs` must be a whole number of milliseconds from 100 to 900000, but is 50.'],
    [['--engine', 'oracle'], '--engine must be one of dynoxide, dynamodb-local, endpoint, but is "oracle".'],
    [['--speed'], "Unknown option '--speed'"],
  ])('%j end with exit code 2 and one sentence', { timeout: PATIENT_MS }, async ([argv, sentence], context) => {
    const { exit, output } = start(context, ...argv);
    expect(await exit).toEqual([2, null]);
    expect(output()).toContain(sentence);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  test('--help shows what there is', { timeout: PATIENT_MS }, async (context) => {
    const { exit, output } = start(context, '--help');
    expect(await exit).toEqual([0, null]);
    for (const option of ['--tour', '--lease', '--heartbeat', '--engine', '--candidates'])
      expect(output()).toContain(option);
  });
});
