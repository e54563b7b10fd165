/**
 * Whether an office may be taken, and when (section 6): vacancies that are free, versions that have expired, and the courtesy
 * among candidates before they write. Pure.
 */
import type { Instant } from '../lease/clock.js';
import type { LeaseRecord } from '../lease/record.js';
import { judgeWatch, waitMs } from '../lease/timing.js';

/** The longest random part of the courtesy at a vacancy: spreads the candidates, so that one write meets no other. */
const JITTER_MS = 50;
/** Nobody waits for more than so many others: the first in line may all be gone. */
export const MOST_STEPS = 5;

/** What a candidate brings to a vacancy. */
export interface Contender {
  readonly id: string;
  readonly priority: number;
  readonly staggerMs: number;
  /** How many come before it in the line of succession; undefined without a line. */
  readonly place: number | undefined;
  readonly drift: number;
  /** Until when it leaves vacancies to others: monotonic ms. */
  readonly holdOffUntil: number;
}

/** Contend now, after this much courtesy; or wait, and decide anew at `until` (monotonic ms). */
export type Plan = { do: 'contend'; courtesyMs: number } | { do: 'wait'; until: number };

/**
 * What to do about a record that was first seen at `since` and unchanged since then.
 * @param unit a random number in [0, 1) for the jitter
 */
export function plan(record: LeaseRecord | undefined, since: Instant, now: Instant, me: Contender, unit: number): Plan {
  const from = contendableFrom(record, since, now, me);
  if (now.mono < from) return { do: 'wait', until: from };
  if (record?.successor === me.id) return { do: 'contend', courtesyMs: 0 };
  const before = record === undefined ? 0 : (me.place ?? Math.max(0, record.priority - me.priority));
  return { do: 'contend', courtesyMs: Math.min(MOST_STEPS, before) * me.staggerMs + unit * JITTER_MS };
}

function contendableFrom(record: LeaseRecord | undefined, since: Instant, now: Instant, me: Contender): number {
  if (record === undefined) return now.mono;
  const watched = since.mono + waitMs(record.leaseMs, me.drift);
  if (record.holder !== undefined) return watched;
  const freeFrom = isFree(record) ? since.mono : watched;
  if (record.successor === me.id) return freeFrom;
  const reserved = record.successor === undefined ? 0 : Math.min(2 * record.renewMs, waitMs(record.leaseMs, me.drift));
  return Math.max(freeFrom, since.mono + reserved, me.holdOffUntil);
}

/** A vacancy that nobody need wait out (section 3): its last holder is known to lead no more. */
export function isFree(record: LeaseRecord): boolean {
  if (record.holder !== undefined) return false;
  return record.reason === 'resigned' || record.reason === 'expired' || (record.reason === 'revoked' && !!record.dead);
}

/** The start of a watch, moved to `now` if the clocks since then cannot be trusted (section 4). */
export function trustedSince(record: LeaseRecord, since: Instant, now: Instant, drift: number): Instant {
  return judgeWatch(since, now, record.leaseMs, drift) === 'restart' ? now : since;
}
