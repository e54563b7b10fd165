/**
 * The claims of one candidate: acquisitions and challenges that it has sent, any of which may still give it the office. A
 * record that shows a claim's attempt and this candidate is won. A claim whose answer was
 * lost is kept until a record shows that it can bring nothing any more, or the candidate has left. A second claim changes
 * nothing about what the first may bring.
 */
import type { Instant } from '../../lease/clock.js';
import { showsMine } from '../../lease/outcome.js';
import type { LeaseRecord } from '../../lease/record.js';
import { REFUSED_AFTER_BEATS } from './challenge-rules.js';

/** A claim to the term after `term`. */
interface Claim {
  readonly attempt: string;
  /** The term that the record showed when it was made. */
  readonly term: number;
}

/** An acquisition of one version. Whatever is sent again for it keeps the attempt, and counts from the first sending. */
export interface Bid extends Claim {
  readonly kind: 'bid';
  readonly key: string;
  stamp: Instant | undefined;
}

/** A challenge to the leader of one term. */
export interface Challenge extends Claim {
  readonly kind: 'challenge';
  readonly holder: string;
  readonly rank: number;
  /** The leader's, when the challenge landed as far as is known. */
  beat: number;
  /** A try of it had no answer: that one may land late, even after the challenge was withdrawn. */
  unsure: boolean;
  /** It may still be granted: the candidate looks more often. */
  pending: boolean;
}

/** How a term was won. */
export interface Won {
  readonly record: LeaseRecord;
  /**
   * When the write that won it was sent. Undefined where no answer says so (the record shows a claim whose answer was lost,
   * or an office that was handed over): then it gives no lease by itself, and the first renewal does.
   */
  readonly stamp: Instant | undefined;
  /** It was handed over: the record still shows what the old leader had declared. */
  readonly handedOver: boolean;
}

export class Claims {
  #claims: (Bid | Challenge)[] = [];

  get isEmpty(): boolean {
    return this.#claims.length === 0;
  }

  get challenges(): readonly Challenge[] {
    return this.#claims.filter((claim) => claim.kind === 'challenge');
  }

  /** A challenge that may still be granted. */
  get isPending(): boolean {
    return this.#claims.some((claim) => claim.kind === 'challenge' && claim.pending);
  }

  /** The bid for this version: a new one, unless there is one already. */
  bid(key: string, term: number, attempt: () => string): Bid {
    const known = this.#claims.find((claim) => claim.kind === 'bid' && claim.key === key) as Bid | undefined;
    if (known !== undefined) return known;
    const bid: Bid = { kind: 'bid', key, term, attempt: attempt(), stamp: undefined };
    this.#claims.push(bid);
    return bid;
  }

  challenge(made: Pick<Challenge, 'term' | 'holder' | 'attempt' | 'rank' | 'beat'>): Challenge {
    const challenge: Challenge = { kind: 'challenge', ...made, unsure: true, pending: true };
    this.#claims.push(challenge);
    return challenge;
  }

  /** The claim that has won, by what the record shows. One's own name proves nothing: an attempt that was sent does. */
  wonBy(record: LeaseRecord | undefined, id: string): Bid | Challenge | undefined {
    return this.#claims.find(({ attempt }) => showsMine(record, id, attempt));
  }

  /** Forgets what can bring nothing any more: all claims to terms up to the one that the record shows. */
  prune(record: LeaseRecord | undefined): void {
    if (record === undefined || this.#claims.length === 0) return;
    this.#claims = this.#claims.filter(({ term }) => record.term <= term);
  }

  drop(dropped: Bid | Challenge): void {
    this.#claims = this.#claims.filter((claim) => claim !== dropped);
  }

  clear(): void {
    this.#claims = [];
  }

  /** Bids for another version than this one can never land. */
  dropDeadBids(key: string): void {
    this.#claims = this.#claims.filter((claim) => claim.kind === 'challenge' || claim.key === key);
  }

  /** Decides whether to go on looking for the office that was asked for; it is still taken if it is handed over later. */
  judgePending(record: LeaseRecord | undefined): void {
    for (const claim of this.#claims) {
      if (claim.kind === 'challenge' && claim.pending) claim.pending = mayBeGranted(claim, record);
    }
  }
}

function mayBeGranted(mine: Challenge, record: LeaseRecord | undefined): boolean {
  // A look that was under way when the challenge landed shows none, or the weaker one before it: that is no refusal.
  const other = record?.challenger;
  const isReplaced = other !== undefined && other.attempt !== mine.attempt && other.rank >= mine.rank;
  return (
    record !== undefined &&
    record.term === mine.term &&
    record.holder === mine.holder &&
    !isReplaced &&
    record.beat < mine.beat + REFUSED_AFTER_BEATS
  );
}
