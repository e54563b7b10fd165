/**
 * How long nobody led between two leaders, and why: nobody leads while no candidate passes `assertHeld()` on a machine
 * that runs. Measured in real time, as the checker sees it after every event.
 */
import type { LeaseRecord } from '../lease/record.js';
import type { Log } from './event-log.js';
import type { ObservedLeadership } from './observed-leadership.js';

/** How the last leader ended. */
export const CAUSES = ['crash', 'standstill', 'expired', 'revoked', 'resigned', 'handed over'] as const;
export type Cause = (typeof CAUSES)[number];

/** One change of leader, with what it cost. */
export interface Failover {
  readonly cause: Cause;
  readonly withoutLeaderMs: number;
}

const BY_REASON: Readonly<Record<string, Cause>> = {
  resigned: 'resigned',
  revoked: 'revoked',
  yielded: 'handed over',
};

export class Failovers {
  readonly all: Failover[] = [];
  #last: ObservedLeadership | undefined;
  /** Since when nobody leads, and what the last leader's machine showed at that moment. */
  #since: { readonly at: number; readonly cause: Cause | undefined } | undefined;
  /** What the record said first of how the last term ended. */
  #reason: string | undefined;

  constructor(private readonly log: Log) {}

  /** Every write that the table has applied. */
  changed(is: LeaseRecord): void {
    if (this.#last !== undefined && is.term > this.#last.leadership.term) this.#reason ??= is.reason ?? 'unknown';
  }

  /** After every event: the leader, if there is one. */
  seen(leading: ObservedLeadership | undefined, now: number): void {
    if (leading === this.#last && this.#since === undefined) return;
    if (leading === undefined) {
      this.#since ??= { at: now, cause: machineOf(this.#last!) };
      return;
    }
    // A leader that stood still within its lease, and goes on, has had no successor.
    if (this.#since !== undefined && leading !== this.#last) this.#note(this.#since, now);
    this.#last = leading;
    this.#since = undefined;
    this.#reason = undefined;
  }

  #note({ at, cause }: { at: number; cause: Cause | undefined }, now: number): void {
    const known = cause ?? BY_REASON[this.#reason ?? ''] ?? 'expired';
    const withoutLeaderMs = now - at;
    this.all.push({ cause: known, withoutLeaderMs });
    this.log('failover', () => `nobody led for ${Math.round(withoutLeaderMs).toLocaleString('en')} ms (${known})`);
  }
}

function machineOf({ machine }: ObservedLeadership): Cause | undefined {
  if (!machine.alive) return 'crash';
  return machine.frozen ? 'standstill' : undefined;
}
