/**
 * The command line as its users have it: built as it ships, and run by node as a process of its own. Whatever was started
 * is killed when the test ends, and what the commands left behind is seen.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineEnv } from '../../lib/local/engine.js';
import { type Scene, test as staged } from '../support/scene.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The built program, and the folder that it was built into: nothing else is removed afterwards. */
let built: { readonly folder: string; readonly program: string } | undefined;

/** Builds once for a test file, into a folder that is laid out as the package: a second or less. */
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tenure-cli-'));
  built = { folder, program: join(folder, 'dist/bin/tenure.js') };
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  cpSync(join(ROOT, 'lib/console/public'), join(folder, 'lib/console/public'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const parts = ['cli', 'console', 'election', 'http', 'lease', 'local', 'names', 'serverless', 'simulation'].map(
    (part) => `lib/${part}/**/*.ts`,
  );
  await build({
    entryPoints: ['bin/tenure.ts', 'lib/index.ts', ...parts].map((path) => join(ROOT, path)),
    outbase: ROOT,
    outdir: join(folder, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
});
afterAll(() => {
  if (built !== undefined) rmSync(built.folder, { recursive: true, force: true });
});

/** The built program. */
export const programPath = (): string => built!.program;

/** One call of `tenure`, under way. */
export class Tenure {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  out = '';
  err = '';

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, input?: string, program = built!.program) {
    this.child = spawn(process.execPath, [program, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    endWithParent(this.child);
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.child.stdin!.on('error', () => {});
    if (input !== undefined) this.child.stdin!.end(input);
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve({ code, signal, out: this.out, err: this.err }));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until it has said that; what has ended will not say it any more. */
  async says(text: string, where: 'out' | 'err' = 'err'): Promise<void> {
    const said = () => this[where].includes(text);
    const hasEnded = () => this.child.exitCode !== null || this.child.signalCode !== null;
    await until(`"${text}"`, () => said() || hasEnded(), { limitMs: 90_000 });
    if (!said()) await this.ended; // its last words may be on their way
    if (!said()) throw new Error(`It has ended and did not say "${text}", but: ${this.out}${this.err}`);
  }

  /** Kills it. What it should have ended and did not may hold its pipes: the test is to fail for that, not to hang. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    }
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** `tenure` on the scene's table. */
export class Cli {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tenure-cli-files-'));

  constructor(private readonly scene: Scene) {
    scene.afterwards(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  get env(): NodeJS.ProcessEnv {
    const { endpoint, tableName } = this.scene.table;
    const { NO_COLOR: _, ...env } = process.env;
    return { ...env, ...engineEnv(endpoint), TENURE_TABLE: tableName };
  }

  start(args: readonly string[], { env = {}, input }: { env?: NodeJS.ProcessEnv; input?: string } = {}): Tenure {
    const tenure = new Tenure(args, { ...this.env, ...env }, input);
    this.scene.afterwards(async () => {
      await tenure.stop();
    });
    return tenure;
  }

  async run(args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<Ended> {
    return this.start(args, { input: '', ...options }).ended;
  }

  /** A file of this test. */
  file(name: string): string {
    return join(this.#folder, name);
  }
}

export const test = staged.extend<{ stream: boolean; cli: Cli }>({
  stream: true,
  cli: async ({ scene }, use) => {
    await use(new Cli(scene));
  },
});

/** The lines of a file; none while it is not there. */
export function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Whether the process runs: what has ended and was not yet waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
