/**
 * What must hold whatever happens to the cluster (protocol, section 9), checked on what the candidates report while it
 * goes on. Reports come late and in any order between processes (a stopped process delivers its own when it is continued),
 * so everything is judged by the times and numbers that they carry.
 */
import type { Timings } from '../lease/timing.js';
import type { CandidateReport, FencedBy } from './candidate-messages.js';

type Of<K extends CandidateReport['is']> = Extract<CandidateReport, { is: K }>;

/** For requests on this machine: what a round trip takes at most, when it is not busy. */
const ROUND_TRIP_MS = 50;
/** The longest random part of the courtesy at a vacancy; candidates of equal priority wait no longer. */
const COURTESY_MS = 50;
/** A busy machine may be late by this much, and nothing is wrong with the protocol. */
export const ALLOWANCE_MS = 3_000;

/** While one term's leadership held for sure: between the first passing of assertHeld() and the last. */
interface Held {
  readonly id: string;
  from: number;
  to: number;
}

/** Where in an item's history one term wrote. */
interface Written {
  first: number;
  last: number;
}

/**
 * L1: how long after the last heartbeat that landed another leads at the latest, in ms: the lag of a standby's sight, the
 * lease by two clocks that err, the courtesy, one read and two writes.
 */
export function failoverBoundMs({ leaseMs, renewMs, drift }: Timings): number {
  const lag = renewMs + ROUND_TRIP_MS;
  return Math.ceil(lag + (leaseMs * (1 + drift)) / (1 - drift) + COURTESY_MS + 3 * ROUND_TRIP_MS);
}

export class Invariants {
  /** What was found broken, in sentences. */
  readonly violations: string[] = [];
  /** How much was compared. */
  readonly counts = { claims: 0, terms: 0, ends: 0, writes: 0, failovers: 0 };
  readonly #held = new Map<number, Held>();
  readonly #elected = new Map<number, { id: string; at: number }>();
  readonly #lostAt = new Map<number, number>();
  readonly #leading = new Map<string, number>();
  readonly #written: Record<FencedBy, Map<number, Written>> = { stamp: new Map(), check: new Map() };

  constructor(private readonly timings: Timings) {}

  /** Takes a report of candidate `id`; what says nothing of an invariant is let pass. */
  see(id: string, report: CandidateReport): void {
    if (report.is === 'claim') this.#claim(id, report);
    else if (report.is === 'elected') this.#elect(id, report);
    else if (report.is === 'lost') this.#lose(id, report);
    else if (report.is === 'accepted') this.#write(id, report);
  }

  /** L1, with the allowance. @param tookMs from the last heartbeat that landed to the next leader */
  failover(what: string, tookMs: number): void {
    this.counts.failovers += 1;
    const bound = failoverBoundMs(this.timings);
    if (tookMs <= bound + ALLOWANCE_MS) return;
    this.#broken(
      `L1: the failover after ${what} took ${Math.round(tookMs)} ms from the last heartbeat that landed, and the bound is ` +
        `${bound} ms with ${ALLOWANCE_MS} ms allowed for a busy machine.`,
    );
  }

  /** S1: what held at two instants held between them, for a lease that has ended never begins again (S9). */
  #claim(id: string, { term, before, after }: Of<'claim'>): void {
    this.counts.claims += 1;
    const lostAt = this.#lostAt.get(term);
    if (lostAt !== undefined && before > lostAt) {
      this.#broken(
        `S9: assertHeld() of ${id} passed in term ${term} ${ms(before - lostAt)} after that term was reported lost.`,
      );
    }
    const held = this.#held.get(term) ?? { id, from: after, to: after };
    if (held.id !== id) {
      this.#broken(`S3: both ${held.id} and ${id} passed assertHeld() in term ${term}.`);
      return;
    }
    held.from = Math.min(held.from, after);
    held.to = Math.max(held.to, before);
    this.#held.set(term, held);
    for (const [other, theirs] of this.#held) {
      const together = Math.min(held.to, theirs.to) - Math.max(held.from, theirs.from);
      if (other !== term && together > 0) {
        this.#broken(
          `S1: ${id} in term ${term} and ${theirs.id} in term ${other} both passed assertHeld() for ${ms(together)}.`,
        );
      }
    }
  }

  /** S3, and the first half of S9. */
  #elect(id: string, { term, at }: Of<'elected'>): void {
    this.counts.terms += 1;
    const twice = this.#elected.get(term);
    if (twice !== undefined) this.#broken(`S3: term ${term} was reported elected by ${twice.id} and again by ${id}.`);
    for (const [other, theirs] of this.#elected) {
      if (other !== term && other > term !== theirs.at > at) {
        this.#broken(
          `S3: ${id} was elected in term ${term} at a time on the wrong side of term ${other} of ${theirs.id}.`,
        );
      }
    }
    this.#elected.set(term, { id, at });
    const open = this.#leading.get(id);
    if (open !== undefined)
      this.#broken(`S9: ${id} was elected in term ${term} before its term ${open} was reported lost.`);
    this.#leading.set(id, term);
  }

  /** The other half of S9. */
  #lose(id: string, { term, at }: Of<'lost'>): void {
    this.counts.ends += 1;
    if (this.#leading.get(id) !== term) this.#broken(`S9: ${id} reported term ${term} lost, which it did not lead.`);
    this.#leading.delete(id);
    this.#lostAt.set(term, at);
  }

  /** S5 and S6: in an item's history, no write of a term follows one of a later term. */
  #write(id: string, { by, term, seq }: Of<'accepted'>): void {
    if (seq === undefined) return;
    this.counts.writes += 1;
    const written = this.#written[by].get(term) ?? { first: seq, last: seq };
    written.first = Math.min(written.first, seq);
    written.last = Math.max(written.last, seq);
    this.#written[by].set(term, written);
    for (const [other, theirs] of this.#written[by]) {
      const wrong = other < term ? theirs.last >= written.first : other > term && theirs.first <= written.last;
      if (wrong) {
        const rule = by === 'check' ? 'S5' : 'S6';
        this.#broken(
          `${rule}: write ${seq} of ${id} in term ${term} is on the wrong side of the writes of term ${other}.`,
        );
      }
    }
  }

  #broken(sentence: string): void {
    // One breach is found again with every later report of its terms: the first time says it.
    if (this.violations.length < 20) this.violations.push(sentence);
  }
}

const ms = (duration: number) => `${duration.toFixed(1)} ms`;
