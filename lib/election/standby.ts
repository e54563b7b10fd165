/**
 * When a standby looks and when it contends (section 6). A standby reads; it never waits by refused writes. It reads
 * once per heartbeat, just after the next one is expected to land, and exactly at expiry. Pure.
 */
import type { Instant } from '../lease/clock.js';
import type { LeaseRecord } from '../lease/record.js';
import { judgeWatch, MAX_LEASE_MS, waitMs } from '../lease/timing.js';

/** The longest random part of the courtesy at a vacancy: spreads the candidates, so that one write meets no other. */
const JITTER_MS = 50;
/** The first re-read after a look that found nothing new; it doubles from one to the next. */
const REREAD_MS = 50;
/** A locked anchor creeps towards the heartbeat in steps of this size. */
const LEAST_STEP_MS = 2;
/** How many steps between heartbeats the period is the median of. */
const STEPS_KEPT = 16;

/** What a candidate brings to a vacancy. */
export interface Contender {
  readonly id: string;
  readonly priority: number;
  readonly staggerMs: number;
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
  const outranked = record === undefined ? 0 : Math.min(5, Math.max(0, record.priority - me.priority));
  return { do: 'contend', courtesyMs: outranked * me.staggerMs + unit * JITTER_MS };
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

/** What a standby knows of the leader's rhythm. All but `renewedAt` is on the own monotonic clock. */
export interface Phase {
  readonly term: number;
  readonly beat: number;
  /** When the beat last seen is thought to have become visible. */
  readonly anchor: number;
  readonly renewedAt: number;
  /** How far the anchor moves earlier while the first read finds what it came for. */
  readonly stepMs: number;
  /** The last differences of `renewedAt` per beat. */
  readonly steps: readonly number[];
  /** Where the measuring of the own clock against `renewedAt` began. */
  readonly origin: { readonly mono: number; readonly renewedAt: number };
}

/** One look at a held record: when it was sent, and when the last one was that did not show this version yet. */
export interface Look {
  readonly sent: Instant;
  readonly unchangedAt: number | undefined;
  /** It was not the first look at this heartbeat's place. */
  readonly reread: boolean;
}

/**
 * The phase after a look that found a new version of a held record. A first sight takes `renewedAt` for a hint of how
 * long ago the heartbeat landed; what contradicts the looks themselves is not believed.
 */
export function advance(phase: Phase | undefined, record: LeaseRecord, look: Look): Phase {
  const sent = look.sent.mono;
  const gapFrom = look.unchangedAt ?? sent - periodLimits(record).most;
  const beats = phase?.term === record.term ? record.beat - phase.beat : 0;
  const step = phase === undefined || beats <= 0 ? Number.NaN : (record.renewedAt - phase.renewedAt) / beats;
  if (phase === undefined || !(step > 0 && step <= Math.min(record.leaseMs, MAX_LEASE_MS))) {
    const hinted = sent - Math.max(0, look.sent.wall - record.renewedAt);
    const believed = hinted > gapFrom && record.renewedAt <= look.sent.wall + REREAD_MS;
    return {
      term: record.term,
      beat: record.beat,
      anchor: believed ? hinted : sent,
      renewedAt: record.renewedAt,
      stepMs: believed ? REREAD_MS / 2 : record.renewMs / 4,
      steps: [],
      origin: { mono: believed ? hinted : sent, renewedAt: record.renewedAt },
    };
  }
  const expected = phase.anchor + (record.renewedAt - phase.renewedAt) * clockRate(phase);
  const gap = sent - gapFrom;
  const found = look.reread
    ? { anchor: sent - gap / 2, stepMs: Math.max(LEAST_STEP_MS, Math.min(phase.stepMs / 2, gap / 16)) }
    : { anchor: Math.min(expected, sent) - phase.stepMs, stepMs: phase.stepMs };
  return {
    ...found,
    term: record.term,
    beat: record.beat,
    renewedAt: record.renewedAt,
    steps: [...phase.steps, step].slice(-STEPS_KEPT),
    origin: phase.origin,
  };
}

/** The rate of the own clock against the leader's, once enough has been seen to measure it. */
function clockRate(phase: Phase): number {
  const theirs = phase.renewedAt - phase.origin.renewedAt;
  if (phase.steps.length < STEPS_KEPT || theirs <= 0) return 1;
  return Math.min(1.02, Math.max(0.98, (phase.anchor - phase.origin.mono) / theirs));
}

/** How far apart heartbeats are, on the own clock. */
export function periodMs(phase: Phase, record: LeaseRecord): number {
  const sorted = [...phase.steps].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? record.renewMs;
  const { least, most } = periodLimits(record);
  return Math.min(most, Math.max(least, median * clockRate(phase)));
}

/** How often to look at a vacancy that is being waited out: it has no heartbeats, but proof of death may come. */
export function restingMs(record: LeaseRecord): number {
  const { least, most } = periodLimits(record);
  return Math.min(most, Math.max(least, record.renewMs));
}

/** A record may declare anything: looks are neither a storm nor so rare that a whole lease passes unseen. */
function periodLimits(record: LeaseRecord): { least: number; most: number } {
  return { least: 10, most: Math.max(10, Math.min(record.leaseMs, MAX_LEASE_MS) / 2) };
}

/**
 * When to look next, after a look sent at `sent` (monotonic ms) that was the `rereads`-th without news since the last
 * heartbeat's place (0: it found news). Returns the time, and whether it is a re-read or the next heartbeat's place.
 */
export function nextLook(
  phase: Phase,
  record: LeaseRecord,
  sent: number,
  rereads: number,
): { at: number; reread: boolean } {
  const period = periodMs(phase, record);
  const slot = phase.anchor + period * (Math.floor(Math.max(0, sent - phase.anchor) / period + 1e-9) + 1);
  const again = sent + REREAD_MS * 2 ** Math.max(0, rereads - 1);
  return rereads > 0 && again < slot ? { at: again, reread: true } : { at: slot, reread: false };
}
