/** The last events, numbered, as many as a page needs; and a way to wait for the next. */
import { randomBytes } from 'node:crypto';
import { anySet } from '../lease/latch.js';
import { type ConsoleEvent, replacementKey } from './console-events.js';

/** At three heartbeats a second this is half an hour. */
const MOST_EVENTS = 6_000;

export interface Numbered {
  readonly n: number;
  readonly event: ConsoleEvent;
}

export class EventHistory {
  /** Which run of the console the numbers belong to: another run begins again at 1. */
  readonly run = randomBytes(6).toString('hex');
  readonly #events: Numbered[] = [];
  /** Of what was dropped, the last of each key: without it a page that is opened late would not show the leader. */
  readonly #kept = new Map<string, Numbered>();
  #last = 0;
  /** Aborts with the next event. */
  #added = new AbortController();

  constructor(private readonly most = MOST_EVENTS) {}

  add(event: ConsoleEvent): void {
    this.#last += 1;
    this.#events.push({ n: this.#last, event });
    if (this.#events.length > this.most) this.#drop(this.#events.shift()!);
    this.#added.abort();
    this.#added = new AbortController();
  }

  /** All that came after event `n`; undefined if some of that was dropped. */
  after(n: number): readonly Numbered[] | undefined {
    const first = this.#events[0]?.n ?? this.#last + 1;
    if (n < first - 1 || n > this.#last) return undefined;
    return this.#events.slice(n - first + 1);
  }

  /** All that is known, to begin with. */
  all(): readonly Numbered[] {
    const kept = [...this.#kept.values()].sort((a, b) => a.n - b.n);
    return [...kept, ...this.#events];
  }

  /** Resolves when there is an event after `n`, or the signal aborts. */
  async more(n: number, signal: AbortSignal): Promise<void> {
    if (this.#last > n || signal.aborted) return;
    await anySet(this.#added.signal, signal);
  }

  #drop(old: Numbered): void {
    const key = replacementKey(old.event);
    if (key !== undefined) this.#kept.set(key, old);
  }
}
