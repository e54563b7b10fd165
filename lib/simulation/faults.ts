/** The faults of a simulated world, by where they strike. */

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

/** Faults that happen to a candidate, the table or the queue, now and then. */
export const INCIDENTS = [
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
  'table restored',
  'record deleted',
  'monotonic ahead',
  'short outage',
  'clone',
] as const;

/** Faults of the queue of notices and of the ticks. */
export const QUEUE_FAULTS = ['notice lost', 'notice doubled', 'notice late', 'notice forged', 'tick lost'] as const;

/** What makes a world harder from its beginning to its end. */
const CONDITIONS = ['clock drift', 'mixed leases', 'slow work', 'resigning work', 'failing health'] as const;

export const FAULTS = [...NETWORK_FAULTS, ...INCIDENTS, ...QUEUE_FAULTS, ...CONDITIONS] as const;

/** Those that take the table back. What is still promised then: `rewinds.ts`. */
export const REWINDS: readonly Fault[] = ['table restored', 'record deleted'];

/** Counts that it has happened. */
export function count(injected: Record<string, number>, kind: string): void {
  injected[kind] = (injected[kind] ?? 0) + 1;
}

export type NetworkFault = (typeof NETWORK_FAULTS)[number];
export type Incident = (typeof INCIDENTS)[number];
export type QueueFault = (typeof QUEUE_FAULTS)[number];
export type Fault = (typeof FAULTS)[number];
