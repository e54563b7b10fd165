/**
 * One term in office: starts the command, keeps the warden's deadline with each heartbeat, and ends the command when the
 * leadership does, before anybody else may lead.
 */
import type { Election, Leadership, LostReason } from '../../index.js';
import { isTenureError } from '../../lease/errors.js';
import { givenEnvironment } from '../quiet-sdk.js';
import { type Ended, Group } from './group.js';
import { type Deadline, deadlineIn, type Guard, leftUntil } from './guard.js';

/** What the command is, and what it is granted. */
export interface Service {
  readonly command: readonly string[];
  readonly tableName: string;
  /** Between SIGTERM and SIGKILL, in ms. */
  readonly graceMs: number;
  /** How long before the lease's end SIGKILL is sent, in ms; the warden sends it after half of that. */
  readonly killMs: number;
}

/** How a term in office went: the command ended by itself, or was ended with its leadership. */
export type Served = { readonly ended: Ended } | { readonly lost: LostReason; readonly killed: boolean };

export class Officer {
  #group: Group | undefined;
  #deadline: Deadline | undefined;
  #deadOffice = false;

  constructor(
    private readonly election: Election,
    private readonly guard: Guard,
    private readonly service: Service,
  ) {
    election.on('office', ({ dead }) => {
      this.#deadOffice = dead;
    });
  }

  /** To the command, if one runs. */
  pass(signal: NodeJS.Signals): void {
    this.#group?.signalCommand(signal);
  }

  /** Ends the command at once. */
  kill(): void {
    this.#group?.signal('SIGKILL');
  }

  /** @param told is told what happens, in words */
  async serve(leadership: Leadership, told: (sentence: string) => void): Promise<Served> {
    const group = new Group(this.service.command, this.#environment(leadership.term));
    this.#group = group;
    const forgetRhythm = this.election.on('heartbeat', () => this.#keepDeadline(group, leadership));
    try {
      // Not before the warden watches over it; without one, nothing is run.
      await Promise.race([this.#keepDeadline(group, leadership), aborted(leadership.signal)]);
      if (!leadership.signal.aborted) {
        told(`runs ${this.service.command[0]} (process ${group.pid})`);
        group.go();
      }
      return await this.#untilTheEnd(group, leadership, told);
    } finally {
      forgetRhythm();
      this.guard.release();
      this.#group = undefined;
    }
  }

  async #untilTheEnd(group: Group, leadership: Leadership, told: (sentence: string) => void): Promise<Served> {
    const over = aborted(leadership.signal);
    const first = await Promise.race([group.ended, over]);
    // The signal looks at the clock: a command that the warden has killed in the meantime has not ended by itself.
    if (first !== undefined && !leadership.signal.aborted) {
      if (group.isThere()) {
        told('the command has ended and left others of its group behind: they are ended too');
        await group.end(this.service.graceMs);
      }
      return { ended: first };
    }
    const lost = reasonOf(leadership);
    const graceMs = this.#graceMs(leadership, lost);
    told(
      `the leadership ends (${lost}): ${graceMs > 0 ? `SIGTERM, and SIGKILL after ${Math.round(graceMs)} ms` : 'SIGKILL'}`,
    );
    const killed = await group.end(graceMs);
    return { lost, killed };
  }

  /** What the command has for its own end: less than what is left of the lease, for nobody else may lead until then. */
  #graceMs(leadership: Leadership, lost: LostReason): number {
    const { graceMs, killMs } = this.service;
    const left = leadership.remainingMs();
    if (left > 0) return Math.max(0, Math.min(graceMs, left - killMs));
    // Of a revoked term the lease is still waited out, unless its holder was taken for dead.
    if (lost !== 'revoked' || this.#deadOffice || this.#deadline === undefined) return 0;
    return Math.max(0, Math.min(graceMs, leftUntil(this.#deadline) - killMs / 2));
  }

  async #keepDeadline(group: Group, leadership: Leadership): Promise<void> {
    const left = leadership.remainingMs();
    if (left <= 0) return;
    this.#deadline = deadlineIn(left - this.service.killMs / 2);
    await this.guard.watch(group.pid, this.#deadline);
  }

  #environment(term: number): NodeJS.ProcessEnv {
    return {
      ...givenEnvironment(),
      TENURE_ELECTION: this.election.name,
      TENURE_TABLE: this.service.tableName,
      TENURE_CANDIDATE: this.election.id,
      TENURE_TERM: String(term),
    };
  }
}

function reasonOf({ signal }: Leadership): LostReason {
  const { reason } = signal;
  return isTenureError(reason) ? (reason.details.reason as LostReason) : 'expired';
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
