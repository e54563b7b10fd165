/** What a seed's world is like: timings, candidates, and which faults it has, each switched on or off, rarely or often. */
import { resolveTimings, type Timings } from '../lease/timing.js';
import { ORDERS, type Order } from '../names/succession.js';
import { FAULTS, type Fault, QUEUE_FAULTS } from './faults.js';
import type { SeededRandom } from './seeded-random.js';

/** Came later, and are drawn aside: what other seeds had before, they have still. In so many seeds they are on. */
const LATER: ReadonlyMap<Fault, number> = new Map([
  ['twin', 0.25],
  ['table restored', 0.06],
  ['record deleted', 0.06],
  ['monotonic ahead', 0.2],
  ['short outage', 0],
  ['clone', 0.08],
]);

/** In so many seeds a short outage is all that happens: no term may be lost by it. */
const SHORT_OUTAGE_WORLDS = 0.04;

/** In so many seeds clocks err by all that they may, and leaders are cut off. Drawn aside, too. */
const MARGIN_WORLDS = 0.06;

/** Where plain schedules find too little, a share of the seeds leans that way. */
const BIASES = ['late hand-overs', 'late acquires', 'late heartbeats', 'one-way partitions of the leader'] as const;

type Bias = (typeof BIASES)[number] | 'clocks at the margin';

/** Of all clocks in a world that has none of its own: the library's default. */
export const DRIFT = resolveTimings({}).drift;

/** The settings of one seed. */
export interface Settings {
  readonly leaseMs: number;
  /** The heartbeat period; what the library makes of the lease if undefined. */
  readonly renewMs: number | undefined;
  /** Of every candidate; no clock errs by more. */
  readonly drift: number;
  /** Probabilities of the network's and the queue's faults; those of incidents are 1 where it is on. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly bias: Bias | undefined;
  /** The longest that a request, or an answer, is under way where nothing is wrong. */
  readonly maxDelayMs: number;
  /** The mean time from one incident to the next; drawn in leases if undefined. */
  readonly paceMs: number | undefined;
  readonly priorities: readonly number[];
  readonly yieldTo: 'priority' | 'operator';
  /** How many candidates are processes that run on, and how many are functions that are woken. */
  readonly processes: number;
  readonly functions: number;
  readonly notices: boolean;
  /** In which order a vacancy passes on, where there is a roster. */
  readonly succession: Order | undefined;
  readonly quiet: boolean;
}

/**
 * What somebody plans to deploy, in place of what the seed would draw: candidates are processes that run on, all with
 * these timings. Functions are left out, for their ticks would have to be planned too; so are ranks and orders of
 * succession, by which candidates stand back for others.
 */
export interface Plan {
  readonly timings: Timings;
  readonly candidates: number;
  readonly maxDelayMs: number;
  readonly paceMs: number;
}

/** Faults that no planned world has. */
export const NEVER_PLANNED: readonly Fault[] = ['mixed leases', 'tick lost'];

export interface Constraints {
  /** These faults are on, and no others; none at all makes the world quiet. Drawn by default. */
  readonly only?: readonly Fault[];
  readonly plan?: Plan;
}

export function settingsOf(random: SeededRandom, { only, plan }: Constraints = {}): Settings {
  // Everything is drawn, wanted or not, and always in this order: what is asked for changes nothing else.
  const leaseMs = random.pick([1_000, 3_000, 10_000]);
  const drawnQuiet = random.chance(0.08);
  const quiet = only === undefined ? drawnQuiet : only.length === 0;
  const drawn = FAULTS.filter((fault) => !LATER.has(fault)).map(
    (fault) => [fault, random.chance(0.6) ? random.between(...RATES) : 0] as const,
  );
  const bias = random.chance(0.35) ? random.pick(BIASES) : undefined;
  const aside = random.aside();
  const functions = random.chance(0.35) ? random.pick([1, 2, 3]) : 0;
  const settings: Settings = {
    leaseMs,
    renewMs: undefined,
    drift: DRIFT,
    faults: {} as Record<Fault, number>,
    bias: quiet || only !== undefined ? undefined : bias,
    maxDelayMs: random.pick([2, leaseMs / 50, leaseMs / 20]),
    paceMs: undefined,
    priorities: random.chance(0.3) ? [0, 5, 10] : [0, 0, 0],
    yieldTo: random.chance(0.5) ? 'priority' : 'operator',
    processes: functions > 0 ? random.pick([0, 1, 2]) : 3,
    functions,
    notices: functions > 0 || random.chance(0.3),
    succession: aside.chance(0.25) ? aside.pick(ORDERS) : undefined,
    quiet,
  };
  const rateOf = (fault: Fault, rate: number): number => {
    if (quiet || (plan !== undefined && NEVER_PLANNED.includes(fault))) return 0;
    if (only === undefined) return rate;
    return only.includes(fault) ? rate || aside.between(...RATES) : 0;
  };
  const faults = Object.fromEntries(drawn.map(([fault, rate]) => [fault, rateOf(fault, rate)])) as Record<
    Fault,
    number
  >;
  for (const [fault, often] of LATER) faults[fault] = rateOf(fault, aside.chance(often) ? 1 : 0);
  const atMargin = aside.chance(MARGIN_WORLDS) && !quiet && only === undefined && plan === undefined;
  const outagesOnly = aside.chance(SHORT_OUTAGE_WORLDS) && !quiet && only === undefined && plan === undefined;
  if (outagesOnly) for (const fault of FAULTS) faults[fault] = fault === 'short outage' ? 1 : 0;
  const mails = QUEUE_FAULTS.some((fault) => only?.includes(fault));
  const notices = mails || (plan === undefined && settings.notices);
  if (hasOnly({ faults }, ['short outage'])) {
    // A network so slow that answers come too late by themselves is another fault.
    return { ...settings, faults, bias: undefined, maxDelayMs: leaseMs / 50, ...(plan && planned(plan)) };
  }
  return { ...settings, faults, notices, ...(plan && planned(plan)), ...(atMargin && margin(aside)) };
}

/** How likely a fault is where it is on. */
const RATES = [0.005, 0.12] as const;

/** Leases so long, and a network so quick, that half of the margin is more than all that delays a takeover. */
function margin(random: SeededRandom): Partial<Settings> {
  return { bias: 'clocks at the margin', leaseMs: random.pick([10_000, 30_000]), maxDelayMs: 2 };
}

/** True where these faults are on, or some of them, and no others. */
export function hasOnly({ faults }: Pick<Settings, 'faults'>, some: readonly Fault[]): boolean {
  const on = FAULTS.filter((fault) => faults[fault] > 0);
  return on.length > 0 && on.every((fault) => some.includes(fault));
}

function planned({ timings, candidates, maxDelayMs, paceMs }: Plan): Partial<Settings> {
  const { leaseMs, renewMs, drift } = timings;
  const equals = { priorities: [0, 0, 0], yieldTo: 'operator', succession: undefined } as const;
  return { ...equals, leaseMs, renewMs, drift, maxDelayMs, paceMs, processes: candidates, functions: 0 };
}
