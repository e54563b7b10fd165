/** What candidates ask of the table (S12): never a storm, whatever has happened; and little while nothing happens. */
import type { Kind } from './network.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** What candidates asked for while nothing happened: for the share of reads, which one seed is too short to judge. */
export interface Rest {
  readonly heartbeats: number;
  /** By standbys. */
  readonly reads: number;
  /** Heartbeats, each counted once for every standby that was there to see it. */
  readonly seen: number;
}

export const added = (a: Rest, b: Rest): Rest => ({
  heartbeats: a.heartbeats + b.heartbeats,
  reads: a.reads + b.reads,
  seen: a.seen + b.seen,
});

/** Requests of one candidate at any time, whatever it does: an election, a fence, a release, a look at each. */
const AT_ONCE = 30;
/** And besides, one every so often: a challenger that stands looks every 100 ms, and a look that fails is tried again. */
const PACE_MS = 50;
/** So many heartbeats a lease have room in {@link AT_ONCE}; shorter periods have more, and a look at each. */
const USUAL_HEARTBEATS = 4;
/** After so many leases a standby has learned when heartbeats land. */
const SETTLED_LEASES = 6;

export class Traffic {
  #heartbeats = 0;
  #reads = 0;
  readonly #recent = new Map<object, number[]>();
  readonly #totals = new Map<object, number>();

  readonly #leaseMs: number;
  readonly #renewMs: number | undefined;

  /** @param standbys how many of the candidates do not lead, in a world without faults; undefined in any other */
  constructor(
    private readonly world: World,
    { leaseMs, renewMs }: Pick<Settings, 'leaseMs' | 'renewMs'>,
    private readonly standbys: number | undefined,
    private readonly wrong: (what: string) => void,
  ) {
    this.#leaseMs = leaseMs;
    this.#renewMs = renewMs;
  }

  /** One request by a candidate's own election. */
  asked(candidate: { readonly id: string; readonly leaseMs: number }, kind: Kind): void {
    const { now } = this.world;
    this.#totals.set(candidate, this.total(candidate) + 1);
    const recent = this.#recent.get(candidate) ?? [];
    this.#recent.set(candidate, recent);
    while (recent[0] !== undefined && recent[0] < now - this.#leaseMs) recent.shift();
    recent.push(now);
    if (recent.length > this.#most(candidate.leaseMs)) {
      this.wrong(`S12: ${candidate.id} sent ${recent.length} requests within one lease of ${this.#leaseMs} ms`);
      recent.length = 0;
    }
    if (this.standbys === undefined || now < SETTLED_LEASES * this.#leaseMs) return;
    if (kind === 'renew') this.#heartbeats += 1;
    if (kind === 'read') this.#reads += 1;
  }

  /** Where leases are mixed, a candidate of a shorter one has more heartbeats in a lease of the world. */
  #most(ownLeaseMs: number): number {
    const heartbeats = this.#leaseMs / (this.#renewMs ?? ownLeaseMs / USUAL_HEARTBEATS);
    return AT_ONCE + this.#leaseMs / PACE_MS + 2 * Math.max(0, heartbeats - USUAL_HEARTBEATS);
  }

  /** All that one candidate has asked for. */
  total(candidate: object): number {
    return this.#totals.get(candidate) ?? 0;
  }

  get rest(): Rest {
    return { heartbeats: this.#heartbeats, reads: this.#reads, seen: this.#heartbeats * (this.standbys ?? 0) };
  }
}
