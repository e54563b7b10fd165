/**
 * `AbortController` and `AbortSignal` as the platform has them, without the weight: a simulated world makes thousands
 * of each, and Node keeps a composite signal that somebody listens to for as long as its sources live. In a thread that
 * simulates they stand in for the platform's own; tests ask that a seed gives the same run with either.
 */

type Listener = (event: { readonly type: 'abort'; readonly target: LightSignal }) => void;

interface Registered {
  readonly listener: Listener | { handleEvent: Listener };
  readonly once: boolean;
}

const ABORT = Symbol('abort');

class LightSignal {
  #aborted = false;
  #reason: unknown;
  #listeners: Registered[] | undefined;
  /** Composite signals that follow this one. */
  #followers: LightSignal[] | undefined;

  static any(signals: Iterable<LightSignal>): LightSignal {
    const any = new LightSignal();
    for (const signal of signals) {
      if (!signal.#aborted) continue;
      any[ABORT](signal.reason);
      return any;
    }
    for (const signal of signals) {
      signal.#followers ??= [];
      signal.#followers.push(any);
    }
    return any;
  }

  static abort(reason?: unknown): LightSignal {
    const signal = new LightSignal();
    signal[ABORT](reason);
    return signal;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** An error is made only where somebody asks for it. */
  get reason(): unknown {
    if (this.#aborted) this.#reason ??= new DOMException('This operation was aborted', 'AbortError');
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.reason;
  }

  addEventListener(type: string, listener: Registered['listener'], { once = false } = {}): void {
    if (type !== 'abort' || this.#listeners?.some((known) => known.listener === listener)) return;
    this.#listeners ??= [];
    this.#listeners.push({ listener, once });
  }

  removeEventListener(type: string, listener: Registered['listener']): void {
    if (type !== 'abort' || this.#listeners === undefined) return;
    const place = this.#listeners.findIndex((known) => known.listener === listener);
    if (place >= 0) this.#listeners.splice(place, 1);
  }

  [ABORT](reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    // In the order in which they came; one that is taken off by an earlier one is not called.
    for (const known of this.#listeners?.slice() ?? []) {
      if (!this.#listeners!.includes(known)) continue;
      if (known.once) this.removeEventListener('abort', known.listener);
      this.#call(known.listener);
    }
    for (const follower of this.#followers ?? []) follower[ABORT](this.reason);
    this.#followers = undefined;
  }

  /** A listener that throws stops no other: the thread hears of it. */
  #call(listener: Registered['listener']): void {
    const event = { type: 'abort', target: this } as const;
    try {
      if (typeof listener === 'function') listener(event);
      else listener.handleEvent(event);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}

class LightController {
  readonly signal = new LightSignal();

  abort(reason?: unknown): void {
    this.signal[ABORT](reason);
  }
}

/** From here on this thread makes light ones. Returns the way back. */
export function lightenAbortSignals(): () => void {
  const { AbortController, AbortSignal } = globalThis;
  Object.assign(globalThis, { AbortController: LightController, AbortSignal: LightSignal });
  return () => void Object.assign(globalThis, { AbortController, AbortSignal });
}
