/** The one way to run a candidate as a process: its task, reports and orders, pauses, ends, and what it leaves behind. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { packageRoot } from '../../lib/local/package-root.js';
import { type Exit, SupervisedProcess } from '../../lib/local/supervised-process.js';
import { until } from '../support/until.js';
import { afterwards, eachOnItsOwn, isGone, PATIENT_MS, tempFolder } from './helpers.js';

eachOnItsOwn();
afterEach(() => vi.restoreAllMocks());

/** Answers orders, reports its task and its engine first, and at SIGTERM what it was asked to. */
const PROGRAM = `
  import { givenTask, SupervisorChannel } from '${packageRoot()}/lib/local/supervisor-channel.ts';
  const channel = new SupervisorChannel();
  channel.report({ task: givenTask(), engine: process.env.AWS_ENDPOINT_URL_DYNAMODB, mark: process.env.MARK });
  channel.onOrder((order) => {
    if (order === 'crash') { console.error('its last words'); process.exit(3); }
    if (order === 'finish') channel.close();
    else channel.report({ echo: order });
  });
  channel.onEnd(() => { channel.report('ending'); channel.close(); });
`;

async function start(options: { program?: string; env?: Record<string, string> } = {}) {
  const program = options.program ?? join(await tempFolder(), 'program.ts');
  if (options.program === undefined) await writeFile(program, PROGRAM);
  const reports: unknown[] = [];
  const exits: Exit[] = [];
  const errors: Error[] = [];
  const child = new SupervisedProcess<unknown, string>({
    program,
    task: { id: 'ada', lease: 3_000 },
    endpoint: 'http://127.0.0.1:8000',
    env: options.env,
    onReport: (report) => reports.push(report),
    onExit: (exit) => exits.push(exit),
    onError: (error) => errors.push(error),
  });
  afterwards(() => child.end());
  return { child, reports, exits, errors };
}

const begun = ({ reports }: { reports: unknown[] }) => until('the first report', () => reports.length > 0);

test('is given its task, its engine and its environment, and answers orders', { timeout: PATIENT_MS }, async () => {
  const started = await start({ env: { MARK: 'x' } });
  const { child, reports } = started;
  await begun(started);
  expect(reports[0]).toEqual({ task: { id: 'ada', lease: 3_000 }, engine: 'http://127.0.0.1:8000', mark: 'x' });
  child.send('hello');
  await until('the answer', () => reports.length > 1);
  expect(reports[1]).toEqual({ echo: 'hello' });
  expect(child).toMatchObject({ isAlive: true, isPaused: false, endRequested: false, exit: undefined });
});

test('ends in order at SIGTERM, and by itself without its channel', { timeout: PATIENT_MS }, async () => {
  const [ended, finished] = [await start(), await start()];
  await Promise.all([begun(ended), begun(finished)]);
  expect(await ended.child.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(ended.reports.at(-1)).toBe('ending');
  expect(ended.child).toMatchObject({ isAlive: false, endRequested: true });
  finished.child.send('finish');
  expect(await finished.child.exited).toEqual({ code: 0, signal: null });
  expect(finished.child.endRequested).toBe(false);
  finished.child.send('too late'); // dropped
  expect(await finished.child.end()).toEqual({ code: 0, signal: null });
  expect(finished.exits).toHaveLength(1);
});

test('paused it does nothing; continued it goes on; SIGTERM continues it first', { timeout: PATIENT_MS }, async () => {
  const started = await start();
  const { child, reports } = started;
  await begun(started);
  child.pause();
  child.send('while paused');
  await sleep(200); // long beside a message: what is to be seen is that none comes
  expect(child.isPaused).toBe(true);
  expect(reports).toHaveLength(1);
  child.resume();
  await until('the answer', () => reports.length > 1);
  child.pause();
  expect(await child.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(child.isPaused).toBe(false);
});

test('one that crashes is distinguished from one that was ended, with its last output', {
  timeout: PATIENT_MS,
}, async () => {
  const [crashed, killed] = [await start(), await start()];
  await Promise.all([begun(crashed), begun(killed)]);
  crashed.child.send('crash');
  expect(await crashed.child.exited).toEqual({ code: 3, signal: null });
  await until('its output', () => crashed.child.lastOutput.includes('its last words'));
  expect(crashed.child.endRequested).toBe(false);
  killed.child.pause(); // SIGKILL also ends a stopped process
  expect(await killed.child.end()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(isGone(killed.child.pid)).toBe(true);
});

test('one that cannot be started has exited, and can be ended', async () => {
  vi.spyOn(process, 'execPath', 'get').mockReturnValue('/nonexistent/node');
  const { child, exits, errors } = await start({ program: '/nonexistent/program.js' });
  expect(await child.end()).toEqual({ code: null, signal: null });
  expect(exits).toEqual([{ code: null, signal: null }]);
  expect(errors[0]?.message).toContain('ENOENT');
  expect(child).toMatchObject({ isAlive: false, pid: 0 });
});
