/**
 * What candidates owe each other beyond safety (section 6), asked when one sends a request: a vacancy that is reserved is
 * left alone for a while, a candidate that has resigned lets others go first, and one whose health check fails neither
 * challenges nor goes on leading. An acquire out of turn is valid, so no invariant would show it.
 */
import type { CandidateState } from '../election/events.js';
import { type LeaseRecord, versionKey } from '../lease/record.js';
import type { ChallengeWrite } from '../lease/store.js';
import { type Timings, waitMs } from '../lease/timing.js';
import type { Machine } from './machine.js';

/** A candidate as others see it. */
export interface Standing {
  readonly machine: Machine;
  readonly election: { readonly id: string; readonly state: CandidateState };
  /** Since when its health check fails: real time. */
  readonly sickSince: number | undefined;
}

/** What the courtesy of one candidate is asked with. */
export interface CourtesyOf {
  readonly timings: Timings;
  readonly now: () => number;
  readonly all: () => readonly Standing[];
  readonly wrong: (what: string) => void;
}

/** Challenges of relays and operators have higher ranks, and are not the candidate's own wish. */
const HIGHEST_PRIORITY = 99_999_999;
/** A verdict on the health is as old as a period at most; the rest is for timers and tries. */
const PERIODS_UNTIL_NOTICED = 1.5;
const VERSIONS_KEPT = 100;

export class Courtesy {
  /** When each version was first shown to this candidate, by its own monotonic clock. */
  readonly #shown = new Map<string, number>();
  #resigned: { readonly term: number; readonly at: number } | undefined;
  #leadsSince = Number.POSITIVE_INFINITY;

  constructor(
    private readonly me: () => Standing,
    private readonly context: CourtesyOf,
  ) {}

  /** An answer has shown this record. */
  shown(record: LeaseRecord | undefined): void {
    // A later term lifts the hold-off, also where the table goes back afterwards.
    if (record !== undefined && record.term > (this.#resigned?.term ?? Number.POSITIVE_INFINITY))
      this.#resigned = undefined;
    if (record === undefined || record.holder !== undefined) return;
    const key = versionKey(record);
    if (this.#shown.has(key)) return;
    if (this.#shown.size >= VERSIONS_KEPT) this.#shown.clear();
    this.#shown.set(key, this.#mono());
  }

  elected(): void {
    this.#leadsSince = this.context.now();
  }

  lost(term: number, resigned: boolean): void {
    this.#leadsSince = Number.POSITIVE_INFINITY;
    if (resigned) this.#resigned = { term, at: this.#mono() };
  }

  /** It tries to take this version. */
  acquires(seen: LeaseRecord): void {
    if (seen.holder !== undefined) return;
    const { id } = this.me().election;
    this.#askReserved(seen, id);
    this.#askHoldOff(seen, id);
  }

  /** It challenges the leader. */
  challenges({ challenger }: ChallengeWrite): void {
    if (challenger.rank > HIGHEST_PRIORITY || !this.#isLongSick(Number.NEGATIVE_INFINITY)) return;
    this.context.wrong(`section 6: ${challenger.id} sent a challenge although its health check fails`);
  }

  /** It sends a heartbeat. */
  renews(): void {
    if (!this.#isLongSick(this.#leadsSince)) return;
    this.context.wrong(`section 6: ${this.me().election.id} went on leading although its health check fails`);
  }

  #askReserved(seen: LeaseRecord, id: string): void {
    const { successor } = seen;
    const at = this.#shown.get(versionKey(seen));
    if (successor === undefined || successor === id || at === undefined) return;
    const reservedMs = Math.min(2 * seen.renewMs, waitMs(seen.leaseMs, this.context.timings.drift));
    const waitedMs = this.#mono() - at;
    if (waitedMs >= reservedMs || !this.#others().some((one) => one.election.id === successor)) return;
    this.context.wrong(
      `section 6: ${id} took the vacancy of term ${seen.term}, reserved for ${successor}, after ${Math.round(waitedMs)} ms`,
    );
  }

  #askHoldOff(seen: LeaseRecord, id: string): void {
    const mine = this.#resigned;
    const isMine = seen.term === mine?.term && seen.previous === id && seen.reason === 'resigned';
    if (mine === undefined || !isMine || seen.successor === id) return;
    const waitedMs = this.#mono() - mine.at;
    if (waitedMs >= this.context.timings.leaseMs || this.#others().length === 0) return;
    this.context.wrong(
      `section 6: ${id} took the vacancy that it left by resigning term ${seen.term} after ${Math.round(waitedMs)} ms`,
    );
  }

  /** Those that stand for office, and are well. */
  #others(): readonly Standing[] {
    const me = this.me();
    return this.context
      .all()
      .filter(({ machine, sickSince }) => machine.alive && !machine.frozen && sickSince === undefined)
      .filter((one) => one !== me && (one.election.state === 'standby' || one.election.state === 'contending'));
  }

  #isLongSick(since: number): boolean {
    const { sickSince, machine } = this.me();
    if (sickSince === undefined) return false;
    const { renewMs, requestTimeoutMs } = this.context.timings;
    const from = Math.max(sickSince, machine.thawedAt, since);
    return this.context.now() - from > PERIODS_UNTIL_NOTICED * renewMs + requestTimeoutMs;
  }

  #mono(): number {
    return this.me().machine.clock.now().mono;
  }
}
