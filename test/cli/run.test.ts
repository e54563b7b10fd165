/** `tenure run`: a command runs in the leader alone, with real processes and real signals. */
import { describe, expect } from 'vitest';
import { until } from '../support/until.js';
import { type Cli, isAlive, linesOf, type Tenure, test } from './cli.js';

/** For a lease that is to run out: long enough for processes that compete for two cores. */
const LEASE = ['--lease', '6s'];
/** For one that is not: patient with a machine that is slow to answer, and soon closed. */
const PATIENT = ['--lease', '30s', '--heartbeat', '2s', '--grace', '8s'];
/** How long to wait for what takes a lease and the start of a process or two. */
const LONG = { limitMs: 90_000 };

/** Writes down its candidate and term, and runs until it is ended. */
const WORKER = 'echo "$TENURE_CANDIDATE $TENURE_TERM $$" >> "$FILE"; exec sleep 1000';
/** The same, with a grandchild; neither listens to SIGTERM. */
const STUBBORN = `trap '' TERM; sleep 1000 & echo "$TENURE_CANDIDATE $TENURE_TERM $$ $!" >> "$FILE"; wait; sleep 1000`;
/** Writes down every 5 ms that it is alive: what is written can be compared, for all share the host's clock. */
const TICKER = `
  const { appendFileSync } = require('node:fs');
  process.on('SIGTERM', () => {});
  const { FILE, TENURE_TERM } = process.env;
  appendFileSync(FILE + '.pids', process.pid + '\\n');
  setInterval(() => appendFileSync(FILE, TENURE_TERM + ' ' + process.hrtime.bigint() / 1000n + '\\n'), 5);
`;

interface Run {
  readonly candidate: string;
  readonly term: number;
  readonly pids: number[];
}

/** The runs of the commands above, in their order. */
const runsIn = (file: string): Run[] =>
  linesOf(file).map((line) => {
    const [candidate = '', term, ...pids] = line.split(' ');
    return { candidate, term: Number(term), pids: pids.map(Number) };
  });

const runAfter = (file: string, term: number): Promise<Run> =>
  until(`a run after term ${term}`, () => runsIn(file).find((run) => run.term > term), LONG);

function stand(cli: Cli, name: string, id: string, command: string[], options: string[] = PATIENT): Tenure {
  return cli.start(['run', name, '--id', id, ...options, '--', ...command], { env: { FILE: cli.file('runs') } });
}

const shell = (script: string) => ['sh', '-c', script];
const gone = (pids: number[]) => until(`${pids} gone`, () => !pids.some(isAlive), LONG);

