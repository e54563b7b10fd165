/** Names and limits that the lease API shares with its construct. Names only: imported by both sides. */

/** The elections that the API serves, with commas between them; unset or empty: all of the table. */
export const ELECTIONS_VARIABLE = 'TENURE_ELECTIONS';
/** How long one request may wait (`waitMs`): under the 29 s and 30 s at which gateways and proxies give up. */
export const MAX_REQUEST_WAIT_MS = 25_000;
