/** Other programs, run from here: their output is kept, and as many run side by side as there are cores. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export const CORES = availableParallelism();

export interface Ran {
  readonly code: number;
  /** What it wrote to both outputs. */
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program to its end. What cannot be started at all has code -1. */
export function run(program: string, args: readonly string[], options: { cwd?: string } = {}): Promise<Ran> {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    const end = (code: number) => resolve({ code, output, seconds: (performance.now() - began) / 1000 });
    child.on('error', (error) => {
      output += error.message;
      end(-1);
    });
    child.on('close', (code) => end(code ?? -1));
  });
}

/**
 * How long this process and those that it waited for have kept a core busy: on a machine that is shared, the clock on the
 * wall says little. Undefined where the system does not say.
 */
export function coreSeconds(): number | undefined {
  try {
    const afterName = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)!;
    const ticks = afterName.split(' ').slice(11, 15).map(Number); // utime, stime, cutime, cstime
    return ticks.reduce((sum, n) => sum + n, 0) / 100;
  } catch {
    return undefined;
  }
}

/** Maps in order, `CORES` at a time. */
export async function sideBySide<T, R>(items: readonly T[], map: (item: T) => Promise<R>, most = CORES): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await map(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
