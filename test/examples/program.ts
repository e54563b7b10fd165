/** An example as a real process: what it prints, and its end. It goes when the tests go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineEnv } from '../../lib/local/engine.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const running = new Set<ChildProcess>();

export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Standard output and standard error, as they came. */
  output = '';

  /** @param file below `examples/` */
  constructor(file: string, endpoint: string, env: Record<string, string>) {
    const child = spawn(process.execPath, ['--import', 'tsx', `${ROOT}examples/${file}`], {
      cwd: ROOT,
      env: { ...process.env, ...engineEnv(endpoint), ...env },
    });
    this.child = child;
    endWithParent(child);
    running.add(child);
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** The lines of JSON that it has printed. */
  lines<T>(): T[] {
    const whole = this.output.slice(0, this.output.lastIndexOf('\n') + 1).split('\n');
    return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as T);
  }

  /** Waits for its first line of JSON that passes. A process that ended has nothing more to say. */
  line<T>(what: string, passes: (line: T) => boolean): Promise<T> {
    return until(what, () => this.lines<T>().find(passes)).catch((error: Error) => {
      throw new Error(`${error.message}\nit printed:\n${this.output}`, { cause: error });
    }) as Promise<T>;
  }
}

/** For `afterEach`: no process outlives its test, stopped ones included. */
export async function endPrograms(): Promise<void> {
  const children = [...running];
  for (const child of children) child.kill('SIGKILL');
  await until('the examples end', () => children.every((child) => !running.has(child)));
}
