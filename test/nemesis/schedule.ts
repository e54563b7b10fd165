/** What the nemesis will do, and when: drawn from the seed before the run begins, so that it can be repeated. */
import { between, oneOf, type Random, random } from './random.js';

/** Done to a whole process. */
export const TO_PROCESSES = [
  'kill',
  'stop',
  'twin',
  'block',
  'close',
  'partition',
  'deaf',
  'half-open',
  'storm',
  'clock step',
] as const;
/** Done to the leader of one election. */
export const TO_LEADERS = ['resign', 'revoke', 'challenge'] as const;
/** Done to single requests, all the time: see `network.ts`. */
export const TO_REQUESTS = ['lost reply', 'late landing', 'duplicate', 'reset', 'slow', 'refused'] as const;

type ToProcess = (typeof TO_PROCESSES)[number];
type ToLeader = (typeof TO_LEADERS)[number];
export type Fault = ToProcess | ToLeader | (typeof TO_REQUESTS)[number];

export type Act =
  | { readonly atMs: number; readonly fault: ToProcess; readonly slot: number; readonly ms: number }
  | { readonly atMs: number; readonly fault: ToLeader; readonly election: number };

/** How often each is done to processes, per second; fewer, where too many are busy. */
const TO_PROCESSES_RATES: Record<ToProcess, number> = {
  kill: 0.25,
  stop: 0.5,
  twin: 0.1,
  block: 0.3,
  close: 0.1,
  partition: 0.2,
  deaf: 0.15,
  'half-open': 0.15,
  storm: 0.2,
  'clock step': 0.4,
};
/** How often each is done to leaders, per second and election. */
const TO_LEADERS_RATES: Record<ToLeader, number> = { resign: 0.16, revoke: 0.05, challenge: 0.05 };

/** Of the processes, so many at least are left alone at any time, that somebody may lead. */
const leftAlone = (processes: number) => Math.ceil(processes / 2);

export interface Field {
  readonly seed: number;
  readonly seconds: number;
  readonly processes: number;
  readonly elections: number;
  readonly leaseMs: number;
  /** Which processes have wall clocks that can step. */
  readonly skewed: readonly number[];
}

export function schedule(field: Field): Act[] {
  return [...actsOnProcesses(field), ...actsOnLeaders(field)].sort((a, b) => a.atMs - b.atMs);
}

function actsOnProcesses({ seed, seconds, processes, leaseMs, skewed }: Field): Act[] {
  const chance = random(seed);
  const acts: Act[] = [];
  /** Until when each process is busy. */
  const busyUntil = Array.from({ length: processes }, () => 0);
  for (const { atMs, fault } of arrivals(chance, TO_PROCESSES_RATES, seconds)) {
    const ms = between(chance, ...lengths(fault, leaseMs));
    if (fault === 'clock step') {
      if (skewed.length > 0) acts.push({ atMs, fault, slot: oneOf(chance, skewed), ms });
      continue;
    }
    const free = busyUntil.flatMap((until, slot) => (until <= atMs ? [slot] : []));
    if (free.length <= leftAlone(processes)) continue;
    const slot = oneOf(chance, free);
    // A moment of peace after each: a process that was just started has not shown yet what it would do.
    busyUntil[slot] = atMs + ms + 0.5 * leaseMs;
    acts.push({ atMs, fault, slot, ms });
  }
  return acts;
}

function actsOnLeaders({ seed, seconds, elections }: Field): Act[] {
  const chance = random(seed + 1);
  const rates = Object.fromEntries(
    Object.entries(TO_LEADERS_RATES).map(([fault, rate]) => [fault, rate * elections]),
  ) as typeof TO_LEADERS_RATES;
  return [...arrivals(chance, rates, seconds)].map(({ atMs, fault }) => {
    return { atMs, fault, election: Math.floor(chance() * elections) };
  });
}

/** From well within a lease to far beyond it. */
function lengths(fault: ToProcess, leaseMs: number): [number, number] {
  if (fault === 'kill' || fault === 'close') return [0, 1.5 * leaseMs]; // until it is started again
  return [0.6 * leaseMs, 2.2 * leaseMs];
}

/** Faults at random instants, each as often as its rate says. */
function* arrivals<F extends string>(chance: Random, rates: Record<F, number>, seconds: number) {
  const kinds = Object.keys(rates) as F[];
  const rate = kinds.reduce((sum, fault) => sum + rates[fault], 0);
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - chance()) / rate) * 1000;
    if (atMs >= seconds * 1000) return;
    let left = chance() * rate;
    const fault = kinds.find((kind) => {
      left -= rates[kind];
      return left < 0;
    });
    yield { atMs, fault: fault ?? kinds[0]! };
  }
}
