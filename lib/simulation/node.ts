/** A machine of a simulated world with the candidate that it runs, and what is known of both. */
import type { Election } from '../election/election.js';
import type { CandidateHistory } from './checker.js';
import type { Lockstep } from './lockstep.js';
import type { Machine } from './machine.js';
import type { Link } from './network.js';
import type { SimulatedStore } from './store.js';

/** A machine that runs one candidate. */
export interface Node extends CandidateHistory {
  readonly leaseMs: number;
  readonly lockstep: Lockstep | undefined;
  readonly isCopy: boolean;
  readonly machine: Machine;
  readonly link: Link;
  readonly store: SimulatedStore;
  readonly election: Election;
  readonly stop: AbortController;
  /** Since when its health check fails. */
  sickSince: number | undefined;
  /** When its wall clock was last set back, and when its monotonic clock last stood still: never both in one lease. */
  setBackAt: number;
  suspendedAt: number;
  /** When its wall clock was last set forward, and when its monotonic clock last ran ahead: never both in one watch. */
  setForthAt: number;
  aheadAt: number;
}
