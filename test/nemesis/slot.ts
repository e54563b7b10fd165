/**
 * One place for a process of candidates: whoever sits there has its id, its elections, its proxy and its clock. Usually
 * that is one process; sometimes one that was stopped comes back and finds another in its place.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { engineEnv } from '../../lib/local/client.js';
import { tie } from '../../lib/local/reaper.js';
import { tailOf } from '../../lib/local/server.js';
import { type Fake, sweep } from './clocks.js';
import { hrNow } from './host-clock.js';
import type { Order, Report, Task } from './messages.js';

const TAIL_CHARS = 4_000;
/** A process on a busy machine starts, and ends, within this. */
const PATIENCE_MS = 60_000;

/** One process, from its start to its end. */
export class Runner {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  /** What it is called in findings: its id, and which of its id it is. */
  readonly name: string;
  mayEnd = false;
  #said = '';

  constructor(
    readonly slot: Slot,
    nth: number,
  ) {
    const { program, endpoint, task, fake } = slot.options;
    this.name = `${task.id}/${nth}`;
    const settings: Task = { ...task, clock: fake.task, seed: task.seed + nth };
    const began = hrNow();
    this.process = spawn(process.execPath, [program, JSON.stringify(settings)], {
      // Ctrl-C in the terminal is for the nemesis, which ends them itself.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...engineEnv(endpoint), ...fake.env },
    });
    tie(this.process);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-TAIL_CHARS);
      });
    }
    this.ready = new Promise((resolve) => {
      this.process.on('message', (reports: Report[]) => {
        for (const report of reports) {
          if (report.is === 'ready') {
            this.#compare(report.at, began);
            resolve();
          } else slot.options.told(this, report);
        }
      });
      this.process.once('exit', (code, signal) => {
        resolve();
        sweep(this.process.pid);
        if (this.mayEnd) return;
        slot.options.ended(
          this,
          `${this.name} ended by itself (${signal ?? `exit code ${code}`}). ${tailOf(this.#said)}`,
        );
      });
      this.process.once('error', (error) => {
        resolve();
        slot.options.failed(`${this.name} could not be started: ${error.message}`);
      });
    });
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  order(order: Order): void {
    if (this.process.connected) this.process.send(order, () => {});
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process.kill(signal);
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.mayEnd = true;
    if (!this.isAlive || this.process.pid === undefined) return;
    const exit = once(this.process, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) });
    this.process.kill(signal);
    await exit.catch(() => this.slot.options.failed(`${this.name} did not end within ${PATIENCE_MS} ms of ${signal}.`));
  }

  /** A clock that is not the host's would make every comparison worthless. */
  #compare({ least, most }: { least: number; most: number }, began: number): void {
    if (least <= hrNow() && most >= began) return;
    this.slot.options.failed(`the clock of ${this.name} is not the host's: ${least} to ${most}, and it is ${hrNow()}.`);
  }
}

export interface SlotOptions {
  readonly program: string;
  readonly endpoint: string;
  readonly task: Omit<Task, 'clock'>;
  readonly fake: Fake;
  readonly told: (runner: Runner, report: Report) => void;
  /** Told of a process that ended though nobody had asked it to. */
  readonly ended: (runner: Runner, sentence: string) => void;
  readonly failed: (sentence: string) => void;
}

export class Slot {
  runner: Runner;
  readonly #all = new Set<Runner>();
  #nth = 0;

  constructor(readonly options: SlotOptions) {
    this.runner = this.startAnother();
  }

  /** Seats another process under the same id, whatever has become of the last one. */
  startAnother(): Runner {
    for (const old of this.#all) if (!old.isAlive) this.#all.delete(old);
    this.#nth += 1;
    this.runner = new Runner(this, this.#nth);
    this.#all.add(this.runner);
    return this.runner;
  }

  /** Kills all that ever sat here. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((runner) => runner.kill()));
  }
}
