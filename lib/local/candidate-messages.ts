/** The messages between a candidate's process and its cluster. */
import type { CandidateState, LostReason } from '../index.js';

/** What a candidate process is started with. */
export interface CandidateSettings {
  readonly id: string;
  readonly election: string;
  readonly tableName: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly stepDownMs: number;
  readonly requestTimeoutMs: number;
  readonly drift: number;
  readonly priority: number;
}

/** How a write of the journal is fenced: by a stamp on its own item, or by a check in a transaction. */
export type FencedBy = 'stamp' | 'check';

/**
 * What a candidate reports. Times that are compared between processes are on the host's monotonic clock (`hostMs`); those
 * that end in `At` are epoch ms.
 */
export type CandidateReport =
  | { is: 'state'; state: CandidateState }
  | { is: 'elected'; term: number; at: number }
  | { is: 'lost'; term: number; reason: LostReason; at: number }
  | { is: 'heartbeat'; term: number; beat: number; sentAt: number; latencyMs: number; leftMs: number }
  /** assertHeld() passed at an instant between these two. */
  | { is: 'claim'; term: number; before: number; after: number; remainingMs: number }
  | { is: 'requests'; reads: number; writes: number }
  | {
      is: 'office';
      term: number;
      holder?: string;
      previous?: string;
      reason?: string;
      acquiredAt?: number;
      vacatedAt?: number;
    }
  /** A fenced write was accepted; `seq` is its place in the item's history, if it has one. */
  | { is: 'accepted'; by: FencedBy; term: number; seq?: number }
  /** A fenced write was refused: it carried `term`, and met `found`. */
  | { is: 'refused'; by: FencedBy; term: number; found?: number }
  /** A pair of writes lies ready, to be sent late. */
  | { is: 'prepared'; term: number }
  | { is: 'error'; message: string };

/** The first order of all: where the candidate reaches the engine. */
export interface EngineAddress {
  readonly endpoint: string;
}

export type CandidateOrder = EngineAddress | 'resign' | 'prepare' | 'send what is prepared';
