/** The faults of the simulated world, and which of them a seed has: each switched on or off, rarely or often. */
import { resolveTimings, type Timings } from '../lease/timing.js';
import { ORDERS, type Order } from '../names/succession.js';
import type { Dice } from './world.js';

/** Faults of single requests: probabilities. */
const NETWORK_FAULTS = [
  'request lost',
  'reply lost',
  'late landing',
  'duplicate',
  'error 500',
  'throttle',
  'stale read',
  'slow',
] as const;

/** What befalls a candidate, the table or the queue, now and then. */
export const MISCHIEF = [
  'kill',
  'freeze',
  'suspend',
  'partition',
  'one-way partition',
  'outage',
  'close',
  'challenge',
  'revoke',
  'clock step',
  'wake',
  'twin',
] as const;

/** Faults of the queue of notices and of the ticks. */
const QUEUE_FAULTS = ['notice lost', 'notice doubled', 'notice late', 'notice forged', 'tick lost'] as const;

/** What makes a world harder from its beginning to its end. */
const CONDITIONS = ['clock drift', 'mixed leases', 'slow work', 'resigning work', 'failing health'] as const;

/** Came later, and are drawn aside: what other seeds had before, they have still. In so many seeds they are on. */
const LATER: ReadonlyMap<Fault, number> = new Map([['twin', 0.25]]);

/** Where plain schedules find too little, a share of the seeds leans that way. */
const BIASES = ['late hand-overs', 'late acquires', 'late heartbeats', 'one-way partitions of the leader'] as const;

export const FAULTS = [...NETWORK_FAULTS, ...MISCHIEF, ...QUEUE_FAULTS, ...CONDITIONS] as const;

export type NetworkFault = (typeof NETWORK_FAULTS)[number];
export type Mischief = (typeof MISCHIEF)[number];
export type QueueFault = (typeof QUEUE_FAULTS)[number];
export type Fault = (typeof FAULTS)[number];
type Bias = (typeof BIASES)[number];

/** Of all clocks in a world that has none of its own: the library's default. */
export const DRIFT = resolveTimings({}).drift;

/** The settings of one seed. */
export interface Settings {
  readonly leaseMs: number;
  /** The heartbeat period; what the library makes of the lease if undefined. */
  readonly renewMs: number | undefined;
  /** Of every candidate; no clock errs by more. */
  readonly drift: number;
  /** Probabilities of the network's and the queue's faults; those of mischief are 1 where it is on. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly bias: Bias | undefined;
  /** The longest that a request, or an answer, is under way where nothing is wrong. */
  readonly maxDelayMs: number;
  /** The mean time from one mischief to the next; drawn in leases if undefined. */
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

export interface Asked {
  /** These faults are on, and no others; none at all makes the world quiet. Drawn unless told otherwise. */
  readonly only?: readonly Fault[];
  readonly plan?: Plan;
}

export function settingsOf(dice: Dice, { only, plan }: Asked = {}): Settings {
  // Everything is drawn, wanted or not, and always in this order: what is asked for changes nothing else.
  const leaseMs = dice.pick([1_000, 3_000, 10_000]);
  const drawnQuiet = dice.chance(0.08);
  const quiet = only === undefined ? drawnQuiet : only.length === 0;
  const drawn = FAULTS.filter((fault) => !LATER.has(fault)).map(
    (fault) => [fault, dice.chance(0.6) ? dice.between(...RATES) : 0] as const,
  );
  const bias = dice.chance(0.35) ? dice.pick(BIASES) : undefined;
  const aside = dice.aside();
  const functions = dice.chance(0.35) ? dice.pick([1, 2, 3]) : 0;
  const settings: Settings = {
    leaseMs,
    renewMs: undefined,
    drift: DRIFT,
    faults: {} as Record<Fault, number>,
    bias: quiet || only !== undefined ? undefined : bias,
    maxDelayMs: dice.pick([2, leaseMs / 50, leaseMs / 20]),
    paceMs: undefined,
    priorities: dice.chance(0.3) ? [0, 5, 10] : [0, 0, 0],
    yieldTo: dice.chance(0.5) ? 'priority' : 'operator',
    processes: functions > 0 ? dice.pick([0, 1, 2]) : 3,
    functions,
    notices: functions > 0 || dice.chance(0.3),
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
  const mails = QUEUE_FAULTS.some((fault) => only?.includes(fault));
  const notices = mails || (plan === undefined && settings.notices);
  return { ...settings, faults, notices, ...(plan && planned(plan)) };
}

/** How likely a fault is where it is on. */
const RATES = [0.005, 0.12] as const;

function planned({ timings, candidates, maxDelayMs, paceMs }: Plan): Partial<Settings> {
  const { leaseMs, renewMs, drift } = timings;
  const equals = { priorities: [0, 0, 0], yieldTo: 'operator', succession: undefined } as const;
  return { ...equals, leaseMs, renewMs, drift, maxDelayMs, paceMs, processes: candidates, functions: 0 };
}
