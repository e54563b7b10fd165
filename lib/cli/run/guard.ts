/** The warden's other end: starts it, tells it what to watch, and starts another where somebody killed it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hostMs, type Order } from './orders.js';

/** The program beside this file: `.js` where it was built, `.ts` in the sources. */
const PROGRAM = fileURLToPath(new URL(`./warden${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** No storm of wardens where none can live. */
const AGAIN_AFTER_MS = 200;

/** Until when a group may run: what was left of the lease, and the clocks when that was read. */
export interface Deadline {
  readonly mono: number;
  readonly wall: number;
}

export const deadlineIn = (ms: number): Deadline => ({ mono: hostMs() + ms, wall: Date.now() + ms });
/** What is left until then, by the clock that is further on. */
export const leftUntil = ({ mono, wall }: Deadline): number => Math.min(mono - hostMs(), wall - Date.now());

export class Guard {
  #warden: ChildProcess | undefined;
  #order: Order = { n: 0 };
  #waiting: { n: number; heard: () => void }[] = [];
  #closed = false;

  /** Starts the warden, so that it is there before it is needed. */
  start(): void {
    // Detached: Ctrl-C in the terminal is for this process.
    const warden = spawn(process.execPath, [...process.execArgv, PROGRAM], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#warden = warden;
    const again = () => {
      if (this.#warden !== warden || this.#closed) return;
      this.#warden = undefined;
      setTimeout(() => this.#closed || this.start(), AGAIN_AFTER_MS).unref();
    };
    warden.on('exit', again);
    warden.on('error', again);
    warden.stdin.on('error', () => {}); // its exit tells it as well
    createInterface({ input: warden.stdout }).on('line', (line) => this.#heard(Number(line)));
    warden.unref();
    for (const stream of [warden.stdin, warden.stdout]) (stream as unknown as { unref(): void }).unref();
    if (this.#order.n > 0) this.#send(this.#order);
  }

  /** Has the group killed at the deadline. Resolves when the warden has heard it. */
  watch(group: number, { mono, wall }: Deadline): Promise<void> {
    const n = this.#order.n + 1;
    this.#order = { n, group, mono, wall };
    const heard = new Promise<void>((resolve) => this.#waiting.push({ n, heard: resolve }));
    this.#send(this.#order);
    return heard;
  }

  /** The group is gone: its number may soon be another's. */
  release(): void {
    this.#order = { n: this.#order.n + 1 };
    this.#send(this.#order);
  }

  close(): void {
    this.#closed = true;
    this.#warden?.stdin?.end();
  }

  #send(order: Order): void {
    if (this.#warden?.stdin?.writable) this.#warden.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #heard(n: number): void {
    for (const waiting of this.#waiting) if (waiting.n <= n) waiting.heard();
    this.#waiting = this.#waiting.filter((waiting) => waiting.n > n);
  }
}
