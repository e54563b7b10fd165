/**
 * Turns what is seen of one election into events. The same change may be seen more than once (by a read of the table, and
 * by several candidates that report it), late and out of order: each is emitted once, by its version, and nothing older
 * after something newer.
 */
import type { EmitEvent, Passing } from './console-events.js';
import { whyTermBegan, whyVacant } from './event-sentences.js';

/** A term that began. */
export interface TermBegan {
  readonly term: number;
  readonly holder: string;
  readonly previous?: string;
  readonly reason?: string;
  readonly leaseMs: number;
  readonly at: number;
}

export interface Heartbeat {
  readonly term: number;
  readonly beat: number;
  readonly at: number;
}

export interface Vacancy {
  readonly term: number;
  readonly previous?: string;
  readonly reason?: string;
  readonly dead?: boolean;
  readonly successor?: string;
  readonly at: number;
}

export class ElectionTracker {
  #term = 0;
  #holder: string | undefined;
  #leaseMs = 0;
  #beat = 0;
  /** When the last heartbeat was sent, or the term began. */
  #aliveAt: number | undefined;
  #vacatedAt: number | undefined;
  /** Whether the vacancy was emitted with a proof of death: that may come later. */
  #dead = false;
  #value: string | undefined;
  #challenge = '';

  constructor(
    readonly election: string,
    private readonly emit: EmitEvent,
  ) {}

  get office(): { term: number; holder: string | undefined } {
    return { term: this.#term, holder: this.#holder };
  }

  termBegan({ term, holder, previous, reason, leaseMs, at }: TermBegan): void {
    if (term <= this.#term) return;
    const missed = this.#term === 0 ? 0 : term - this.#term - 1;
    const passed = missed === 0 ? this.#passing(reason, at) : undefined;
    this.#term = term;
    this.#holder = holder;
    this.#leaseMs = leaseMs;
    this.#beat = 0;
    this.#aliveAt = at;
    this.#vacatedAt = undefined;
    this.#dead = false;
    this.#value = undefined;
    const why = whyTermBegan({ previous, reason, tookMs: passed?.tookMs });
    const gap = missed === 0 ? '' : `; ${missed} ${missed === 1 ? 'term' : 'terms'} before it came and went unseen`;
    this.emit({
      is: 'term',
      election: this.election,
      at,
      term,
      holder,
      previous,
      reason,
      leaseMs,
      passed,
      text: `${holder} leads term ${term}`,
      why: why + gap,
    });
  }

  heartbeat({ term, beat, at }: Heartbeat): void {
    const holder = this.#holder;
    if (term !== this.#term || holder === undefined || beat <= this.#beat) return;
    this.#beat = beat;
    this.#aliveAt = at;
    this.emit({ is: 'heartbeat', election: this.election, at, term, holder, beat, leaseMs: this.#leaseMs });
  }

  proclaimed(term: number, value: unknown, at: number): void {
    const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    if (term !== this.#term || text === (this.#value ?? '')) return;
    this.#value = text;
    this.emit({ is: 'proclaimed', election: this.election, at, term, value: text });
  }

  vacated({ term, previous, reason, dead = false, successor, at }: Vacancy): void {
    const proved = term === this.#term && this.#holder === undefined && dead && !this.#dead;
    const isNews = term > this.#term || (term === this.#term && this.#holder !== undefined);
    if (!isNews && !proved) return;
    this.#term = term;
    this.#holder = undefined;
    this.#dead = dead;
    this.#vacatedAt ??= at;
    this.emit({
      is: 'vacancy',
      election: this.election,
      at,
      term,
      previous,
      reason,
      dead,
      successor,
      text:
        proved && !isNews
          ? `${previous ?? 'the old leader'} is proved dead`
          : `the office is vacant after term ${term}`,
      why: whyVacant(reason, dead, successor),
    });
  }

  /** @param key tells two challenges of one term apart */
  challenged(term: number, by: string, reason: string, key: string, at: number): void {
    if (term !== this.#term || this.#challenge === `${term} ${key}`) return;
    this.#challenge = `${term} ${key}`;
    const leader = this.#holder ?? 'the leader';
    this.emit({
      is: 'challenge',
      election: this.election,
      at,
      term,
      by,
      reason,
      text: `${by} asks ${leader} to hand over term ${term}`,
      why: reason,
    });
  }

  /** How long it took until the next leader; unknown where the end of the last term was not seen. */
  #passing(reason: string | undefined, at: number): { how: Passing; tookMs: number } | undefined {
    if (this.#term === 0) return undefined;
    const since = reason === 'expired' ? this.#aliveAt : this.#vacatedAt;
    if (since === undefined || at < since) return undefined;
    return {
      how: reason === 'expired' || reason === 'revoked' ? 'failover' : 'hand-over',
      tookMs: Math.round(at - since),
    };
  }
}
