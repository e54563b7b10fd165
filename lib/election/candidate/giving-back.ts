/** Giving an office back (section 6, the end of work): to any candidate, to a successor, or to a challenger in one write. */
import { tryLimitMs } from '../../lease/client.js';
import { sleep } from '../../lease/clock.js';
import type { Once } from '../../lease/latch.js';
import type { Fate } from '../../lease/outcome.js';
import type { Challenger } from '../../lease/record.js';
import { backoffMs } from '../../lease/timing.js';
import type { Context } from '../context.js';
import type { TermWrites } from './term-writes.js';

/** Why a term is to be given back. */
export interface Quit {
  readonly reason: 'resigned' | 'yielded' | 'closed';
  /** Reserve the vacancy for this candidate. */
  readonly to?: string | undefined;
  /** Hand the office to this challenger, if it stands. */
  readonly challenger?: Challenger | undefined;
  /** A close without hurry: stop and vacate where the next heartbeat would have been. */
  readonly timed?: boolean;
}

/** How giving back ended (S10). */
export interface Released {
  /** `false` if nothing was seen to confirm it before the lease ran out. */
  readonly released: boolean;
}

/**
 * Vacates or hands over, again and again until that is seen to have landed, or the lease has run out.
 * @param quit why; it may change meanwhile, when an operator corrects a challenge or a successor is named
 * @param until the end of the lease: monotonic ms
 * @param ended set when this process turned out to be a clone: it writes no more
 */
export async function releaseOffice(
  context: Context,
  writes: TermWrites,
  quit: () => Quit,
  until: number,
  ended: Once,
): Promise<Fate> {
  const { clock, timings, view, chance } = context;
  let { challenger } = quit();
  for (let tries = 1; ; tries += 1) {
    const limitMs = Math.min(tryLimitMs(timings.requestTimeoutMs), until - clock.now().mono);
    const yields = quit().reason === 'yielded';
    const asked = yields ? challenger : undefined;
    const heir = asked?.stands ? asked : undefined;
    const vacated = heir === undefined ? asked : undefined;
    const successor = quit().to ?? vacated?.to;
    const { fate, record } = await writes.release(limitMs, heir, { successor, answers: vacated?.attempt });
    if (record !== undefined) {
      view.see(record);
      challenger = record.challenger; // a stronger one, or a correction, may have come between: then that one decides
    }
    if (fate.is !== 'unclear' || clock.now().mono >= until || ended.isSet) return fate;
    if (record === undefined || !yields || challenger?.attempt === asked?.attempt) {
      const pauseMs = backoffMs(tries, timings.renewMs, chance.unit());
      await sleep(clock, Math.min(pauseMs, until - clock.now().mono), ended);
      if (ended.isSet) return fate;
    }
  }
}

/** A hand-over binds nobody, nor does a close; nor a vacancy that is reserved for oneself, which the plan knows. */
export function leavesToOthers(quit: Quit | undefined): boolean {
  if (quit === undefined || quit.reason === 'closed') return false;
  return quit.reason === 'resigned' || !quit.challenger?.stands;
}
