/** The arithmetic of time (section 4): whether a holder may still lead, whether another may take over, which timings are safe. Pure. */
import type { Instant } from './clock.js';
import { show, TenureError } from './errors.js';

/**
 * No lease is longer, in ms, for holders and readers alike: a constant of the protocol (section 2), so that no two
 * deployments differ.
 */
export const MAX_LEASE_MS = 900_000;
/** Below this, the timers of an operating system and a round trip leave nothing of a lease. */
const MIN_LEASE_MS = 100;

/** The timings of an election, complete and checked. */
export interface Timings {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly stepDownMs: number;
  readonly requestTimeoutMs: number;
  readonly drift: number;
}

/**
 * Fills in the defaults, which keep their proportion to `leaseMs`, and refuses what can overlap or cannot survive one
 * lost heartbeat.
 * @throws TenureError `BadOption`, with the sum in its message
 */
export function resolveTimings(options: Partial<Timings>): Timings {
  // Defaults are for what was left out: anything else that is no number, `null` too, is a mistake.
  const { leaseMs = 10_000, drift = 0.01 } = options;
  wholeMs('leaseMs', leaseMs, MIN_LEASE_MS, MAX_LEASE_MS);
  const { renewMs = Math.floor(leaseMs * 0.3), stepDownMs = Math.floor(leaseMs * 0.1) } = options;
  wholeMs('renewMs', renewMs, 10, MAX_LEASE_MS);
  wholeMs('stepDownMs', stepDownMs, 0, MAX_LEASE_MS);
  const { requestTimeoutMs = Math.floor(renewMs / 2) } = options;
  wholeMs('requestTimeoutMs', requestTimeoutMs, 5, renewMs);
  if (typeof drift !== 'number' || !(drift >= 0.0001 && drift <= 0.25)) {
    throw new TenureError(
      'BadOption',
      `\`drift\` must be a number from 0.0001 to 0.25 (the part of a lease by which a clock may err), but is ${show(drift)}. ` +
        'Leave it out for 0.01; it must be the same for all candidates of an election.',
    );
  }
  const needed = 2 * renewMs + requestTimeoutMs + stepDownMs;
  const held = holdMs(leaseMs, drift);
  if (needed > held) {
    throw new TenureError(
      'BadOption',
      'These timings cannot survive one lost heartbeat: 2 * renewMs + requestTimeoutMs + stepDownMs must be at most ' +
        `leaseMs * (1 - drift), but 2 * ${renewMs} + ${requestTimeoutMs} + ${stepDownMs} = ${needed} is more than ` +
        `${leaseMs} * (1 - ${drift}) = ${round(held)}. ${remedy(needed, drift, { renewMs, stepDownMs, requestTimeoutMs })}`,
      { details: { leaseMs, renewMs, requestTimeoutMs, stepDownMs, drift, needed, held } },
    );
  }
  return { leaseMs, renewMs, stepDownMs, requestTimeoutMs, drift };
}

/** All of the others are named, because what is left out grows with `leaseMs`. */
function remedy(needed: number, drift: number, others: object): string {
  let leaseMs = Math.ceil(needed / (1 - drift));
  if (holdMs(leaseMs, drift) < needed) leaseMs += 1; // a rounding error
  return leaseMs > MAX_LEASE_MS
    ? `Lower the others: leaseMs is at most ${MAX_LEASE_MS}.`
    : `Set ${JSON.stringify({ leaseMs, ...others })}, or lower the others.`;
}

/**
 * A whole number of milliseconds within its range.
 * @throws TenureError `BadOption` that names the option, the range, and what came
 */
export function wholeMs(name: string, value: unknown, least: number, most: number): number {
  return wholeNumber(name, value, least, most, 'milliseconds');
}

/** A whole number within its range; `unit` is for the message. */
export function wholeNumber(name: string, value: unknown, least: number, most: number, unit = ''): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const of = unit === '' ? '' : ` of ${unit}`;
  throw new TenureError(
    'BadOption',
    `\`${name}\` must be a whole number${of} from ${least} to ${most}, but is ${show(value)}.`,
    { details: { option: name, value, least, most } },
  );
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

/** How long a holder may lead from its stamp on. */
export function holdMs(leaseMs: number, drift: number): number {
  return Math.min(leaseMs, MAX_LEASE_MS) * (1 - drift);
}

/** How long a reader must have seen a version unchanged, before it may take the office over. */
export function waitMs(leaseMs: number, drift: number): number {
  return Math.min(leaseMs, MAX_LEASE_MS) * (1 + drift);
}

/** What a holder counts as elapsed: the larger of both clocks, because the monotonic one stops while a machine is suspended. */
export function elapsedForHolder(from: Instant, to: Instant): number {
  return Math.max(to.mono - from.mono, to.wall - from.wall);
}

/** What is left of a lease that counts from `stamp`; zero or less once it has ended. */
export function leftOfLease(stamp: Instant, now: Instant, timings: Pick<Timings, 'leaseMs' | 'drift'>): number {
  return holdMs(timings.leaseMs, timings.drift) - elapsedForHolder(stamp, now);
}

/** What a reader's watch of one version says. */
export type WatchVerdict = 'watching' | 'expired' | 'restart';

/**
 * Judges a version that was first seen at `since` and has not changed: by the monotonic clock alone, unless that one
 * ran ahead of the wall clock by more than a lease's drift. Then it cannot be trusted, and the watch starts again.
 */
export function judgeWatch(since: Instant, now: Instant, leaseMs: number, drift: number): WatchVerdict {
  const mono = now.mono - since.mono;
  if (mono - (now.wall - since.wall) > drift * Math.min(leaseMs, MAX_LEASE_MS)) return 'restart';
  return mono >= waitMs(leaseMs, drift) ? 'expired' : 'watching';
}

/**
 * How long to wait after so many failures in a row: longer each time, never longer than a heartbeat's period, and not
 * the same for all that failed together.
 * @param unit a random number in [0, 1)
 */
export function backoffMs(failures: number, mostMs: number, unit: number): number {
  return Math.min(mostMs, 50 * 2 ** Math.min(10, failures)) * (0.5 + unit / 2);
}
