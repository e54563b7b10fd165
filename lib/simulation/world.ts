/**
 * A world of its own time: a queue of events, and a seeded source of chance. Nothing in it waits for real time, and the
 * same seed gives the same run.
 */
import type { SeededRandom } from './seeded-random.js';

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
  /** It runs no asynchronous code: nothing is to be waited for. */
  readonly inert: boolean;
}

/** No more happens at one instant; what does is a loop without end. */
const MOST_AT_ONCE = 10_000;

/** Real time, in ms, and what is to happen in it. */
export class World {
  now = 0;
  events = 0;
  /** How often it was set going: in between, anybody may have done anything. */
  runs = 0;
  #order = 0;
  #atOnce = 0;
  readonly #heap: Event[] = [];

  constructor(readonly random: SeededRandom) {}

  after(ms: number, run: () => void): () => void {
    const event = this.#schedule(ms, run, false);
    return () => {
      event.run = undefined;
    };
  }

  /** For what happens on the way and in the table alone: it touches no candidate and settles no promise. */
  afterInertly(ms: number, run: () => void): void {
    this.#schedule(ms, run, true);
  }

  #schedule(ms: number, run: () => void, inert: boolean): Event {
    this.#order += 1;
    const event: Event = { at: Math.max(this.now + ms, this.now), order: this.#order, run, inert };
    this.#push(event);
    return event;
  }

  /** Runs everything up to `time`; after each event the asynchronous code is drained, then `check` is asked. */
  runUntil(time: number, check: () => void): Promise<void> {
    this.runs += 1;
    return new Promise((resolve, reject) => {
      // Callbacks and no promises: there are thousands of events in a world. What is to run at the next tick waits until no
      // microtask is left, if it is a microtask that asks for it.
      const drained = () => {
        try {
          check();
          goOn();
        } catch (error) {
          reject(error);
        }
      };
      const afterMicrotasks = () => process.nextTick(drained);
      const settled = Promise.resolve(); // `queueMicrotask()` would keep an asynchronous context for each
      const goOn = () => {
        for (let event = this.#next(time); event !== undefined; event = this.#next(time)) {
          event.run!();
          if (!event.inert) {
            if (this.events % TURN_EVERY === 0) setImmediate(drained);
            else void settled.then(afterMicrotasks);
            return;
          }
          check();
        }
        this.now = time;
        resolve();
      };
      queueMicrotask(() => process.nextTick(goOn));
    });
  }

  /** Takes the next event up to `time`, and sets the time to it. */
  #next(time: number): Event | undefined {
    for (let next = this.#heap[0]; next !== undefined && next.at <= time; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      this.#atOnce = next.at > this.now ? 0 : this.#atOnce + 1;
      if (this.#atOnce > MOST_AT_ONCE) throw new Error(`Time stands still at ${this.now}: something spins.`);
      this.now = next.at;
      this.events += 1;
      return next;
    }
    return undefined;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A turn of the real event loop now and then: garbage is collected, and this process answers others. */
const TURN_EVERY = 5_000;
