/** Starts the deadline enforcer, sends it the deadlines, and starts another one if it was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hostMs } from '../../local/host-clock.js';

/** The program beside this file: `.js` where it was built, `.ts` in the sources. */
const PROGRAM = fileURLToPath(
  new URL(`./deadline-enforcer${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Where it cannot run, it is not started again and again without a pause. */
const AGAIN_AFTER_MS = 200;

/** A message to the enforcer, in a line of JSON. It answers with `n`. */
export interface DeadlineOrder {
  readonly n: number;
  /** The process group. Without one, nothing is enforced. */
  readonly group?: number;
  /** When the group has to be dead, by the host's monotonic clock and by its wall clock, in ms: whichever comes first. */
  readonly mono?: number;
  readonly wall?: number;
}

/** Until when a group may run, on both clocks: the monotonic one stands still while the machine is suspended. */
export interface Deadline {
  readonly mono: number;
  readonly wall: number;
}

export const deadlineIn = (ms: number): Deadline => ({ mono: hostMs() + ms, wall: Date.now() + ms });
/** What is left until then, by the clock that is further on. */
export const leftUntil = ({ mono, wall }: Deadline): number => Math.min(mono - hostMs(), wall - Date.now());

export class DeadlineEnforcerClient {
  #process: ChildProcess | undefined;
  #order: DeadlineOrder = { n: 0 };
  #waiting: { n: number; acknowledged: () => void }[] = [];
  #closed = false;

  /** Starts the process, so that it is there before it is needed. */
  start(): void {
    // Detached: Ctrl-C in the terminal is for this process.
    const enforcer = spawn(process.execPath, [...process.execArgv, PROGRAM], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process = enforcer;
    const again = () => {
      if (this.#process !== enforcer || this.#closed) return;
      this.#process = undefined;
      setTimeout(() => this.#closed || this.start(), AGAIN_AFTER_MS).unref();
    };
    enforcer.on('exit', again);
    enforcer.on('error', again);
    enforcer.stdin.on('error', () => {}); // its exit is handled above
    createInterface({ input: enforcer.stdout }).on('line', (line) => this.#acknowledge(Number(line)));
    enforcer.unref();
    for (const stream of [enforcer.stdin, enforcer.stdout]) (stream as unknown as { unref(): void }).unref();
    if (this.#order.n > 0) this.#send(this.#order);
  }

  /** Has the group killed at the deadline. Resolves when the process has acknowledged it. */
  enforce(group: number, { mono, wall }: Deadline): Promise<void> {
    const n = this.#order.n + 1;
    this.#order = { n, group, mono, wall };
    const acknowledged = new Promise<void>((resolve) => this.#waiting.push({ n, acknowledged: resolve }));
    this.#send(this.#order);
    return acknowledged;
  }

  /** The group has ended: its number may soon be that of another. */
  release(): void {
    this.#order = { n: this.#order.n + 1 };
    this.#send(this.#order);
  }

  close(): void {
    this.#closed = true;
    this.#process?.stdin?.end();
  }

  #send(order: DeadlineOrder): void {
    if (this.#process?.stdin?.writable) this.#process.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #acknowledge(n: number): void {
    for (const waiting of this.#waiting) if (waiting.n <= n) waiting.acknowledged();
    this.#waiting = this.#waiting.filter((waiting) => waiting.n > n);
  }
}
