/** The life of one term, as its holder sees it: a phase, and the transitions between phases in a table. */
import { Latch, type Once } from '../../lease/latch.js';

/**
 * `acquired`: the record is this candidate's, the work has not begun (the fence is being raised). `leading`: the work runs.
 * `stopping`: the work was asked to stop, and may still end its last step while the lease lasts. `releasing`: the office is
 * being given back; the lease is not used any more, and no answer restores it. `over`: for good, whatever the record shows.
 */
export type Phase = 'acquired' | 'leading' | 'stopping' | 'releasing' | 'over';

const ORDER: readonly Phase[] = ['acquired', 'leading', 'stopping', 'releasing', 'over'];

const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  acquired: ['leading', 'releasing', 'over'],
  leading: ['stopping', 'over'],
  stopping: ['releasing', 'over'],
  releasing: ['over'],
  over: [],
};

export class TermPhase {
  #now: Phase = 'acquired';
  readonly #reached = new Map<Phase, Latch>(ORDER.map((phase) => [phase, new Latch()]));

  get now(): Phase {
    return this.#now;
  }

  is(phase: Phase, or: Phase = phase): boolean {
    return this.#now === phase || this.#now === or;
  }

  /** Goes on to `next`. False, and nothing happens, where the table has no such transition. */
  enter(next: Phase): boolean {
    if (!TRANSITIONS[this.#now].includes(next)) return false;
    this.#now = next;
    for (const phase of ORDER.slice(0, ORDER.indexOf(next) + 1)) this.#reached.get(phase)!.set();
    return true;
  }

  /** Set once this phase, or one behind it, was entered. */
  reached(phase: Phase): Once {
    return this.#reached.get(phase)!;
  }
}
