/**
 * One place for a process of candidates: each process in it has its id, its elections, its proxy and its clock. Usually
 * that is one process; sometimes one that was stopped comes back while another runs under its id.
 */
import { hostMs } from '../../lib/local/host-clock.js';
import { SupervisedProcess } from '../../lib/local/supervised-process.js';
import { type Fake, sweep } from './clocks.js';
import type { Order, Report, Task } from './messages.js';

/** A process on a busy machine ends within this time. */
const END_LIMIT_MS = 60_000;

/** One process of candidates, from its start to its end. */
export class Runner {
  /** Its id, and which process of that id it is: the name in findings. */
  readonly name: string;
  readonly process: SupervisedProcess<readonly Report[], Order>;
  /** Resolves when it has reported for the first time, or has ended. */
  readonly ready: Promise<void>;

  constructor(
    readonly slot: Slot,
    nth: number,
  ) {
    const { program, endpoint, task, fake, onReport, onUnexpectedExit, onFailure } = slot.options;
    this.name = `${task.id}/${nth}`;
    const settings: Task = { ...task, clock: fake.task, seed: task.seed + nth };
    const began = hostMs();
    let beReady = () => {};
    this.ready = new Promise((resolve) => {
      beReady = resolve;
    });
    this.process = new SupervisedProcess({
      program,
      task: settings,
      endpoint,
      env: fake.env,
      onReport: (reports) => {
        for (const report of reports) {
          if (report.is === 'ready') {
            this.#compareClocks(report.at, began);
            beReady();
          } else onReport(this, report);
        }
      },
      onExit: ({ code, signal }) => {
        beReady();
        const { pid, endRequested, lastOutput } = this.process;
        if (pid === 0) return; // it could not be started
        sweep(pid);
        const how = signal ?? `exit code ${code}`;
        if (!endRequested) onUnexpectedExit(this, `${this.name} ended by itself (${how}). ${lastOutput}`);
      },
      onError: ({ message }) => onFailure(`${this.name} could not be started: ${message}`),
    });
  }

  /** Ends it; one that does not end in time is a failure of the run. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const late = AbortSignal.timeout(END_LIMIT_MS);
    const tooLate = new Promise<'late'>((resolve) => late.addEventListener('abort', () => resolve('late')));
    if ((await Promise.race([this.process.end(signal), tooLate])) !== 'late') return;
    this.slot.options.onFailure(`${this.name} did not end within ${END_LIMIT_MS} ms of ${signal}.`);
  }

  /** A clock that is not the host's would make every comparison worthless. */
  #compareClocks({ least, most }: { least: number; most: number }, began: number): void {
    const now = hostMs();
    if (least <= now && most >= began) return;
    this.slot.options.onFailure(`the clock of ${this.name} is not the host's: ${least} to ${most}, and it is ${now}.`);
  }
}

export interface SlotOptions {
  readonly program: string;
  readonly endpoint: string;
  readonly task: Omit<Task, 'clock'>;
  readonly fake: Fake;
  readonly onReport: (runner: Runner, report: Report) => void;
  /** Called when a process ends that was not asked to. */
  readonly onUnexpectedExit: (runner: Runner, sentence: string) => void;
  readonly onFailure: (sentence: string) => void;
}

export class Slot {
  runner: Runner;
  readonly #all = new Set<Runner>();
  #nth = 0;

  constructor(readonly options: SlotOptions) {
    this.runner = this.startAnother();
  }

  /** Starts another process under the same id, whatever has become of the last one. */
  startAnother(): Runner {
    for (const old of this.#all) if (!old.process.isAlive) this.#all.delete(old);
    this.#nth += 1;
    this.runner = new Runner(this, this.#nth);
    this.#all.add(this.runner);
    return this.runner;
  }

  /** Kills all processes of this place. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((runner) => runner.end()));
  }
}
