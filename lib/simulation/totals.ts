/** What many seeds came to. The same whatever the order in which threads reported it. */
import { CAUSES, type Cause } from './failovers.js';
import { noSums, type Progress, type Violated } from './seeds.js';
import { added, type Rest } from './traffic.js';

/** How long nobody led, over all failovers of one cause: in leases, and in ms, which says something where leases are the same. */
export interface Spread {
  readonly cause: Cause;
  readonly times: number;
  readonly leases: Quantiles;
  readonly ms: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

/** What section 9 promises of reads at rest, for the library's own timings. */
export const MOST_READS = 1.2;
const ENOUGH_SEEN = 5_000;

export class Totals {
  readonly sums = noSums();
  rest: Rest = { heartbeats: 0, reads: 0, seen: 0 };
  readonly #injected = new Map<string, number>();
  readonly #violated: Violated[] = [];
  readonly #failovers = new Map<Cause, { leases: number[]; ms: number[] }>();

  add(progress: Progress): void {
    for (const key of Object.keys(this.sums) as (keyof typeof this.sums)[]) this.sums[key] += progress[key];
    for (const [kind, count] of Object.entries(progress.injected)) {
      this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + count);
    }
    for (const { cause, leases, withoutLeaderMs } of progress.failovers) {
      const known = this.#failovers.get(cause) ?? { leases: [], ms: [] };
      this.#failovers.set(cause, known);
      known.leases.push(leases);
      known.ms.push(withoutLeaderMs);
    }
    this.#violated.push(...progress.violated);
    this.rest = added(this.rest, progress.rest);
  }

  /** The most frequent first. */
  get injected(): readonly (readonly [string, number])[] {
    return [...this.#injected].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }

  get violated(): readonly Violated[] {
    return [...this.#violated].sort((a, b) => Number(a.seed) - Number(b.seed));
  }

  get spreads(): readonly Spread[] {
    return CAUSES.flatMap((cause) => {
      const known = this.#failovers.get(cause);
      return known === undefined
        ? []
        : [{ cause, times: known.ms.length, leases: quantilesOf(known.leases), ms: quantilesOf(known.ms) }];
    });
  }

  /** S12 is broken, over so many heartbeats that chance has no part in it. */
  get restless(): boolean {
    return this.rest.seen >= ENOUGH_SEEN && this.readsAtRest! > MOST_READS;
  }

  /** Reads a heartbeat and standby while nothing happened; undefined where that was not seen. */
  get readsAtRest(): number | undefined {
    return this.rest.seen === 0 ? undefined : this.rest.reads / this.rest.seen;
  }
}

/** By nearest rank: each is a value that was measured. */
function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = Float64Array.from(values).sort();
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
  return { p50: rank(0.5), p90: rank(0.9), max: rank(1) };
}
