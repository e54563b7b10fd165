/** The signal by which a leader's work learns that it has to stop. */
import { setMaxListeners } from 'node:events';
import type { Once } from '../../lease/latch.js';

/** Aborts when `stopped` is set. Made when it is first asked for: much work never asks. */
export class StopSignal {
  #controller: AbortController | undefined;

  /** @param reason what the signal aborts with */
  constructor(
    private readonly stopped: Once,
    private readonly reason: () => unknown,
  ) {}

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal); // the work may hand it to any number of requests
      this.#controller = controller;
      this.stopped.onceSet(() => controller.abort(this.reason()));
    }
    return this.#controller.signal;
  }
}
