/** What a call of `tenure simulate` asks for, checked: which worlds, with which faults, and whose timings. */
import { InvalidArgumentError } from 'commander';
import { isTenureError } from '../../lease/errors.js';
import { resolveTimings, type Timings } from '../../lease/timing.js';
import { showMs } from '../../names/durations.js';
import { FAULTS, type Fault } from '../../simulation/faults.js';
import { NEVER_PLANNED, type Plan } from '../../simulation/settings.js';
import { usage } from '../failure.js';
import { parseDurationMs } from '../option-values.js';

export interface SimulateFlags {
  readonly seed: number;
  readonly seeds?: number;
  readonly fault?: readonly (Fault | 'none')[];
  readonly lease?: string;
  readonly heartbeat?: string;
  readonly drift?: number;
  readonly candidates?: number;
  readonly delay?: string;
  readonly pace?: string;
}

export const MOST_CANDIDATES = 20;
/** A network that is slower than that is a fault, and there are faults for it. */
const USUAL_DELAY_MS = 50;
/** One thing at a time: a candidate that was away is back, and has seen the lease, before the next happens. */
const USUAL_PACE_LEASES = 6;
const LONGEST_PACE_LEASES = 1_000;

/** As the shell likes them: without spaces. */
const wordOf = (fault: string): string => fault.replaceAll(' ', '-');
export const FAULT_WORDS: readonly string[] = ['none', ...FAULTS.map(wordOf)];

/** Takes one `--fault` more. */
export function faultOf(text: string, before: readonly (Fault | 'none')[] = []): readonly (Fault | 'none')[] {
  const fault = text === 'none' ? text : FAULTS.find((one) => wordOf(one) === wordOf(text));
  if (fault === undefined)
    throw new InvalidArgumentError(`There is no such fault. There are: ${FAULT_WORDS.join(', ')}.`);
  return [...before, fault];
}

export function wholeFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,12}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

export function partOf(text: string): number {
  if (/^\d*\.?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a part of a lease, such as 0.01.');
}

/** The faults that are asked for; undefined leaves them to the seed. */
export function faultsOf({ fault }: SimulateFlags, plan: Plan | undefined): readonly Fault[] | undefined {
  if (fault === undefined) return undefined;
  const faults = fault.filter((one) => one !== 'none');
  if (faults.length < fault.length && faults.length > 0) {
    throw usage(
      `--fault none leaves every fault out, but ${wordOf(faults[0]!)} is asked for too. Leave one of them out.`,
    );
  }
  const never = plan && faults.find((one) => NEVER_PLANNED.includes(one));
  if (never !== undefined) {
    throw usage(
      `--fault ${wordOf(never)} is not for worlds with timings of your own: there all candidates are processes with the ` +
        'same lease. Leave the fault out, or all of --lease, --heartbeat, --drift, --candidates, --delay and --pace.',
    );
  }
  return faults;
}

/** The worlds' timings, if any of them is given: the library's own for what is left out. */
export function planOf({ lease, heartbeat, drift, candidates, delay, pace }: SimulateFlags): Plan | undefined {
  if ([lease, heartbeat, drift, candidates, delay, pace].every((flag) => flag === undefined)) return undefined;
  const timings = timingsOf({ lease, heartbeat, drift });
  const { leaseMs, requestTimeoutMs } = timings;
  const slowestMs = Math.floor(requestTimeoutMs / 2);
  const maxDelayMs = delay === undefined ? Math.min(USUAL_DELAY_MS, slowestMs) : parseDurationMs('--delay', delay);
  if (maxDelayMs < 1 || maxDelayMs > slowestMs) {
    throw usage(
      `--delay must be from 1ms to ${slowestMs}ms, half of the time-out of a request (${requestTimeoutMs} ms, half a heartbeat): ` +
        `a slower network lets no answer come in time. It is ${JSON.stringify(delay)}.`,
    );
  }
  const [leastMs, mostMs] = [Math.ceil(leaseMs / 10), LONGEST_PACE_LEASES * leaseMs];
  const paceMs = pace === undefined ? USUAL_PACE_LEASES * leaseMs : parseDurationMs('--pace', pace);
  if (paceMs < leastMs || paceMs > mostMs) {
    throw usage(
      `--pace must be from a tenth of the lease to a thousand leases (${showMs(leastMs)} to ${showMs(mostMs)}), but is ` +
        `${JSON.stringify(pace)}.`,
    );
  }
  return { timings, candidates: candidates ?? 3, maxDelayMs, paceMs };
}

function timingsOf({ lease, heartbeat, drift }: Pick<SimulateFlags, 'lease' | 'heartbeat' | 'drift'>): Timings {
  const asked = {
    leaseMs: lease === undefined ? undefined : parseDurationMs('--lease', lease),
    renewMs: heartbeat === undefined ? undefined : parseDurationMs('--heartbeat', heartbeat),
    drift,
  };
  try {
    return resolveTimings(asked);
  } catch (error) {
    if (!isTenureError(error, 'BadOption')) throw error;
    // It names the options as they are in code.
    throw usage(`${error.message} (leaseMs is --lease, renewMs is --heartbeat; the others follow from them.)`);
  }
}

/** The one command that runs this seed again, with the same worlds. */
export function repeating(seed: number, flags: SimulateFlags): string {
  const { fault = [], lease, heartbeat, drift, candidates, delay, pace } = flags;
  const given = { lease, heartbeat, drift, candidates, delay, pace };
  const words = ['tenure', 'simulate', '--seed', seed];
  for (const one of fault) words.push('--fault', wordOf(one));
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) words.push(`--${name}`, String(value).replaceAll(' ', ''));
  }
  return words.join(' ');
}
