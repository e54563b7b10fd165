/**
 * What is still promised where the table went back under everybody: restored to an earlier state, with its fence or
 * without, or its record deleted.
 *
 * Nothing can stop a leader from before the rewind until its own lease has run out: the record that would refuse its
 * heartbeat is gone, and the one that is there may be free at once. So for the longest lease after a rewind, a term that
 * was acquired before it may stand beside one that was acquired after it, and beside a record that does not show it.
 * What is asked all the same:
 *
 * - S1, S2 of all that was acquired since the rewind, at once; of everybody, one longest lease after it.
 * - S3, S4, S7: from the restored state on, as ever.
 * - S5: where the fence survived, as ever. Work begins only in a term that the fence was raised to, and a fence that
 *   survived is raised to no term twice: so no fencing token is used by a second attempt.
 * - S6: as ever. The users' own items were not restored.
 * - S8: an observer goes back only after it has reported `TermFell` or `RecordVanished`, once for each time; and nobody
 *   reports that while the table has never gone back.
 * - Where nothing else happens and all candidates run on, each rewind that takes away a term that had stood for a lease is
 *   reported by somebody within two leases.
 */
import { raisedTo } from './table.js';
import type { World } from './world.js';

const REPORTED_WITHIN_LEASES = 2;

interface Rewind {
  readonly at: number;
  /** It took a term away that had stood for a lease: every standby had seen it, and can report the rewind. */
  readonly fell: boolean;
  readonly withFence: boolean;
}

export class Rewinds {
  readonly #all: Rewind[] = [];
  readonly #reports: number[] = [];
  /** In which age each term was acquired: how often the table had gone back by then. */
  readonly #ages = new Map<string, number>();
  #acquiredAt = 0;

  /** @param longestLeaseMs of all candidates */
  constructor(
    private readonly world: World,
    private readonly longestLeaseMs: number,
  ) {}

  /** How often the table went back. */
  get count(): number {
    return this.#all.length;
  }

  happened(fell: boolean, withFence: boolean): void {
    const hadStood = this.world.now - this.#acquiredAt > this.longestLeaseMs;
    this.#all.push({ at: this.world.now, fell: fell && hadStood, withFence });
  }

  /** An acquisition that lands a second time, on a record that is gone, is of the age of its first landing. */
  acquired(term: number, attempt: string): void {
    const key = raisedTo({ term, attempt });
    this.#ages.set(key, this.#ages.get(key) ?? this.count);
    this.#acquiredAt = this.world.now;
  }

  reported(): void {
    this.#reports.push(this.world.now);
  }

  ageOf(term: number, attempt: string): number {
    return this.#ages.get(raisedTo({ term, attempt })) ?? 0;
  }

  /** Whether a lease from before the last rewind may still run. */
  get isRecent(): boolean {
    const last = this.#all.at(-1);
    return last !== undefined && this.world.now - last.at <= this.longestLeaseMs;
  }

  /** Whether the fence went back so lately that a raise that was applied may be undone. */
  get tookFence(): boolean {
    return this.isRecent && this.#all.at(-1)!.withFence;
  }

  /** Whether a term of that age may stand beside what the record shows now. */
  excuses(age: number): boolean {
    return age < this.count && this.isRecent;
  }

  /** The moments of rewinds that nobody has reported, though there was the time. */
  unreported(): readonly number[] {
    const withinMs = REPORTED_WITHIN_LEASES * this.longestLeaseMs;
    const due = this.#all.filter(({ at, fell }) => fell && at + withinMs < this.world.now);
    return due.map(({ at }) => at).filter((at) => !this.#reports.some((when) => when >= at && when <= at + withinMs));
  }
}
