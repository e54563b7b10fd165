/**
 * What is still promised where a process was copied while it ran, and both go on with the same memory.
 *
 * Where it led, both lead. The one that renews first keeps the term. The other finds out by its next answered write, or its
 * lease ends. A heartbeat that was under way may still land for both, and be answered to both: so nothing need stop it for a
 * lease from the clone on, whatever the record shows by then. The same holds in a term that was won already and whose work had
 * not begun: both take the raised fence for their own. From the end of that lease on everything is asked as ever; and of two
 * copies of a candidate that stood by, only one ever begins the work of a term.
 */
import type { FenceRecord } from '../lease/record.js';
import type { Machine } from './machine.js';
import type { ObservedLeadership } from './observed-leadership.js';
import { raisedTo } from './table.js';
import type { World } from './world.js';

export class Clones {
  /** How many processes were copied. */
  count = 0;
  /** Of copies that still go in step with their originals: looked at as those are, for a look has consequences. */
  readonly #inStep: ObservedLeadership[] = [];
  readonly #begun = new Set<string>();
  /** Terms whose fence was raised, or was being raised, and whose work had not begun, when a process was copied. */
  readonly #raisedTwice = new Set<string>();

  /** @param drift by what part of a lease clocks may err */
  constructor(
    private readonly world: World,
    private readonly drift: number,
  ) {}

  /** Work begins in a copy that goes in step with its original: nobody else can distinguish them yet. */
  ledInStep(entry: ObservedLeadership): void {
    this.#inStep.push(entry);
  }

  /** Looks at what copies lead, as the checker looks at what their originals do. */
  lookInStep(): void {
    for (const { machine, leadership } of this.#inStep) {
      // A timer of both rings on the original first: what a look ends then must end on the copy after its own timer.
      if (machine.isInStep && !leadership.signal.aborted) leadership.remainingMs();
    }
  }

  /**
   * A process was copied.
   * @param raised what it has last sent to the fence
   * @returns what its copy leads from now on
   */
  happened(
    original: Machine,
    raised: FenceRecord | undefined,
    led: readonly ObservedLeadership[],
  ): readonly ObservedLeadership[] {
    this.count += 1;
    if (raised !== undefined && !this.#begun.has(raisedTo(raised))) this.#raisedTwice.add(raisedTo(raised));
    const copied = this.#inStep.splice(0).filter(({ leadership }) => leadership.remainingMs() > 0);
    for (const copy of copied) {
      this.#excuse(copy);
      for (const one of led) if (one.machine === original && one.attempt === copy.attempt) this.#excuse(one);
    }
    return copied;
  }

  /** Whether another has begun the work of that term before, and should not have. */
  beganBefore(entry: ObservedLeadership): boolean {
    const term = raisedTo({ term: entry.leadership.term, attempt: entry.attempt });
    const isKnown = this.#begun.has(term);
    this.#begun.add(term);
    if (!this.#raisedTwice.has(term)) return isKnown;
    this.#excuse(entry);
    return false;
  }

  /** Whether nothing could have stopped it yet. */
  excuses({ excusedUntil = Number.NEGATIVE_INFINITY }: ObservedLeadership): boolean {
    return this.world.now <= excusedUntil;
  }

  #excuse(entry: ObservedLeadership): void {
    entry.excusedUntil = this.world.now + entry.leaseMs / (1 - this.drift);
  }
}
