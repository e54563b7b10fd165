/** The faults of the simulated world, and which of them a seed has: each switched on or off, rarely or often. */
import { ORDERS, type Order } from '../../lib/names/succession.js';
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
] as const;

/** Faults of the queue of notices and of the ticks. */
const QUEUE_FAULTS = ['notice lost', 'notice doubled', 'notice late', 'notice forged', 'tick lost'] as const;

/** What makes a world harder from its beginning to its end. */
const CONDITIONS = ['clock drift', 'mixed leases', 'slow work', 'resigning work', 'failing health'] as const;

/** Where plain schedules find too little, a share of the seeds leans that way. */
const BIASES = ['late hand-overs', 'late acquires', 'late heartbeats', 'one-way partitions of the leader'] as const;

export const FAULTS = [...NETWORK_FAULTS, ...MISCHIEF, ...QUEUE_FAULTS, ...CONDITIONS] as const;

export type NetworkFault = (typeof NETWORK_FAULTS)[number];
export type Mischief = (typeof MISCHIEF)[number];
export type QueueFault = (typeof QUEUE_FAULTS)[number];
export type Fault = (typeof FAULTS)[number];
type Bias = (typeof BIASES)[number];

/** The settings of one seed. */
export interface Settings {
  readonly leaseMs: number;
  /** Probabilities of the network's and the queue's faults; those of mischief are 1 where it is on. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly bias: Bias | undefined;
  readonly maxDelayMs: number;
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
 * @param only faults that may be on; all of them unless told otherwise
 */
export function settingsOf(dice: Dice, only?: readonly Fault[]): Settings {
  const leaseMs = dice.pick([1_000, 3_000, 10_000]);
  const quiet = dice.chance(0.08);
  const faults = Object.fromEntries(
    FAULTS.map((fault) => {
      const rate = dice.chance(0.6) ? dice.between(0.005, 0.12) : 0; // drawn for every fault, so that `only` changes no other
      const isOn = !quiet && rate > 0 && (only === undefined || only.includes(fault));
      return [fault, isOn ? rate : 0];
    }),
  ) as Record<Fault, number>;
  const bias = dice.chance(0.35) ? dice.pick(BIASES) : undefined;
  const aside = dice.aside();
  const functions = dice.chance(0.35) ? dice.pick([1, 2, 3]) : 0;
  return {
    leaseMs,
    faults,
    bias: quiet || only !== undefined ? undefined : bias,
    maxDelayMs: dice.pick([2, leaseMs / 50, leaseMs / 20]),
    priorities: dice.chance(0.3) ? [0, 5, 10] : [0, 0, 0],
    yieldTo: dice.chance(0.5) ? 'priority' : 'operator',
    processes: functions > 0 ? dice.pick([0, 1, 2]) : 3,
    functions,
    notices: functions > 0 || dice.chance(0.3),
    succession: aside.chance(0.25) ? aside.pick(ORDERS) : undefined,
    quiet,
  };
}
