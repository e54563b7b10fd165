/** The facts told so far, numbered, as many as a page needs; and a way to wait for the next. */
import { randomBytes } from 'node:crypto';
import { type Fact, keyOf } from './facts.js';

/** At three heartbeats a second this is half an hour. */
const MOST_FACTS = 6_000;

export interface Numbered {
  readonly n: number;
  readonly fact: Fact;
}

export class History {
  /** Which run of the console the numbers belong to: another run begins again at 1. */
  readonly run = randomBytes(6).toString('hex');
  readonly #facts: Numbered[] = [];
  /** Of what was forgotten, the last of each key: without it a page that comes late would not know who leads. */
  readonly #kept = new Map<string, Numbered>();
  #last = 0;
  #waiting: (() => void)[] = [];

  constructor(private readonly most = MOST_FACTS) {}

  add(fact: Fact): void {
    this.#last += 1;
    this.#facts.push({ n: this.#last, fact });
    if (this.#facts.length > this.most) this.#forget(this.#facts.shift()!);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** All that came after fact `n`; undefined if some of that is forgotten. */
  after(n: number): readonly Numbered[] | undefined {
    const first = this.#facts[0]?.n ?? this.#last + 1;
    if (n < first - 1 || n > this.#last) return undefined;
    return this.#facts.slice(n - first + 1);
  }

  /** All that is known, to begin with. */
  all(): readonly Numbered[] {
    const kept = [...this.#kept.values()].sort((a, b) => a.n - b.n);
    return [...kept, ...this.#facts];
  }

  /** Resolves when there is a fact after `n`, or the signal aborts. */
  async more(n: number, signal: AbortSignal): Promise<void> {
    if (this.#last > n || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting = this.#waiting.filter((waiting) => waiting !== wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }

  #forget(old: Numbered): void {
    const key = keyOf(old.fact);
    if (key !== undefined) this.#kept.set(key, old);
  }
}
