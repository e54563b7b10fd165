/** Which challengers may ask a leader to hand over, and whether it does (section 6, Challenge). Pure. */
import type { Challenger } from '../../lease/record.js';
import type { YieldTo } from '../options.js';

/** The rank of an operator's challenge: every leader yields to it. */
export const OPERATOR_RANK = 1_000_000_000;
/** The rank of a relay, a newer runner of the same candidate. No priority reaches it. */
export const RELAY_RANK = 100_000_000;
/** A challenger that stands looks this often. */
export const STANDING_MS = 100;
/** After so many heartbeats that left a challenge unanswered, it is refused. */
export const REFUSED_AFTER_BEATS = 2;

/** Whether the leader hands over to this challenger. */
export function judge(challenger: Challenger, leader: { id: string; priority: number; yieldTo: YieldTo }): boolean {
  if (challenger.rank >= OPERATOR_RANK) return true;
  if (challenger.rank >= RELAY_RANK) return challenger.id === leader.id;
  return leader.yieldTo === 'priority' && challenger.rank > leader.priority;
}
