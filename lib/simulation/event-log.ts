/** What happened in a simulated world, for people to read. */
import type { World } from './world.js';

/** A fault, its end, a change of the record, a candidate's own news, a failover, a broken promise. */
export type LogKind = 'fault' | 'relief' | 'record' | 'elected' | 'lost' | 'failover' | 'violation';

export interface LogEntry {
  /** Since the world began. */
  readonly atMs: number;
  readonly kind: LogKind;
  readonly what: string;
}

/** The sentence is made only where somebody will read it. */
export type Log = (kind: LogKind, what: () => string) => void;

/** A log that writes to `entries`; one that makes no sentence without them. */
export function logTo(entries: LogEntry[] | undefined, world: World): Log {
  if (entries === undefined) return () => {};
  return (kind, what) => {
    entries.push({ atMs: Math.round(world.now * 1_000) / 1_000, kind, what: what() });
  };
}

export const lineOf = ({ atMs, what }: LogEntry): string => `${atMs.toFixed(1).padStart(10)}  ${what}`;
