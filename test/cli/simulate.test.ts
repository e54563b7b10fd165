/** `tenure simulate` as its users have it: no table, no credentials, real worlds. */
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { suggest } from '../../lib/cli/completion-suggestions.js';
import { makeProgram } from '../../lib/cli/program.js';
import { bundle } from '../simulation/build.js';
import { MUTANTS } from '../simulation/mutants.js';
import { type Ended, programPath, Tenure } from './cli.js';

/** Neither a Region nor credentials: whatever wanted AWS would fail. */
const ENV = { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true' };

async function simulate(args: string, program?: string): Promise<Ended> {
  const tenure = new Tenure(['simulate', ...args.split(' ')], ENV, '', program);
  onTestFinished(() => tenure.stop());
  return tenure.ended;
}

const json = async (args: string) => JSON.parse((await simulate(`${args} --json`)).out);

describe('one world', () => {
  test('is shown from its beginning to its end', async () => {
    const { code, out, err } = await simulate('--seed 3 --lease 10s --heartbeat 3s --fault kill');
    expect(err).toBe('');
    expect(out).toContain('timings        lease 10 s, heartbeat 3.0 s, drift 0.01');
    expect(out).toMatch(/kill: p\d, the leader, is gone without a word/);
    expect(out).toMatch(/p\d is started again/);
    expect(out).toMatch(/p\d leads term 2/);
    expect(out).toMatch(/nobody led for [\d,]+ ms \(crash\)/);
    expect(out).toMatch(/a crash +\d+ +[\d.]+ s/);
    expect(out).toMatch(/Every invariant held, asked after each of [\d,]+ events\.$/m);
    expect(code).toBe(0);
  });

  test('is the same each time, in words and as JSON', async () => {
    for (const args of ['--seed 11', '--seed 12 --lease 5s --candidates 4 --pace 2s --json']) {
      const first = await simulate(args);
      expect(first.out.length).toBeGreaterThan(300);
      expect(await simulate(args)).toEqual(first);
    }
  });

  test('as JSON has its settings, what happened, and the failovers', async () => {
    const result = await json('--seed 3 --lease 10s --candidates 2 --delay 20ms --fault kill');
    expect(result).toMatchObject({ seed: 3, violations: [] });
    expect(result.world).toMatchObject({ leaseMs: 10_000, renewMs: 3_000, processes: 2, functions: 0, maxDelayMs: 20 });
    expect(Object.keys(result.world.faults).length).toBe(1);
    expect(result.timeline[0]).toMatchObject({
      kind: 'record',
      what: expect.stringMatching(/^the record: term 1 is of p\d$/),
    });
    expect(result.failovers[0]).toMatchObject({ cause: 'crash', withoutLeaderMs: expect.any(Number) });
  });
});

describe('many worlds', () => {
  test('give the same output each time, whichever thread was quicker', async () => {
    for (const args of ['--seeds 8', '--seeds 8 --seed 100 --lease 3s --json']) {
      const { out, code } = await simulate(args);
      expect(code).toBe(0);
      expect((await simulate(args)).out).toBe(out);
    }
  });

  test('a crash costs what is left of the lease, by the timings that are given', async () => {
    for (const [leaseMs, renewMs] of [
      [10_000, 3_000],
      [4_000, 500],
    ] as const) {
      const result = await json(`--seeds 8 --fault kill --lease ${leaseMs} --heartbeat ${renewMs} --delay 10ms`);
      expect(result.faults).toEqual({ kill: expect.any(Number) });
      const { times, ms } = result.failovers.find(({ cause }: { cause: string }) => cause === 'crash');
      expect(times).toBeGreaterThan(10);
      expect(ms.p50).toBeGreaterThan(leaseMs - renewMs);
      // L1: a heartbeat until it is seen, the lease with both margins, 1,250 ms of courtesy, and the requests.
      expect(ms.max).toBeLessThan(renewMs + leaseMs * (1.01 / 0.99) + 1_250 + 500);
      expect(ms.p50).toBeLessThanOrEqual(ms.p90);
    }
  });

  test('without faults nobody has to follow, and reads are counted', async () => {
    const result = await json('--seeds 6 --lease 10s --fault none');
    expect(result).toMatchObject({ elections: 6, failovers: [], faults: {} });
    expect(result.readsAtRest).toBeGreaterThan(0.9);
    expect(result.readsAtRest).toBeLessThan(1.2);
  });
});

test.each([
  ['--fault', /--fault.*argument missing/],
  ['--fault gremlins', /'gremlins' is invalid.*There is no such fault\. There are: none, request-lost,/],
  ['--fault kill --fault none', /--fault none leaves every fault out, but kill is asked for too/],
  ['--lease 10s --fault mixed-leases', /--fault mixed-leases is not for worlds with timings of your own/],
  ['--seeds 0', /'0' is invalid. It must be a whole number from 1 to/],
  ['--seed -1', /'-1' is invalid. It must be a whole number from 0 to/],
  ['--lease soon', /--lease must be a duration such as 10s, 500ms or 15m, but is "soon"/],
  ['--lease 10s --heartbeat 9s', /2 \* 9000 .* is more than 10000 .*--heartbeat/],
  ['--drift lots', /'lots' is invalid. It must be a part of a lease, such as 0.01/],
  ['--drift 0.9', /from 0\.0001 to 0\.25 .* but is 0\.9/],
  ['--candidates 99', /'99' is invalid. It must be a whole number from 1 to 20/],
  ['--delay 2s', /--delay must be from 1ms to 750ms.*It is "2s"/],
  ['--pace 1ms', /--pace must be from a tenth of the lease.*but is "1ms"/],
  ['billing', /too many arguments/],
])('%s is refused, in words', async (args, said) => {
  expect((await refusal(args.split(' '))).replaceAll('\n', ' ')).toMatch(said);
});

test('a refusal has the exit code of a command line that cannot be used, and no result', async () => {
  for (const args of ['--fault gremlins', '--lease soon']) {
    expect(await simulate(args)).toMatchObject({ code: 2, out: '' });
  }
});

test('a shell is offered the faults', async () => {
  const names = { elections: async () => [], standbys: async () => [] };
  const offered = await suggest(makeProgram({ exitCode: 0 }), ['simulate', '--fault', 'one'], names);
  expect(offered.map(({ value }) => value)).toEqual(['one-way-partition']);
});

/** What is said to a command line that cannot be used. */
async function refusal(args: readonly string[]): Promise<string> {
  const program = makeProgram({ exitCode: 0 });
  let said = '';
  const writeErr = (text: string) => {
    said += text;
  };
  for (const command of program.commands) command.configureOutput({ writeErr });
  const end = await program.parseAsync(['simulate', ...args], { from: 'user' }).then(
    () => 'it was taken',
    (error: Error) => error.message,
  );
  return said + end;
}

test('a broken promise is reported, with the command that repeats it, and the exit code says so', async () => {
  // The command as it ships, around a known-bad election: a takeover that keeps the term.
  const { patches } = MUTANTS.find(({ number }) => number === 7)!;
  const [program, worker] = [await bundle('bin/tenure.ts', patches), await bundle('lib/simulation/worker.ts', patches)];
  onTestFinished(() => Promise.all([program.remove(), worker.remove()]).then(() => {}));
  await copyFile(worker.file, join(dirname(program.file), 'worker.mjs'));
  const { code, out } = await simulate('--seeds 4 --lease 10s --fault kill', program.file);
  expect(code).toBe(1);
  const [, repeat] = /repeat it: tenure simulate (--seed \d+ --fault kill --lease 10s)$/m.exec(out)!;
  const again = await simulate(repeat!, program.file);
  expect(again.out).toMatch(/^at [\d.]+ ms: S3/m);
  expect(again.out).toContain(`repeat it: tenure simulate ${repeat}`);
  expect(again.code).toBe(1);
  expect((await simulate(repeat!, programPath())).code).toBe(0);
});
