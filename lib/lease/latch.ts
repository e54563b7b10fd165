/**
 * What happens once: a stop, an end, a wake-up. An `AbortSignal` says the same to users and to the SDK; between our own
 * parts a latch does, for three reasons. Listening to it can be called off by hand, and combining two of them leaves
 * nothing behind on the one that lives longer (on Node 20 `AbortSignal.any` does). And it costs a tenth.
 */

/** Something that has happened, or may. */
export interface Once {
  readonly isSet: boolean;
  /** Calls `run` once when it happens: at once, if it has. Returns the way to call that off. */
  onceSet(run: () => void): () => void;
}

const NOTHING = () => {};

export class Latch implements Once {
  #isSet = false;
  /** An array: as a rule one waits, or two. */
  #waiting: (() => void)[] = [];

  get isSet(): boolean {
    return this.#isSet;
  }

  /** A second time changes nothing. */
  set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    for (let run = this.#waiting.shift(); run !== undefined; run = this.#waiting.shift()) run();
  }

  onceSet(run: () => void): () => void {
    if (this.#isSet) {
      run();
      return NOTHING;
    }
    this.#waiting.push(run);
    return () => {
      const place = this.#waiting.indexOf(run);
      if (place >= 0) this.#waiting.splice(place, 1);
    };
  }
}

/** The first of several, with the way to let go of them all: of signals, too, that may live for long. */
export function firstOf(...all: readonly (Once | AbortSignal | undefined)[]): Once & { release(): void } {
  const first = new Latch();
  const release = all.map((one) => one && onceSet(one, () => first.set()));
  return Object.assign(first, {
    release() {
      for (const letGo of release) letGo?.();
    },
  });
}

/**
 * The same as a signal of its own, for what takes nothing else. `AbortSignal.any` will not do: on Node 20 it is collected with
 * its time-outs while something still waits on it, and leaves something behind on a signal that lives longer.
 */
export function anySignal(...all: readonly (Once | AbortSignal | undefined)[]): {
  signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const release = all.map(
    (one) => one && onceSet(one, () => controller.abort(one instanceof AbortSignal ? one.reason : undefined)),
  );
  return {
    signal: controller.signal,
    release() {
      for (const letGo of release) letGo?.();
    },
  };
}

/** Resolves as soon as one of them is set, or has aborted. Leaves nothing behind on any of them. */
export function anySet(...all: readonly (Once | AbortSignal)[]): Promise<void> {
  return new Promise((resolve) => {
    const letGo: (() => void)[] = [];
    const done = () => {
      for (const one of letGo) one();
      resolve();
    };
    for (const one of all) {
      if (isSet(one)) return done();
      letGo.push(onceSet(one, done));
    }
  });
}

/** Of a latch or a signal: whether it is set, or has aborted. */
export const isSet = (one: Once | AbortSignal): boolean => ('isSet' in one ? one.isSet : one.aborted);

/** Calls `run` once when it is set or aborts: at once, if it has. Returns the way to call that off. */
export function onceSet(one: Once | AbortSignal, run: () => void): () => void {
  if (!(one instanceof AbortSignal)) return one.onceSet(run);
  if (one.aborted) {
    run();
    return NOTHING;
  }
  one.addEventListener('abort', run, { once: true });
  return () => one.removeEventListener('abort', run);
}
