/** Children live no longer than their parent, shown with a real parent, a real engine, and real signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../lib/local/package-root.js';
import { until } from '../support/until.js';
import { afterwards, eachOnItsOwn, isDead, isGone, PATIENT_MS, tablesAt } from './helpers.js';

eachOnItsOwn();

describe('life and death', () => {
  /** A parent of its own, that starts an engine, says where, and does what `then` says. */
  const parent = async (then: string) => {
    const source = `
      import { startEngine } from ${JSON.stringify(`${packageRoot()}/lib/local/engine.ts`)};
      const engine = await startEngine({ engine: 'dynoxide' });
      console.log(JSON.stringify({ pid: engine.pid, endpoint: engine.endpoint }));
      ${then}`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      cwd: packageRoot(),
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    afterwards(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const engine = JSON.parse((await lines.next()).value) as { pid: number; endpoint: string };
    afterwards(() => isGone(engine.pid) || process.kill(engine.pid, 'SIGKILL'));
    return { child: child as ChildProcess & { pid: number }, exit, lines, ...engine };
  };

  test.each(['running', 'stopped by SIGSTOP'])(
    'an engine that is %s dies with its parent, even by SIGKILL',
    { timeout: PATIENT_MS },
    async (state) => {
      const { child, pid, endpoint } = await parent('setInterval(() => {}, 60_000);');
      expect(await tablesAt(endpoint)).toEqual([]);
      if (state !== 'running') process.kill(pid, 'SIGSTOP');
      child.kill('SIGKILL');
      await until('the endpoint to be dead', () => isDead(endpoint));
    },
  );

  test('an engine keeps no program alive that has ended', { timeout: PATIENT_MS }, async () => {
    const { exit, endpoint } = await parent('');
    expect(await exit).toEqual([0, null]);
    await until('the endpoint to be dead', () => isDead(endpoint));
  });

  test('stop works as the last act of a program', { timeout: PATIENT_MS }, async () => {
    const { exit, lines } = await parent(`await engine.stop(); console.log('stopped');`);
    expect((await lines.next()).value).toBe('stopped');
    expect(await exit).toEqual([0, null]);
  });

  test('Ctrl-C reaches the program, not its engine', { timeout: PATIENT_MS }, async () => {
    const then = `process.on('SIGINT', () => console.log('interrupted')); setInterval(() => {}, 60_000);
      console.log('ready');`;
    const { child, lines, endpoint } = await parent(then);
    expect((await lines.next()).value).toBe('ready');
    // What a terminal does: the signal goes to the whole process group.
    process.kill(-child.pid, 'SIGINT');
    expect((await lines.next()).value).toBe('interrupted');
    expect(await tablesAt(endpoint)).toEqual([]);
  });
});
