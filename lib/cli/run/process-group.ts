/** One run of the user's command: a process group of its own, which is signalled, and seen to have ended, as a whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../failure.js';

/**
 * The shell waits for a line on descriptor 3 before it becomes the command: until the deadline of its group is enforced. If
 * the line never comes, because the parent was killed in between, nothing is run.
 */
const GATE = 'read -r tenure_go <&3 && exec 3<&- && exec "$@"';
const POLL_EVERY_MS = 10;
/** SIGKILL takes no longer, except for processes that hang within the system: those are not waited for. */
const DEATH_MS = 1_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ProcessGroup {
  readonly pid: number;
  /** How the command itself ended; others of its group may go on. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @throws Error if not even the shell can be started */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn('/bin/sh', ['-c', GATE, 'tenure', ...command], {
      detached: true, // a process group, and a session, of its own
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env,
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      this.#child.once('error', reject);
    });
    this.ended.catch(() => {});
    this.pid = this.#child.pid ?? 0;
    this.#gate.on('error', () => {});
  }

  /** Lets the command begin. */
  go(): void {
    this.#gate.end('go\n');
  }

  /** To the whole group. */
  signal(signal: NodeJS.Signals): void {
    this.#kill(-this.pid, signal);
  }

  /** To the command alone. */
  signalCommand(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#kill(this.pid, signal);
  }

  /** Whether anything of the group is left. */
  isThere(): boolean {
    return this.#kill(-this.pid, 0);
  }

  /**
   * Ends the whole group: SIGTERM, and SIGKILL after the grace to what is left; SIGKILL at once without a grace. Resolves
   * when nothing is left.
   * @returns whether SIGKILL was needed
   */
  async end(graceMs: number): Promise<boolean> {
    if (graceMs > 0) {
      this.signal('SIGTERM');
      if (await this.#goneWithin(graceMs)) return false;
    }
    this.signal('SIGKILL');
    await this.#goneWithin(DEATH_MS);
    return true;
  }

  async #goneWithin(ms: number): Promise<boolean> {
    for (const until = performance.now() + ms; this.isThere(); await sleep(POLL_EVERY_MS)) {
      if (performance.now() >= until) return false;
    }
    return true;
  }

  get #gate(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  #kill(pid: number, signal: NodeJS.Signals | 0): boolean {
    if (this.pid === 0) return false;
    try {
      return process.kill(pid, signal);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, under another user
    }
  }
}

/** As shells have it. */
export function exitCodeOf({ code, signal }: Ended): number {
  return code ?? EXIT.bySignal + (signal === null ? 0 : constants.signals[signal]);
}

export const howItEnded = ({ code, signal }: Ended): string =>
  signal === null ? `with exit code ${code}` : `by ${signal}`;
