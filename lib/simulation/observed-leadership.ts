/** A leadership as the checker follows it, from its work's beginning on. */
import type { Leadership } from '../election/candidate/leadership.js';
import type { Machine } from './machine.js';

/** One leadership that was given to work, and what is known of that work. */
export interface ObservedLeadership {
  /** The candidate's: a copy of a process goes on under another than its machine began with. */
  readonly id: string;
  readonly machine: Machine;
  readonly leadership: Leadership;
  /** The lease of its candidate. */
  readonly leaseMs: number;
  /** The attempt that its term belongs to. */
  readonly attempt: string;
  /** The work has neither ended nor said that it has. */
  working: boolean;
  /** resign() has settled (S10). */
  settled: boolean;
  /** A copy of its process has led this term too: until then nothing can stop the one that loses. */
  excusedUntil?: number;
  /** What its machine had done and heard when it was last seen to hold: far from its lease's end, more must come to change that. */
  heldTurns?: number;
  heldUntil?: number;
  /** When it was first seen to be over. */
  overAt?: number;
  /** What its machine had done and heard when it was last seen to be over: until more is, time alone gives nothing back. */
  overTurns?: number;
  overNews?: number;
}

export function observed(machine: Machine, leadership: Leadership, leaseMs: number): ObservedLeadership {
  const { id } = leadership;
  return { id, machine, leadership, leaseMs, attempt: attemptOf(leadership), working: true, settled: false };
}

/** As its fenced writes carry it. */
function attemptOf({ fence }: Leadership): string {
  return fence.check().ConditionCheck.ExpressionAttributeValues[':attempt'] as string;
}
