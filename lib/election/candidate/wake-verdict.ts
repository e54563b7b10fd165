/**
 * What a candidate does that was woken (by the minute tick, by an event, by a call) and would rather not run at all
 * (section 8). Pure. It goes by wall clocks, which are hints: they only decide whether it is worth while to stand. A
 * candidate that stands watches the record by its own monotonic clock, as every standby does, before it takes anything.
 */
import type { Chance } from '../../lease/chance.js';
import type { LeaseRecord } from '../../lease/record.js';
import { MAX_LEASE_MS, type Timings, waitMs } from '../../lease/timing.js';

/** A candidate that was woken, and how patient it is. */
export interface Woken {
  readonly id: string;
  /** The build of its program; see the option `build`. */
  readonly build: string | undefined;
  /** Relieves an earlier runner of the same candidate that has led for so long, in ms; undefined: it is no relay. */
  readonly relayAfterMs: number | undefined;
  /** How long it leaves a vacancy alone that is reserved for another, in ms; undefined: it stays and watches. */
  readonly reservedMs: number | undefined;
  /** This process has seen this very version before, more than a heartbeat ago. */
  readonly seenBefore: boolean;
}

/**
 * Stand for office after `pauseMs`; ask the earlier runner to hand over and stand; or leave, and why.
 */
export type Verdict =
  | { readonly do: 'stand'; readonly pauseMs: number }
  | { readonly do: 'relay'; readonly why: string }
  | { readonly do: 'leave'; readonly why: string };

/** A candidate that was woken does not stay for ever: two leases see out any expiry, and the next tick comes anyway. */
export const patienceMs = (leaseMs: number, { drift, renewMs }: Pick<Timings, 'drift' | 'renewMs'>): number =>
  2 * waitMs(leaseMs, drift) + 2 * renewMs;

export function judgeWoken(record: LeaseRecord | undefined, wall: number, me: Woken): Verdict {
  if (record === undefined) return { do: 'stand', pauseMs: 0 };
  if (record.holder === undefined) return judgeVacancy(record, wall, me);
  const leads = `${record.holder} leads term ${record.term}`;
  const isRelay = me.relayAfterMs !== undefined && record.holder === me.id;
  if (isRelay && buildOf(record.attempt) !== me.build) return { do: 'relay', why: 'newer code' };
  // Both times are of the leaders' own clocks: this one's may be wrong, and the relay still works.
  if (isRelay && record.renewedAt - record.acquiredAt >= me.relayAfterMs) return { do: 'relay', why: 'relay' };
  if (isStale(record, wall) || me.seenBefore) return { do: 'stand', pauseMs: 0 };
  return { do: 'leave', why: isRelay ? `${leads} in an earlier invocation` : leads };
}

function judgeVacancy(record: LeaseRecord, wall: number, me: Woken): Verdict {
  const { successor, vacatedAt = record.renewedAt, reason } = record;
  if (successor === me.id) return { do: 'stand', pauseMs: 0 };
  if (isReserved(record, wall, me)) return { do: 'leave', why: `the office is reserved for ${successor}` };
  // Work that fails at once, in every candidate, would otherwise be elected and vacate in a circle of events. And a
  // candidate that has just resigned leaves the office to others for a lease, whichever of its processes is woken (section 6, hold-off).
  const leaseMs = Math.min(record.leaseMs, MAX_LEASE_MS);
  const short = vacatedAt - record.acquiredAt < leaseMs || record.previous === me.id;
  const waits = reason === 'resigned' && successor === undefined && short;
  return { do: 'stand', pauseMs: waits ? Math.min(leaseMs, Math.max(0, leaseMs - (wall - vacatedAt))) : 0 };
}

/** A vacancy that is another's, and that this candidate leaves alone for longer than a standby would watch it. */
export function isReserved(record: LeaseRecord, wall: number, me: Pick<Woken, 'id' | 'reservedMs'>): boolean {
  const { holder, successor, vacatedAt = record.renewedAt } = record;
  if (holder !== undefined || successor === undefined || successor === me.id) return false;
  return me.reservedMs !== undefined && Math.abs(wall - vacatedAt) <= me.reservedMs;
}

/** The lease looks run out, or its time cannot be true: more than a lease ahead of one's own clock. */
function isStale(record: LeaseRecord, wall: number): boolean {
  return Math.abs(wall - record.renewedAt) > Math.min(record.leaseMs, MAX_LEASE_MS);
}

/** Separates an attempt from the build that made it: no base64url text holds one. */
const MARK = '.';

/** An attempt that tells which build of the program made it: nothing else in the record has room or reason to. */
export function withBuild(attempt: string, build: string | undefined): string {
  return build === undefined ? attempt : `${attempt}${MARK}${build}`;
}

/** A fresh attempt of this candidate. */
export const newAttempt = ({ chance, build }: { chance: Chance; build: string | undefined }): string =>
  withBuild(chance.attempt(), build);

/** The build that made an attempt; undefined if it does not say. */
export function buildOf(attempt: string): string | undefined {
  const at = attempt.lastIndexOf(MARK);
  return at < 0 ? undefined : attempt.slice(at + 1);
}
