/** Numbers that functions and constructs share, so that what is refused at synthesis is what would fail at run time. */

/** A message may be delayed by this many seconds: leases that take longer to run out have no notices (section 8). */
export const MAX_NOTICE_DELAY_S = 900;
/** From this lease on, no notices: little would be left for the watchdog. */
export const MAX_NOTICED_LEASE_MS = 890_000;
/** How long before its time-out a heartbeater gives the office back, if no relay came; at most a quarter of its time. */
export const END_MARGIN_MS = 10_000;
/** A heartbeater that leads for longer than its time-out less this is relieved by the next tick (section 8). */
export const RELAY_WINDOW_MS = 200_000;
/** What the watchdog waits out by itself of a notice that came too early; what lacks more is discarded. */
export const MAX_WATCHDOG_WAIT_MS = 2_000;
/** A duty vacancy is kept for its successor for so long: two ticks and a half. */
export const DUTY_RESERVED_MS = 150_000;
/** How long one request of the lease API may wait (`waitMs`): under the 29 s and 30 s at which gateways and proxies give up. */
export const MAX_REQUEST_WAIT_MS = 25_000;
