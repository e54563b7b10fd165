/** Waits for a condition instead of for a time: tests are quick when all is well, and patient when the machine is slow. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface UntilOptions {
  /** How long to wait before giving up. Default: 30,000. */
  readonly limitMs?: number;
  /** How long to wait between two probes. Default: 20. */
  readonly everyMs?: number;
}

/**
 * Probes until the answer is truthy, and returns it. An answer that never comes fails with an error that names `what`
 * and the last thing seen; a probe that throws is asked again, its error being the last thing seen.
 *
 * @example
 * const leader = await until('a leader', () => election.leader());
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  { limitMs = 30_000, everyMs = 20 }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    let seen: unknown;
    try {
      const value = await probe();
      if (value) return value;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() >= giveUpAt) {
      throw new Error(`waited ${limitMs} ms for ${what}; last seen: ${inspect(seen, { depth: 4 })}`);
    }
    await sleep(everyMs);
  }
}
