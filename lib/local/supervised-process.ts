/**
 * The one way to run a candidate as a process of its own: it is given its task as its only argument, reports by Node's IPC
 * channel (a line of JSON for each message), and takes orders. It can be stopped, continued, ended in order and killed,
 * and it never outlives this process. The child's side is `supervisor-channel.ts`.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { engineEnv } from './client.js';
import { endWithParent } from './end-with-parent.js';
import { tailOf } from './engine-server.js';

const OUTPUT_KEPT_CHARS = 4_000;

/** Both null: it could not be started at all. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SupervisedProcessOptions<Report> {
  /** JavaScript, or TypeScript, which tsx then translates. */
  readonly program: string;
  /** Its only argument, as JSON. */
  readonly task: unknown;
  /** The engine that a plain `new DynamoDBClient({})` of the process reaches. */
  readonly endpoint: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it writes by itself: kept for {@link SupervisedProcess.lastOutput} (default), or not. */
  readonly output?: 'keep' | 'ignore' | 'show errors';
  readonly onReport: (report: Report) => void;
  /** Called once. A process that could not be started has exited too. */
  readonly onExit?: (exit: Exit) => void;
  /** Called if it cannot be started, or cannot be signalled. Default: ignored. */
  readonly onError?: (error: Error) => void;
}

const STDIO: Readonly<Record<'keep' | 'ignore' | 'show errors', StdioOptions>> = {
  keep: ['ignore', 'pipe', 'pipe', 'ipc'],
  ignore: ['ignore', 'ignore', 'ignore', 'ipc'],
  'show errors': ['ignore', 'ignore', 'inherit', 'ipc'],
};

export class SupervisedProcess<Report, Order> {
  /** Resolves when it has exited, after `onExit` was called. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #exit: Exit | undefined;
  #isPaused = false;
  #endRequested = false;
  #output = '';

  constructor({ program, task, endpoint, env, output = 'keep', ...on }: SupervisedProcessOptions<Report>) {
    this.#child = spawn(process.execPath, [...loaderOf(program), program, JSON.stringify(task)], {
      // Ctrl-C in the terminal is for this process, which then ends its children itself.
      detached: true,
      stdio: STDIO[output],
      env: { ...process.env, ...engineEnv(endpoint), ...env },
    });
    endWithParent(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_KEPT_CHARS);
      });
    }
    this.#child.on('message', (report) => on.onReport(report as Report));
    this.exited = new Promise((resolve) => {
      const exit = (code: number | null, signal: NodeJS.Signals | null) => {
        if (this.#exit !== undefined) return;
        this.#exit = { code, signal };
        this.#isPaused = false;
        on.onExit?.(this.#exit);
        resolve(this.#exit);
      };
      this.#child.once('exit', exit);
      this.#child.on('error', (error) => {
        on.onError?.(error);
        if (this.#child.pid === undefined) exit(null, null);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#exit === undefined;
  }

  /** How it ended; undefined while it is alive. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** True once {@link end} was called: any other exit is a failure of the process. */
  get endRequested(): boolean {
    return this.#endRequested;
  }

  /** The last that it wrote to its own output, in a sentence. */
  get lastOutput(): string {
    return tailOf(this.#output);
  }

  /** Sent to the process; dropped if that has gone. */
  send(order: Order): void {
    if (this.#child.connected) this.#child.send(order as object, () => {});
  }

  /** SIGSTOP: it stands still, as in a suspended machine. */
  pause(): void {
    if (!this.isAlive || this.#isPaused) return;
    this.#isPaused = true;
    this.#kill('SIGSTOP');
  }

  /** SIGCONT: it continues where it was. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#kill('SIGCONT');
  }

  /** Ends it, and resolves when it has exited: SIGKILL at once, or SIGTERM for an end in order. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<Exit> {
    this.#endRequested = true;
    if (this.#exit !== undefined) return this.#exit;
    // A stopped process receives SIGTERM only once it is continued.
    if (signal === 'SIGTERM') this.resume();
    this.#kill(signal);
    return this.exited;
  }

  /** Until it is reported that it could not be started, its pid may be 0: a signal to that goes to this very process group. */
  #kill(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && this.#child.pid > 0) this.#child.kill(signal);
  }
}

/** Programs run from the sources as from a build. */
function loaderOf(program: string): string[] {
  if (!program.endsWith('.ts')) return [];
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}
