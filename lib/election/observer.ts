/**
 * Observing: changes of office, the latest state, in order, none older than the last (S8). While this process stands
 * for the office itself, it knows already; otherwise it polls, in the leader's rhythm and at half the price.
 */
import { sleep } from '../lease/clock.js';
import { anySet, firstOf, Latch, type Once } from '../lease/latch.js';
import type { Context } from './context.js';
import { type Office, officeOf } from './office.js';
import { RecordWatcher } from './record-watcher.js';

export class Observer {
  readonly #watcher: RecordWatcher;
  #users = 0;
  #looking: Promise<void> | undefined;
  #wake = new Latch();

  /** @param covered whether the candidate of this process sees the record by itself at present */
  constructor(
    private readonly context: Context,
    private readonly covered: () => boolean,
    private readonly closed: Once,
  ) {
    this.#watcher = new RecordWatcher(context);
  }

  /** Look now: something has changed, or the candidate has just stopped looking. */
  wake(): void {
    this.#wake.set();
  }

  /** What was seen was seen by a process of which this one is a copy. */
  forget(): void {
    this.#watcher.forget();
    this.wake();
  }

  async *observe(signal: AbortSignal | undefined): AsyncGenerator<Office, void, undefined> {
    const { view, election, clock } = this.context;
    const stop = firstOf(signal, this.closed);
    this.#users += 1;
    try {
      // What was seen long ago is not the latest state: the first office is a fresh one.
      let fresh = this.covered() && view.offices > 0;
      while (!fresh && !stop.isSet) {
        fresh = (await this.#watcher.look()) !== undefined;
        if (!fresh) await sleep(clock, this.#watcher.nextAt - clock.now().mono, stop);
      }
      this.#looking ??= this.#look();
      for (let seen = 0; !stop.isSet; ) {
        if (view.offices > seen) {
          seen = view.offices;
          yield officeOf(election, view.latest, clock.now().wall);
        } else {
          await anySet(view.changed, stop);
        }
      }
    } finally {
      stop.release();
      this.#users -= 1;
      if (this.#users === 0) this.wake();
    }
  }

  /** Looks for all that observe, until none does. */
  async #look(): Promise<void> {
    const { clock, timings } = this.context;
    while (this.#users > 0 && !this.closed.isSet) {
      const pause = this.covered() ? timings.renewMs : this.#watcher.nextAt - clock.now().mono;
      await sleep(clock, pause, this.#wake, this.closed);
      if (this.#wake.isSet) this.#wake = new Latch();
      if (this.#users > 0 && !this.closed.isSet && !this.covered()) await this.#watcher.look({ eventual: true });
    }
    this.#looking = undefined;
  }
}
