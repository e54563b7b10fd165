/** What the warden is told, and the clock that it shares with who tells it. */

/** Of the deadlines, the one that comes first counts: the monotonic clock stands still in a suspension. */
export interface Order {
  /** The number of this order; it is answered when it is heard. */
  readonly n: number;
  /** The process group; none: nothing is to be watched. */
  readonly group?: number;
  /** When the group is to be dead: on the host's monotonic clock and on its wall clock, in ms. */
  readonly mono?: number;
  readonly wall?: number;
}

/** The monotonic clock that all processes of a host share, in ms. */
export const hostMs = (): number => Number(process.hrtime.bigint()) / 1e6;
