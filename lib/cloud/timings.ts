/**
 * The timings of an election, checked at synthesis: what the runtime would refuse when it starts is refused here, by the
 * runtime's own arithmetic (lib/lease/timing.ts, which is pure: no package of AWS comes with it), with the construct's name.
 */
import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isTenureError } from '../lease/errors.js';
import { resolveTimings as resolve, waitMs } from '../lease/timing.js';
import { END_MARGIN_MS, MAX_NOTICED_LEASE_MS } from '../names/limits.js';
import { refusal, show } from './refuse.js';

/** The timings of an election, in milliseconds. What is left out keeps its proportion to `leaseMs`. */
export interface Timings {
  /** How long a leader may lead after its last heartbeat: 100 to 900 000. Default 10 000. */
  readonly leaseMs?: number;
  /** How often it renews its lease. Default `leaseMs * 0.3`. */
  readonly renewMs?: number;
  /** How long before the end of its lease a leader's work has to stop. Default `leaseMs * 0.1`. */
  readonly stepDownMs?: number;
  /** The time limit of one call to the table: 5 to `renewMs`. Default `renewMs / 2`. */
  readonly requestTimeoutMs?: number;
  /** By what part of a lease any candidate's clock may err: 0.0001 to 0.25. Default 0.01. The same for all candidates. */
  readonly drift?: number;
}

/** With less, a relay's window does not hold two minute ticks (protocol, section 8). */
const MIN_RELAY_TIMEOUT_S = 150;
/** The longest that Lambda lets a function run. */
const MAX_TIMEOUT_S = 900;

const NAMES = ['leaseMs', 'renewMs', 'stepDownMs', 'requestTimeoutMs', 'drift'] as const satisfies (keyof Timings)[];
/** Others so small that only the drift itself can be refused. */
const LEAST = { renewMs: 10, stepDownMs: 0, requestTimeoutMs: 5 };

/** Fills in the defaults, and refuses timings that could overlap or that cannot survive one lost heartbeat, with the sum. */
export function resolveTimings(scope: IConstruct, timings: Timings): Required<Timings> {
  const given = Object.fromEntries(NAMES.map((name) => [name, timings[name]])) as Timings;
  const late = NAMES.find((name) => Token.isUnresolved(given[name]));
  if (late !== undefined) {
    throw refusal(scope, `\`${late}\` must be a number, written out, but is ${show(given[late])}.`);
  }
  try {
    return resolve(given);
  } catch (error) {
    if (!isTenureError(error, 'BadOption')) throw error;
    throw refusal(scope, error.message.charAt(0).toLowerCase() + error.message.slice(1));
  }
}

/** The part of a lease by which a clock may err: the same for candidates, watchdog and undertaker. */
export function checkDrift(scope: IConstruct, drift?: number): number {
  return resolveTimings(scope, { ...LEAST, drift }).drift;
}

/** Whether there are notices. Leases of 890 s and more have none, because a message cannot be delayed for long enough. */
export function resolveNotices(scope: IConstruct, notices: 'on' | 'off' | undefined, leaseMs: number): boolean {
  if (notices !== undefined && notices !== 'on' && notices !== 'off') {
    throw refusal(scope, `\`notices\` must be 'on' or 'off', but is ${show(notices)}.`);
  }
  const possible = leaseMs < MAX_NOTICED_LEASE_MS;
  if (notices === 'on' && !possible) {
    throw refusal(
      scope,
      `leases of ${MAX_NOTICED_LEASE_MS} ms and more have no notices, because SQS delays a message by 900 s at most, ` +
        `but leaseMs is ${leaseMs}. Lower it, or set \`notices\` to 'off': the minute tick still finds a dead leader.`,
    );
  }
  return possible && notices !== 'off';
}

/**
 * Refuses a heartbeater that could never take over from a dead leader: one invocation must be long enough to watch a whole
 * lease run out, before it gives up at its end (protocol, section 8, the minute tick).
 */
export function checkTimeout(
  scope: IConstruct,
  timeout: Duration,
  mode: 'always' | 'duty',
  { leaseMs, drift }: { readonly leaseMs: number; readonly drift: number },
): number {
  const seconds = timeout.isUnresolved() ? Number.NaN : timeout.toSeconds({ integral: false });
  if (Token.isUnresolved(seconds) || !(seconds >= 1 && seconds <= MAX_TIMEOUT_S)) {
    throw refusal(
      scope,
      `the time-out of a heartbeater must be 1 to ${MAX_TIMEOUT_S} s, written out, but is ${timeout}.`,
    );
  }
  const timeoutMs = seconds * 1000;
  const endMs = Math.min(END_MARGIN_MS, timeoutMs / 4);
  const neededMs = waitMs(leaseMs, drift) + endMs;
  if (neededMs > timeoutMs) {
    throw refusal(
      scope,
      'a heartbeater must be able to watch a whole lease run out: leaseMs * (1 + drift) and its end margin (10 s, at ' +
        `most a quarter of the time-out) must fit in its time-out, but ${leaseMs} * (1 + ${drift}) + ${endMs} = ` +
        `${Math.ceil(neededMs)} ms is more than ${timeoutMs} ms. Raise the time-out, or lower leaseMs.`,
    );
  }
  if (mode === 'always' && seconds < MIN_RELAY_TIMEOUT_S) {
    throw refusal(
      scope,
      `a heartbeater of mode 'always' needs a time-out of ${MIN_RELAY_TIMEOUT_S} s or more, so that two minute ticks ` +
        `fall into the time in which it hands its office on, but it is ${seconds} s. Raise it, or choose mode 'duty'.`,
    );
  }
  return seconds;
}
