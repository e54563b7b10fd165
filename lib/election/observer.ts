/**
 * Observing: changes of office, the latest state, in order, none older than the last (S8). While this process stands
 * for the office itself, it knows already; otherwise it reads, in the leader's rhythm and at half the price.
 */
import { sleep } from '../lease/clock.js';
import type { Context } from './context.js';
import { type Office, officeOf } from './office.js';
import { Watcher } from './watcher.js';

export class Observer {
  readonly #watcher: Watcher;
  #users = 0;
  #looking: Promise<void> | undefined;
  #wake = new AbortController();

  /** @param covered whether the candidate of this process sees the record by itself at present */
  constructor(
    private readonly context: Context,
    private readonly covered: () => boolean,
    private readonly closed: AbortSignal,
  ) {
    this.#watcher = new Watcher(context);
  }

  /** Look now: told of a change, or the candidate has just stopped looking. */
  wake(): void {
    this.#wake.abort();
  }

  async *observe(signal: AbortSignal): AsyncGenerator<Office, void, undefined> {
    const { view, election, clock } = this.context;
    const stop = AbortSignal.any([signal, this.closed]);
    this.#users += 1;
    try {
      // What was seen long ago is not the latest state: the first office told is a fresh one.
      let fresh = this.covered() && view.told > 0;
      while (!fresh && !stop.aborted) {
        fresh = await this.#watcher.look();
        if (!fresh) await sleep(clock, this.#watcher.nextAt - clock.now().mono, stop);
      }
      this.#looking ??= this.#look();
      for (let told = 0; !stop.aborted; ) {
        if (view.told > told) {
          told = view.told;
          yield officeOf(election, view.latest, clock.now().wall);
        } else {
          await view.changed(told, stop);
        }
      }
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.wake();
    }
  }

  /** Looks for all who observe, until none does. */
  async #look(): Promise<void> {
    const { clock, timings } = this.context;
    while (this.#users > 0 && !this.closed.aborted) {
      const pause = this.covered() ? timings.renewMs : this.#watcher.nextAt - clock.now().mono;
      await sleep(clock, pause, this.#wake.signal, this.closed);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      if (this.#users > 0 && !this.closed.aborted && !this.covered()) await this.#watcher.look({ eventual: true });
    }
    this.#looking = undefined;
  }
}
