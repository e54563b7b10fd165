/** What the nemesis and its processes of candidates say to each other, over IPC. */
import type { Timings } from '../../lib/lease/timing.js';
import type { FencedBy } from '../../lib/local/candidate-messages.js';

/** Other locks, to which the same is done: the packages themselves, as the bench runs them. */
export const PEERS = ['deliveryhero', 'dynamodb-lock-client'] as const;
export type PeerName = (typeof PEERS)[number];

export interface Peer {
  readonly system: PeerName;
  /** Where the packages of others are. */
  readonly packages: string;
}

/** What a process of candidates is started with, as its one argument. */
export interface Task {
  /** The id of its candidates, in every election the same: a process that is started again takes it over. */
  readonly id: string;
  readonly elections: readonly string[];
  /** Those of them in which the candidate of the highest priority is to lead, and challenges another leader. */
  readonly ranked: readonly string[];
  readonly priority: number;
  readonly tableName: string;
  readonly timings: Timings;
  readonly clock: ClockTask;
  /** For what it does by chance: when it writes, and what it holds back. */
  readonly seed: number;
  /** Whose candidates these are, if not ours. */
  readonly peer?: Peer;
}

/**
 * How it reads the host's clock. Where its own monotonic clock is faked it reads `/proc/uptime`, which libfaketime leaves
 * alone: that counts whole hundredths of a second, and runs ahead of the others' clock by `aheadMs`.
 */
export type ClockTask =
  | { readonly by: 'hrtime' }
  | { readonly by: 'uptime'; readonly aheadMs: { readonly least: number; readonly most: number } };

/** An instant on the host's monotonic clock lies between these two, in ms. */
export interface Between {
  readonly least: number;
  readonly most: number;
}

/** `unknown`: no answer, or one that does not say. Such a write may be applied, or be applied later. */
export type Outcome = 'accepted' | 'refused' | 'unknown';

export type Report =
  /** Its clock, to be compared with the nemesis's own. */
  | { readonly is: 'ready'; readonly at: Between }
  | {
      readonly is: 'elected';
      readonly election: string;
      readonly term: number;
      /** How the term before it ended, as the record says. */
      readonly reason: string | undefined;
      readonly at: Between;
    }
  | {
      readonly is: 'lost';
      readonly election: string;
      readonly term: number;
      readonly reason: string;
      readonly at: Between;
    }
  /** assertHeld() passed at an instant before `from`, and at one after `to`; `from` may be the later of the two. */
  | {
      readonly is: 'held';
      readonly election: string;
      readonly term: number;
      readonly from: number;
      readonly to: number;
    }
  /** assertHeld() passed, although this very process knew of the end of the term: by `lost`, or by its own resign(). */
  | { readonly is: 'revived'; readonly election: string; readonly term: number }
  | {
      readonly is: 'wrote';
      readonly election: string;
      readonly term: number;
      readonly by: FencedBy;
      /** Held back on purpose, and sent when the term may long be over. */
      readonly late: boolean;
      /** Taken before it was sent. */
      readonly sentAt: Between;
      readonly outcome: Outcome;
    }
  | { readonly is: 'error'; readonly code: string; readonly message: string };

/** What the nemesis orders a process to do. */
export type Order =
  | { readonly do: 'block'; readonly ms: number }
  | { readonly do: 'resign'; readonly election: string };
