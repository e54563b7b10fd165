/**
 * The host's monotonic clock: the same for all processes of a host, unlike `performance.now()`, so that times which
 * different processes report can be compared. It may stand still while the host is suspended.
 */

/** In ms, from an arbitrary origin. */
export function hostMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
