/**
 * When a standby polls (section 6): once per heartbeat, just after the next one is expected to land. A phase lock finds out
 * when that is. Pure.
 */
import type { Instant } from '../lease/clock.js';
import type { LeaseRecord } from '../lease/record.js';
import { MAX_LEASE_MS } from '../lease/timing.js';

/** The first re-read after a look that found nothing new; it doubles from one to the next. */
const REREAD_MS = 50;
/** A locked anchor creeps towards the heartbeat in steps of this size. */
const LEAST_STEP_MS = 2;
/**
 * The steps grow while no read comes too early: an anchor that is far too late is not made up for by 2 ms at a time.
 * Fast until a re-read has shown the place to within a short gap, gently once the period is known well, too.
 */
const STEP_GROWTH = { searching: 1.5, found: 1.3, locked: 1.1 };
/** How many steps between heartbeats the period is the median of. */
const STEPS_KEPT = 16;
/** The rate of the own clock is measured over this many heartbeats. */
const RATE_STEPS = { least: 8, most: 256 };
/** No clock that works errs by more: protocol, section 4. */
const MAX_RATE_ERROR = 0.02;

/** A landing that is known to within a short gap: the own monotonic clock beside the leader's wall clock. */
interface Fix {
  readonly mono: number;
  readonly renewedAt: number;
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
  /** The last differences of `renewedAt` per beat, and their median. */
  readonly steps: readonly number[];
  readonly usual: number | undefined;
  /** The place of the heartbeats was once seen to within a short gap. */
  readonly found: boolean;
  /** The rate of the own clock against the leader's, as far as it was measured. */
  readonly rate: number;
  /** Where the measuring of the rate began. */
  readonly origin: Fix | undefined;
}

/** One look at a held record: when it was sent, and when the last one was that did not show this version yet. */
export interface Look {
  readonly sent: Instant;
  readonly unchangedAt: number | undefined;
  /** It was not the first look at this heartbeat's place. */
  readonly reread: boolean;
}

/**
 * The phase after a look that found a new version of a held record. The beat landed after the last look that did not
 * show it and before this one; `renewedAt` tells where between, as far as it does not contradict that.
 */
export function advance(phase: Phase | undefined, record: LeaseRecord, look: Look): Phase {
  const beats = phase?.term === record.term ? record.beat - phase.beat : 0;
  if (phase === undefined || beats <= 0) return firstSight(record, look);
  const sent = look.sent.mono;
  const gapFrom = look.unchangedAt ?? sent - periodLimits(record).most;
  const gap = sent - gapFrom;
  const usual = phase.usual ?? record.renewMs;
  const declared = (record.renewedAt - phase.renewedAt) / beats;
  // No heartbeat takes less than nothing or more than a lease: the leader's wall clock was set.
  const step = declared > 0 && declared <= Math.min(record.leaseMs, MAX_LEASE_MS) ? declared : usual;
  const expected = phase.anchor + step * beats * phase.rate;
  const missed = look.reread || expected < gapFrom;
  const steps = [...phase.steps.slice(1 - STEPS_KEPT), step];
  const next = {
    term: record.term,
    beat: record.beat,
    renewedAt: record.renewedAt,
    steps,
    usual: median(steps),
    found: phase.found || (missed && gap <= 2 * REREAD_MS),
  };
  // The measuring of the rate starts again where the rhythm, or the leader's wall clock, has jumped.
  const { rate } = phase;
  const origin = Math.abs(declared - usual) > usual / 32 ? undefined : phase.origin;
  if (!missed) {
    const stage = next.steps.length >= STEPS_KEPT ? 'locked' : phase.found ? 'found' : 'searching';
    const stepMs = Math.min(record.renewMs / 4, phase.stepMs * STEP_GROWTH[stage]);
    return { anchor: Math.min(expected, sent) - phase.stepMs, stepMs, rate, origin, ...next };
  }
  const anchor = sent - gap / 2;
  const found = { anchor, stepMs: Math.max(LEAST_STEP_MS, gap / 16), ...next };
  if (gap > 4 * REREAD_MS) return { rate, origin, ...found };
  return { ...found, ...measured({ rate, origin }, { mono: anchor, renewedAt: record.renewedAt }, usual) };
}

/** A first sight takes `renewedAt` for a hint of how long ago the heartbeat landed, if the looks allow it. */
function firstSight(record: LeaseRecord, look: Look): Phase {
  const { mono, wall } = look.sent;
  const hinted = mono - Math.max(0, wall - record.renewedAt);
  const gapFrom = look.unchangedAt ?? mono - periodLimits(record).most;
  const believed = hinted > gapFrom && record.renewedAt <= wall + REREAD_MS;
  return {
    term: record.term,
    beat: record.beat,
    anchor: believed ? hinted : mono,
    renewedAt: record.renewedAt,
    stepMs: believed ? REREAD_MS / 2 : record.renewMs / 4,
    steps: [],
    usual: undefined,
    found: false,
    rate: 1,
    origin: undefined,
  };
}

/** The rate between two fixes that are far enough apart. What no clock can explain was a wall clock that was set. */
function measured({ rate, origin }: Pick<Phase, 'rate' | 'origin'>, fix: Fix, period: number) {
  const theirs = origin === undefined ? 0 : fix.renewedAt - origin.renewedAt;
  if (origin === undefined || theirs < 0) return { rate, origin: fix };
  if (theirs < RATE_STEPS.least * period) return { rate, origin };
  const found = (fix.mono - origin.mono) / theirs;
  const credible = Math.abs(found - 1) <= MAX_RATE_ERROR;
  return { rate: credible ? found : rate, origin: credible && theirs < RATE_STEPS.most * period ? origin : fix };
}

/** Sorted as an array of numbers, which is many times as quick: a standby has one to find for every heartbeat. */
function median(values: readonly number[]): number | undefined {
  return new Float64Array(values).sort()[Math.floor(values.length / 2)];
}

/** How far apart heartbeats are, on the own clock. */
export function periodMs(phase: Phase, record: LeaseRecord): number {
  const { least, most } = periodLimits(record);
  return Math.min(most, Math.max(least, (phase.usual ?? record.renewMs) * phase.rate));
}

/** How often to look at a vacancy that is being waited out: it has no heartbeats, but proof of death may come. */
export function restingMs(record: LeaseRecord): number {
  const { least, most } = periodLimits(record);
  return Math.min(most, Math.max(least, record.renewMs));
}

/**
 * A record may declare anything: looks are neither a storm nor so rare that a whole lease passes unseen. And a leader
 * that proclaims twice at once has not made a rhythm of it: no period is under a quarter of the declared one (S12).
 */
function periodLimits(record: LeaseRecord): { least: number; most: number } {
  const most = Math.max(10, Math.min(record.leaseMs, MAX_LEASE_MS) / 2);
  return { least: Math.max(10, Math.min(record.renewMs, most) / 4), most };
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
