/** The office of an election, as users see it: made from the record, compared from one sighting to the next. */
import { isDeepStrictEqual } from 'node:util';
import type { Challenger, LeaseRecord } from '../lease/record.js';

/**
 * The leader, since when it leads, and how it came to office; or the vacancy and its reason. A snapshot: only the leader itself knows
 * whether it still leads (`leadership.assertHeld()`), and only a fence makes that safe.
 *
 * @example
 * const office = await election.leader();
 * office.holder === undefined ? `vacant: ${office.reason}` : `${office.holder} leads term ${office.term}`;
 */
export interface Office {
  /** The election's name. */
  readonly election: string;
  /** The term, and fencing token, of the holder or of the last one; 0 before the first election. */
  readonly term: number;
  /** The number of the record's write within its term. */
  readonly beat: number;
  /** The leader's id; undefined while the office is vacant. */
  readonly holder: string | undefined;
  /** What the leader proclaims; undefined if nothing. */
  readonly value: unknown;
  /** When the term began, epoch ms by its leader's clock. */
  readonly acquiredAt: number | undefined;
  /** When the last heartbeat was sent, epoch ms by the leader's clock. A hint, not proof of life. */
  readonly renewedAt: number | undefined;
  /** This machine's clock less `renewedAt`, in ms. A hint, not proof of life: two clocks are compared. */
  readonly ageMs: number | undefined;
  /** When the office became vacant, epoch ms by the clock of the process that wrote it. */
  readonly vacatedAt: number | undefined;
  /** The leader before. */
  readonly previous: string | undefined;
  /** How that ended: `resigned`, `yielded`, `expired`, `revoked`. */
  readonly reason: string | undefined;
  /** A vacancy is reserved for this candidate, for `2 * renewMs` as a rule (section 6). */
  readonly successor: string | undefined;
  /** A revoked holder is proved dead: nobody waits for its lease (section 3). */
  readonly dead: boolean;
  /** The candidate or operator that asks the leader to hand over. */
  readonly challenger: Challenger | undefined;
  /** The lease that the holder declared, in ms. */
  readonly leaseMs: number | undefined;
  /** The heartbeat period that the holder declared, in ms. */
  readonly renewMs: number | undefined;
  /** The holder's priority. */
  readonly priority: number | undefined;
}

/** @param wall this machine's wall clock, epoch ms */
export function officeOf(election: string, record: LeaseRecord | undefined, wall: number): Office {
  return {
    election,
    term: record?.term ?? 0,
    beat: record?.beat ?? 0,
    holder: record?.holder,
    value: record?.value,
    acquiredAt: record?.acquiredAt,
    renewedAt: record?.renewedAt,
    ageMs: record && wall - record.renewedAt,
    vacatedAt: record?.vacatedAt,
    previous: record?.previous,
    reason: record?.reason,
    successor: record?.successor,
    dead: record?.dead ?? false,
    challenger: record?.challenger,
    leaseMs: record?.leaseMs,
    renewMs: record?.renewMs,
    priority: record?.priority,
  };
}

/** True if both sightings show the same office: heartbeats and challenges alone change nothing. */
export function sameOffice(a: LeaseRecord | undefined, b: LeaseRecord | undefined): boolean {
  return (
    a?.term === b?.term &&
    a?.attempt === b?.attempt &&
    a?.holder === b?.holder &&
    a?.reason === b?.reason &&
    a?.dead === b?.dead &&
    a?.successor === b?.successor &&
    isDeepStrictEqual(a?.value, b?.value)
  );
}
