/**
 * Time, as the protocol needs it (section 4). The only file that reads a clock or sets a timer: everything else is
 * given a `Clock`, so that the whole candidate runs unchanged on a simulated one.
 */
import { isSet, type Once, onceSet } from './latch.js';

/** One moment on both local clocks, in milliseconds. */
export interface Instant {
  /** Monotonic: never steps, but may stand still while a virtual machine is suspended. */
  readonly mono: number;
  /** Wall clock, epoch milliseconds: may step, but goes on across a suspension. */
  readonly wall: number;
}

/** The local clocks and timers. */
export interface Clock {
  now(): Instant;
  /** Calls `run` once, no sooner than `ms` from now. Returns the way to call it off. */
  after(ms: number, run: () => void): () => void;
}

/** The clocks of this machine. */
export const realClock: Clock = {
  now: () => ({ mono: performance.now(), wall: Date.now() }),
  after(ms, run) {
    const due = performance.now() + ms;
    // Node's timers count whole milliseconds, and may be up to one early; and they take no longer time than this.
    const wait = () => setTimeout(fire, Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(due - performance.now()))));
    const fire = () => {
      if (performance.now() < due) timer = wait();
      else run();
    };
    let timer = wait();
    return () => clearTimeout(timer);
  },
};

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Resolves after `ms`, or as soon as one of `until` is set or aborts. Never rejects, leaves no timer and no listener behind. */
export function sleep(clock: Clock, ms: number, ...until: readonly (Once | AbortSignal)[]): Promise<void> {
  return new Promise((resolve) => {
    if (until.some(isSet)) return resolve();
    const done = () => {
      cancel();
      for (const one of letGo) one();
      resolve();
    };
    const cancel = clock.after(ms, done);
    const letGo = until.map((one) => onceSet(one, done));
  });
}
