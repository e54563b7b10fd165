/**
 * The user's command during a term: started when the term begins, with a deadline that each heartbeat extends, and ended
 * with the leadership, before any other candidate may lead.
 */
import type { Election, Leadership, LostReason } from '../../index.js';
import { isTenureError } from '../../lease/errors.js';
import { anySet } from '../../lease/latch.js';
import { givenEnvironment } from '../../local/quiet-sdk.js';
import { type Deadline, type DeadlineEnforcerClient, deadlineIn, leftUntil } from './deadline-enforcer-client.js';
import { type Ended, ProcessGroup } from './process-group.js';

/** The command, and the time that it has to end. */
export interface LeaderCommandOptions {
  readonly command: readonly string[];
  readonly tableName: string;
  /** Between SIGTERM and SIGKILL, in ms. */
  readonly graceMs: number;
  /** How long before the lease's end SIGKILL is sent, in ms; the enforcer sends it after half of that. */
  readonly killMs: number;
}

/** How the command ended: by itself, or with the leadership. */
export type CommandEnd = { readonly ended: Ended } | { readonly lost: LostReason; readonly killed: boolean };

export class LeaderCommand {
  #group: ProcessGroup | undefined;
  #deadline: Deadline | undefined;
  #wasDeclaredDead = false;

  constructor(
    private readonly election: Election,
    private readonly enforcer: DeadlineEnforcerClient,
    private readonly options: LeaderCommandOptions,
  ) {
    election.on('office', ({ dead }) => {
      this.#wasDeclaredDead = dead;
    });
  }

  /** To the command, if one runs. */
  forward(signal: NodeJS.Signals): void {
    this.#group?.signalCommand(signal);
  }

  /** Ends the command at once. */
  kill(): void {
    this.#group?.signal('SIGKILL');
  }

  /** Runs it for one term. @param note is called with what happens, in a sentence */
  async run(leadership: Leadership, note: (sentence: string) => void): Promise<CommandEnd> {
    const group = new ProcessGroup(this.options.command, this.#environment(leadership.term));
    this.#group = group;
    const stopListening = this.election.on('heartbeat', () => this.#keepDeadline(group, leadership));
    try {
      // Not before the deadline is enforced: otherwise nothing is run.
      await Promise.race([this.#keepDeadline(group, leadership), anySet(leadership.signal)]);
      if (!leadership.signal.aborted) {
        note(`runs ${this.options.command[0]} (process ${group.pid})`);
        group.go();
      }
      return await this.#untilTheEnd(group, leadership, note);
    } finally {
      stopListening();
      this.enforcer.release();
      this.#group = undefined;
    }
  }

  async #untilTheEnd(
    group: ProcessGroup,
    leadership: Leadership,
    note: (sentence: string) => void,
  ): Promise<CommandEnd> {
    const over = anySet(leadership.signal);
    const first = await Promise.race([group.ended, over]);
    // The signal reads the clock: a command that the enforcer has killed in the meantime has not ended by itself.
    if (first !== undefined && !leadership.signal.aborted) {
      if (group.isThere()) {
        note('the command has ended and left others of its group behind: they are ended too');
        await group.end(this.options.graceMs);
      }
      return { ended: first };
    }
    const lost = reasonOf(leadership);
    const graceMs = this.#graceMs(leadership, lost);
    note(
      `the leadership ends (${lost}): ${graceMs > 0 ? `SIGTERM, and SIGKILL after ${Math.round(graceMs)} ms` : 'SIGKILL'}`,
    );
    const killed = await group.end(graceMs);
    return { lost, killed };
  }

  /** The time for the command's own end: less than what is left of the lease, because no other candidate may lead until then. */
  #graceMs(leadership: Leadership, lost: LostReason): number {
    const { graceMs, killMs } = this.options;
    const left = leadership.remainingMs();
    if (left > 0) return Math.max(0, Math.min(graceMs, left - killMs));
    // Of a revoked term the lease is still waited out, unless its holder was declared dead.
    if (lost !== 'revoked' || this.#wasDeclaredDead || this.#deadline === undefined) return 0;
    return Math.max(0, Math.min(graceMs, leftUntil(this.#deadline) - killMs / 2));
  }

  async #keepDeadline(group: ProcessGroup, leadership: Leadership): Promise<void> {
    const left = leadership.remainingMs();
    if (left <= 0) return;
    this.#deadline = deadlineIn(left - this.options.killMs / 2);
    await this.enforcer.enforce(group.pid, this.#deadline);
  }

  #environment(term: number): NodeJS.ProcessEnv {
    return {
      ...givenEnvironment(),
      TENURE_ELECTION: this.election.name,
      TENURE_TABLE: this.options.tableName,
      TENURE_CANDIDATE: this.election.id,
      TENURE_TERM: String(term),
    };
  }
}

function reasonOf({ signal }: Leadership): LostReason {
  const { reason } = signal;
  return isTenureError(reason) ? (reason.details.reason as LostReason) : 'expired';
}
