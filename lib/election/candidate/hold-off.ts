/** A candidate that resigned leaves vacancies to others for one lease, doubling while that repeats (section 6). */
import type { Clock } from '../../lease/clock.js';
import type { LeaseRecord } from '../../lease/record.js';

/** It doubles up to this many leases; a term of as many leases takes it back to one. */
const MOST_LEASES = 10;

export class HoldOff {
  #leases = 1;
  #until = 0;
  #term = 0;
  #challengesFrom = 0;

  constructor(
    private readonly clock: Clock,
    private readonly leaseMs: number,
  ) {}

  /** Begins after this term. Challenges wait for all of it; vacancies only until a later term is seen. */
  begin(term: number): void {
    this.#until = this.clock.now().mono + this.#leases * this.leaseMs;
    this.#challengesFrom = this.#until;
    this.#term = term;
    this.#leases = Math.min(MOST_LEASES, this.#leases * 2);
  }

  /** Until when vacancies are left to others: monotonic ms. */
  untilFor(record: LeaseRecord | undefined): number {
    if (record !== undefined && record.term > this.#term) this.lift();
    return this.#until;
  }

  get mayChallenge(): boolean {
    return this.clock.now().mono >= this.#challengesFrom;
  }

  /** The office was won all the same. */
  lift(): void {
    this.#until = 0;
  }

  /** A term has ended that was led for so long. */
  led(ms: number): void {
    if (ms >= MOST_LEASES * this.leaseMs) this.#leases = 1;
  }
}