describe.concurrent('tenure run', () => {
  test('runs the command with the term in its environment, its input and its output', async ({ cli, scene }) => {
    const script = 'read line; echo "$line $TENURE_ELECTION $TENURE_TERM $TENURE_CANDIDATE $TENURE_TABLE"; exit 7';
    const args = ['run', scene.name, '--once', '--id', 'ada', ...PATIENT, '--', ...shell(script)];
    const { code, out, err } = await cli.run(args, { input: 'hello\n' });
    expect(out).toBe(`hello ${scene.name} 1 ada ${scene.table.tableName}\n`);
    expect(code).toBe(7);
    expect(err).toContain('is elected: term 1');
    expect(err).toContain('ended with exit code 7');
    expect((await scene.item())?.reason?.S).toBe('resigned');
  });

  test('what the command did not set aside is not in its environment', async ({ cli, scene }) => {
    const script = 'echo "[$AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED]"';
    const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: undefined };
    const { out } = await cli.run(['run', scene.name, '--once', ...PATIENT, '--', ...shell(script)], { env });
    expect(out).toBe('[]\n');
  });

  test("a command's signal is reported as a shell does", async ({ cli, scene }) => {
    const { code } = await cli.run(['run', scene.name, '--once', ...PATIENT, '--', ...shell('kill -KILL $$')]);
    expect(code).toBe(128 + 9);
  });

  test('a command that is not there is refused before the process campaigns', async ({ cli, scene }) => {
    const commands = ['no-such-command', `${cli.file('.')}/nothing`, '/etc/passwd'];
    const runs = commands.map((command) => cli.run(['run', scene.name, '--', command]));
    const [missing, folder, notExecutable] = await Promise.all(runs);
    expect(missing).toMatchObject({ code: 127, err: expect.stringContaining('"no-such-command" was not found') });
    expect(folder?.code).toBe(127);
    expect(notExecutable?.code).toBe(126);
    expect(await scene.item()).toBeUndefined();
  });

  test('timings that cannot be are refused with the sum', async ({ cli, scene }) => {
    const { code, err } = await cli.run(['run', scene.name, '--lease', '3s', '--grace', '3s', '--', 'true']);
    expect(code).toBe(2);
    expect(err).toContain('cannot survive one lost heartbeat');
    const wrong = [
      ['--lease', 'long'],
      ['--grace', '-1'],
      ['--priority', 'high'],
      ['--on-lost', 'weep'],
      ['--succession', 'eldest'],
    ].map((option) => cli.run(['run', scene.name, ...option, '--', 'true']));
    for (const refused of await Promise.all(wrong)) expect(refused.code).toBe(2);
  });

  test('kill -9 of the leader: its whole group is gone, and another leads within the lease', async ({ cli, scene }) => {
    const file = cli.file('runs');
    const ada = stand(cli, scene.name, 'ada', shell(STUBBORN), LEASE);
    const first = await runAfter(file, 0);
    const ben = stand(cli, scene.name, 'ben', shell(STUBBORN), LEASE);
    await ben.says('stands for');
    ada.kill('SIGKILL');
    await gone(first.pids);
    const second = await runAfter(file, first.term);
    expect([first.candidate, second.candidate]).toEqual(['ada', 'ben']);
    expect(second.term).toBe(2);
    expect(second.pids.every(isAlive)).toBe(true);
    ben.kill('SIGKILL');
    await gone(second.pids);
  });

  test('SIGTERM: the command gets its time, and the office is given back', async ({ cli, scene }) => {
    const script = `trap 'echo bye; exit 3' TERM; echo here; while :; do sleep 0.05; done`;
    const ada = stand(cli, scene.name, 'ada', shell(script), PATIENT);
    await ada.says('here', 'out');
    ada.kill('SIGTERM');
    const { code, out, err } = await ada.ended;
    expect(out).toBe('here\nbye\n');
    expect(err).toContain('has ended in its time');
    expect(code).toBe(0);
    expect((await scene.item())?.reason?.S).toBe('resigned');
  });

  test('a second SIGTERM kills the command at once', async ({ cli, scene }) => {
    const file = cli.file('runs');
    const ada = stand(cli, scene.name, 'ada', shell(STUBBORN), ['--lease', '60s']);
    const { pids } = await runAfter(file, 0);
    ada.kill('SIGTERM');
    await ada.says('ends where the next heartbeat');
    ada.kill('SIGTERM'); // long before the next heartbeat's place
    expect((await ada.ended).code).toBe(128 + 15);
    await gone(pids);
    expect((await scene.item())?.reason?.S).toBe('resigned');
  });

  test('a standby ends at SIGINT', async ({ cli, scene }) => {
    const ada = stand(cli, scene.name, 'ada', shell(WORKER));
    await runAfter(cli.file('runs'), 0);
    const ben = stand(cli, scene.name, 'ben', shell(WORKER));
    await ben.says('stands for');
    ben.kill('SIGINT');
    expect((await ben.ended).code).toBe(0);
    expect(runsIn(cli.file('runs'))).toHaveLength(1);
    ada.kill('SIGTERM');
    expect((await ada.ended).code).toBe(0);
  });

  test('signals of its own reach the command', async ({ cli, scene }) => {
    const script = `trap 'echo one; exit 0' USR1; echo here; while :; do sleep 0.05; done`;
    const ada = stand(cli, scene.name, 'ada', shell(script), [...PATIENT, '--once']);
    await ada.says('here', 'out');
    ada.kill('SIGUSR1');
    const { code, out } = await ada.ended;
    expect({ code, out }).toEqual({ code: 0, out: 'here\none\n' });
  });

  test('revoked by the command line: a group that ignores SIGTERM is killed, and it stands again', async ({
    cli,
    scene,
  }) => {
    const file = cli.file('runs');
    const ada = stand(cli, scene.name, 'ada', shell(STUBBORN), LEASE);
    const first = await runAfter(file, 0);
    const revoked = await cli.run(['revoke', scene.name, '--term', '1', '--yes']);
    expect(revoked.code).toBe(0);
    await ada.says('(revoked)');
    await gone(first.pids);
    await ada.says('the command was killed');
    const second = await runAfter(file, 1);
    expect(second.candidate).toBe('ada');
    ada.kill('SIGTERM');
    expect((await ada.ended).code).toBe(0);
    await gone(second.pids);
  });

  test('--on-lost exit ends with 75', async ({ cli, scene }) => {
    const file = cli.file('runs');
    const ada = stand(cli, scene.name, 'ada', shell(WORKER), [...PATIENT, '--on-lost', 'exit']);
    const { pids } = await runAfter(file, 0);
    expect((await cli.run(['resign', scene.name])).code).toBe(0);
    expect((await ada.ended).code).toBe(75);
    await gone(pids);
  });

  test('others of its group do not outlive the command', async ({ cli, scene }) => {
    const script = `sleep 1000 & echo "x 1 $!" >> "$FILE"; exit 0`;
    const ada = stand(cli, scene.name, 'ada', shell(script), [...PATIENT, '--once']);
    const { code, err } = await ada.ended;
    expect(code).toBe(0);
    expect(err).toContain('left others of its group behind');
    await gone(runsIn(cli.file('runs'))[0]!.pids);
  });

  test('SIGSTOP beyond the lease: the command is dead before the next one runs', async ({ cli, scene }) => {
    const file = cli.file('runs');
    const ticker = [process.execPath, '-e', TICKER];
    const ada = stand(cli, scene.name, 'ada', ticker, LEASE);
    await until('ada works', () => linesOf(file).length > 0, LONG);
    const ben = stand(cli, scene.name, 'ben', ticker, LEASE);
    await ben.says('stands for');
    ada.kill('SIGSTOP');
    await until('ben works', () => linesOf(file).some((line) => line.startsWith('2 ')), LONG);
    const [first] = linesOf(`${file}.pids`).map(Number);
    expect(isAlive(first!)).toBe(false); // its parent stands still: the deadline enforcer has killed it
    ada.kill('SIGCONT');
    await ada.says('term 1 is over');
    ben.kill('SIGTERM');
    await ben.ended;
    const marks = linesOf(file).map((line) => line.split(' ').map(Number) as [number, number]);
    const lastOfAda = Math.max(...marks.filter(([term]) => term === 1).map(([, at]) => at));
    const firstOfBen = Math.min(...marks.filter(([term]) => term === 2).map(([, at]) => at));
    expect(lastOfAda).toBeLessThan(firstOfBen);
  });

  test('events as JSON lines, on standard error', async ({ cli, scene }) => {
    const { err, out } = await cli.run(['run', scene.name, '--json', '--once', ...PATIENT, '--', 'echo', 'x']);
    expect(out).toBe('x\n');
    const events = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['stands', 'elected', 'serves', 'command ended']);
    expect(events.at(-1)).toMatchObject({ term: 1, exitCode: 0, election: scene.name });
  });
});
