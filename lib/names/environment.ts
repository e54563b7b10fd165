/**
 * The environment variables that name a process's election. The constructs set them (`connect()`),
 * `Election.fromEnvironment()` and the functions read them. Names only: imported by both sides.
 */
export const ENVIRONMENT = {
  /** The election's name. */
  election: 'TENURE_ELECTION',
  /** The lease table's name. */
  table: 'TENURE_TABLE',
  /** The candidate's id. On Fargate it may be left out: then the id names the task, which is what proof of death needs. */
  candidate: 'TENURE_CANDIDATE',
  /** The URL of the queue of post-dated notices; without it none are mailed. */
  noticeQueue: 'TENURE_NOTICE_QUEUE_URL',
  leaseMs: 'TENURE_LEASE_MS',
  renewMs: 'TENURE_RENEW_MS',
  stepDownMs: 'TENURE_STEP_DOWN_MS',
  requestTimeoutMs: 'TENURE_REQUEST_TIMEOUT_MS',
  drift: 'TENURE_DRIFT',
  priority: 'TENURE_PRIORITY',
  /** `priority`, `seniority` or `ring`: candidates are listed, and a vacancy passes on in that order. */
  succession: 'TENURE_SUCCESSION',
  rosterMs: 'TENURE_ROSTER_MS',
  /** `true` on a multi-Region strongly consistent table. */
  multiRegion: 'TENURE_MULTI_REGION',
  /** The lease API only: the elections that it serves, with commas between them; unset or empty: all of the table. */
  elections: 'TENURE_ELECTIONS',
  /** Functions only: `always` or `duty`. */
  mode: 'TENURE_MODE',
  /** Functions only: the URL of the queue to which what is malformed is sent, whole, with its reason. */
  deadLetterQueue: 'TENURE_DEAD_LETTER_QUEUE_URL',
  /** Functions only: the name of the event bus that changes of office are put on. */
  bus: 'TENURE_BUS',
} as const;
