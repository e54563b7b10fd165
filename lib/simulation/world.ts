/**
 * A world of its own time: a queue of events, a seeded source of chance, and nodes with clocks that err. Nothing in it
 * waits for real time, and the same seed gives the same run.
 */
import type { Chance } from '../lease/chance.js';
import type { Clock } from '../lease/clock.js';

/** A seeded source of chance (mulberry32). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** Another source, for a setting that came later: what this one gives stays as it was. */
  aside(): Dice {
    return new Dice(this.#state ^ 0x5bd1e995);
  }
  between(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.unit() * from.length)]!;
  }
}

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

  constructor(readonly dice: Dice) {}

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
      const goOn = () => {
        for (let event = this.#next(time); event !== undefined; event = this.#next(time)) {
          event.run!();
          if (!event.inert) {
            if (this.events % TURN_EVERY === 0) setImmediate(drained);
            else queueMicrotask(afterMicrotasks);
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

/** A turn of the real event loop now and then: garbage is collected, and whoever watches this process is answered. */
const TURN_EVERY = 5_000;

/** A machine with clocks of its own, that may stand still or die. */
export class Machine {
  alive = true;
  /** Signals `SIGSTOP` and a blocked event loop look alike: nothing runs, the clocks go on. */
  #frozen = false;
  #deferred: (() => void)[] = [];
  #monoBase = 0;
  #monoFrom: number;
  #monoStopped = false;
  #wallOffset: number;
  #timers = 0;
  #news = 0;
  readonly clock: Clock;
  readonly chance: Chance;

  /** @param rate how fast both clocks run, against real time */
  constructor(
    private readonly world: World,
    private readonly rate: number,
    wallOffset: number,
  ) {
    this.#monoFrom = world.now;
    this.#monoBase = world.dice.between(0, 1e6);
    this.#wallOffset = 1_700_000_000_000 + wallOffset;
    this.clock = {
      now: () => ({ mono: this.#mono(), wall: this.#wallOffset + world.now * rate }),
      after: (ms, run) => world.after(Math.max(0, ms) / rate, () => this.#ring(run)),
    };
    this.chance = {
      unit: () => world.dice.unit(),
      attempt: () =>
        Math.floor(world.dice.unit() * 2 ** 32).toString(36) + Math.floor(world.dice.unit() * 2 ** 32).toString(36),
    };
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Rises with whatever may change what its candidate knows, but for time that goes by. */
  get turns(): number {
    return this.news + this.#timers;
  }

  /** Rises with whatever comes from outside: an answer, a fault. What its own timers do is left out. */
  get news(): number {
    return this.#news + this.world.runs;
  }

  /** Something is done to it from outside. */
  touch(): void {
    this.#news += 1;
  }

  /** Runs what comes from outside: now, when the machine goes on, or never. */
  run(what: () => void): void {
    if (!this.alive) return;
    if (this.#frozen) {
      this.#deferred.push(what);
      return;
    }
    this.#news += 1;
    what();
  }

  #ring(what: () => void): void {
    if (this.#frozen || !this.alive) {
      this.run(what);
      return;
    }
    this.#timers += 1;
    what();
  }

  /** @param suspended a virtual machine is frozen: its monotonic clock stands still as well */
  freeze(suspended: boolean): void {
    if (this.#frozen) return;
    this.#frozen = true;
    if (!suspended) return;
    this.#monoBase = this.#mono();
    this.#monoStopped = true;
  }

  thaw(): void {
    if (!this.#frozen) return;
    this.touch();
    this.#frozen = false;
    if (this.#monoStopped) {
      this.#monoStopped = false;
      this.#monoFrom = this.world.now;
    }
    // One event each, as an event loop does: between two of them the world may look.
    for (const run of this.#deferred.splice(0)) this.world.after(0, () => this.run(run));
  }

  stepWall(ms: number): void {
    this.touch();
    this.#wallOffset += ms;
  }

  #mono(): number {
    return this.#monoStopped ? this.#monoBase : this.#monoBase + (this.world.now - this.#monoFrom) * this.rate;
  }
}
