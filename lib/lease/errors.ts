/**
 * The one error class of Tenure. An error is part of the interface: a `code` to branch on, a message that says
 * what was expected, what was found and what to do next, and the item that was seen where there is one.
 */

/** What went wrong. The [table of errors](../../README.md#the-api-in-one-screen) says what to do about each code. */
export type TenureErrorCode =
  /** An option or argument that cannot be used. */
  | 'BadOption'
  /** An item that is not of the protocol's shape: shown, never overwritten. */
  | 'MalformedRecord'
  /** An item of a format this version does not know: shown, never written. */
  | 'NewerFormat'
  /** What is to be written would pass the size that one write unit pays for. */
  | 'RecordTooLarge'
  /** The record is gone under a running election. */
  | 'RecordVanished'
  /** The table was rewound: fencing tokens may repeat. */
  | 'TermFell'
  /** There is no such table. Permanent. */
  | 'TableMissing'
  /** The table has another key than `pk` and `sk`. Permanent. */
  | 'WrongKey'
  /** AWS refuses the request: the role lacks a permission, or the credentials are not valid. Permanent. */
  | 'AccessDenied'
  /** No Region is configured. Permanent. */
  | 'NoRegion'
  /** No credentials were found. Permanent. */
  | 'NoCredentials'
  /** DynamoDB finds the request itself invalid: nothing was written, and sent again it is refused again. */
  | 'RequestInvalid'
  /** A write was refused although the record is as the write expects it: something else in the record stands against it. */
  | 'RefusedUnchanged'
  /** No answer, or one that does not say whether the write was applied: its outcome is unknown. */
  | 'RequestFailed'
  /** The leadership is over; `details.reason` says why. */
  | 'LeadershipLost'
  /** The fence could not be raised to this term. */
  | 'FenceBlocked'
  /** The table has no transactions. */
  | 'FenceUnsupported'
  /** A run or campaign is under way already. */
  | 'Busy'
  /** The election was closed. */
  | 'Closed'
  /** The leader's work threw. */
  | 'WorkFailed'
  /** The leader's work goes on after its lease has ended. */
  | 'WorkOverran'
  /** A death notice could not be mailed; the lease is not touched by that. */
  | 'NoticeFailed'
  /** The health check returned `false`, threw, or took too long. */
  | 'HealthCheckFailed'
  /** A listener threw: it stopped nothing. */
  | 'ListenerFailed';

/** What does not pass by itself: somebody has to change the table, the role or the configuration. */
const PERMANENT: ReadonlySet<TenureErrorCode> = new Set([
  'TableMissing',
  'WrongKey',
  'AccessDenied',
  'NoRegion',
  'NoCredentials',
]);

/**
 * Everything that Tenure throws or emits as `error`. Its message says what was expected, what came, and what to do.
 *
 * @example
 * election.on('error', (error) => console.error(error.code, error.message, error.details));
 */
export class TenureError extends Error {
  /** Always `TenureError`. */
  override readonly name = 'TenureError';
  /** What went wrong, for programs. */
  readonly code: TenureErrorCode;
  /** What was seen: the item, the reason, the numbers. Depends on the code. */
  readonly details: Readonly<Record<string, unknown>>;
  /**
   * True for a failure that does not pass by itself: a missing table, a wrong key, a missing permission, Region or
   * credentials. Trying again is of no use until the cause is repaired.
   */
  get permanent(): boolean {
    return PERMANENT.has(this.code);
  }

  constructor(code: TenureErrorCode, message: string, options: { cause?: unknown; details?: object } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = { ...options.details };
  }
}

/**
 * True for a `TenureError`; with a code, only for one with that code.
 *
 * @param code the code to look for. Default: any
 * @example
 * if (isTenureError(error, 'LeadershipLost')) return; // the successor goes on
 */
export function isTenureError(error: unknown, code?: TenureErrorCode): error is TenureError {
  return error instanceof TenureError && (code === undefined || error.code === code);
}

/** Shows any value in one short line, for messages. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    text =
      typeof value === 'string'
        ? JSON.stringify(value)
        : typeof value === 'object' && value !== null
          ? JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part))
          : String(value);
  } catch {
    text = undefined; // a circular value, or a toJSON that throws
  }
  text ??= Object.prototype.toString.call(value);
  return text.length > 300 ? `${text.slice(0, 297)}...` : text;
}
