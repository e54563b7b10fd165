/** The clients that users copy, as processes of a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import type { Scene } from '../support/scene.js';
import { until } from '../support/until.js';

/** The path of a client. */
export const file = (name: string) => fileURLToPath(new URL(`../../examples/http/${name}`, import.meta.url));
const LEASE_MS = '3000';

/** A client that runs. */
interface Process {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

/** Starts a program, and ends it with the test. */
export function run(scene: Scene, command: string, args: string[], env: Record<string, string> = {}): Process {
  const child = spawn(command, args, {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', LEASE_MS, STEP_S: '0.2', ...env },
    detached: true, // a group of its own, so that a shell and its command end together
  });
  endWithParent(child);
  scene.afterwards(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // it has ended
    }
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, output: () => output, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

/** A folder that goes with the test. */
export function folder(scene: Scene): string {
  const path = mkdtempSync(join(tmpdir(), 'tenure-http-'));
  scene.afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Waits until it has said that. */
export const says = (one: Process, text: string | RegExp) =>
  until(`"${text}" from a process that said: ${one.output()}`, () => one.output().match(text), { limitMs: 60_000 });
