/** The options of an election: documented, checked in one place, completed with defaults. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { AnyDynamoDBClient } from '../lease/client.js';
import { show, TenureError } from '../lease/errors.js';
import { checkValue, MAX_ID_BYTES } from '../lease/record.js';
import { resolveTimings, type Timings, wholeMs, wholeNumber } from '../lease/timing.js';
import { ORDERS, type Order } from '../names/succession.js';

/** Whom a leader hands over to: operators alone, or also candidates of a higher priority. */
export type YieldTo = 'operator' | 'priority';

/** A check of the leader's own health, run while it leads and before it challenges another. */
export interface HealthCheck {
  /** Healthy if it resolves to anything but `false`; it must not block the event loop. `signal` aborts at the time-out. */
  readonly check: (signal: AbortSignal) => unknown;
  /** From the end of one check to the start of the next, in ms: 10 to 900 000. Default: `renewMs`. */
  readonly periodMs?: number;
  /** A check that takes longer has failed, in ms: 10 to 900 000. Default: `renewMs`. */
  readonly timeoutMs?: number;
}

/** Everything an {@link Election} can be told. Only `name` and `tableName` are needed. */
export interface ElectionOptions {
  /** The office that is contended for: letters, digits, `.`, `_`, `-`; 1 to 64 of them. The key of its record. */
  readonly name: string;
  /** The DynamoDB table (`pk`, `sk`, both text), or its ARN. The CDK app makes it, or {@link createTable}. */
  readonly tableName: string;
  /**
   * A `DynamoDBClient` or `DynamoDBDocumentClient` of yours; it is never closed. Default: one that all elections of the
   * process share, with two attempts of `requestTimeoutMs / 2` each, because the SDK's own defaults (four attempts, no
   * time-out) can outlast a lease. Each call is limited by `requestTimeoutMs` either way.
   */
  readonly client?: AnyDynamoDBClient;
  /**
   * This candidate's name, for people: 1 to 128 bytes. Default: host name, process id and four random bytes. It proves
   * nothing: two processes under one id still never lead together.
   */
  readonly id?: string;
  /**
   * How long a leader may lead after its last heartbeat, in ms: 100 to 900 000. Default 10 000. Shorter means faster
   * failover and less patience with a slow network or a paused process.
   */
  readonly leaseMs?: number;
  /** How often a leader renews its lease, in ms. Default `leaseMs * 0.3` (3 000): two may be lost before it steps down. */
  readonly renewMs?: number;
  /** How long before its lease ends a leader's work is told to stop, in ms. Default `leaseMs * 0.1` (1 000): the time it has to do so. */
  readonly stepDownMs?: number;
  /**
   * The limit of one call with all of the SDK's attempts together, in ms: 5 to `renewMs`. Default `renewMs / 2` (1 500).
   * Less, if less is left of the lease. A hung heartbeat must not reach the next one's time.
   */
  readonly requestTimeoutMs?: number;
  /**
   * By what part of a lease any candidate's clock may err: 0.0001 to 0.25. Default 0.01, which covers quartz and ntpd.
   * A holder counts its lease shorter by this, a standby waits longer. **Must be the same for all candidates.**
   */
  readonly drift?: number;
  /** What to proclaim from the first moment in office (an address, a version): at most 400 bytes. Default: nothing. */
  readonly value?: unknown;
  /**
   * Rank among the candidates: 0 to 1 000 000, higher first. Default 0. At a vacancy a lower one waits longer (see
   * `staggerMs`), and a standby with a strictly higher priority than the leader's challenges it, once per term.
   */
  readonly priority?: number;
  /**
   * How long to leave a vacancy to candidates of higher priority, in ms for each step of it below the last leader's
   * priority, at most five steps: 0 to 60 000. Default 250, more than a standby takes to see a vacancy.
   */
  readonly staggerMs?: number;
  /**
   * In which order a vacancy passes on, of those that stand: `'seniority'` (who has stood the longest; who led goes back to
   * the end), `'ring'` (the next id after the last leader's, and round again), `'priority'` (the highest, and the senior
   * of equals). Each candidate then gives a sign of life every `rosterMs`, one write unit, and waits `staggerMs` for each
   * that comes before it, at most five times. **The same for all candidates.** Default: nobody is listed; whoever is
   * quicker, with `priority`.
   */
  readonly succession?: Order;
  /**
   * How often a candidate gives a sign of life to the roster, in ms: 100 to 900 000; it is out of the line after three
   * that are missed. Default `3 * leaseMs` (30 000).
   */
  readonly rosterMs?: number;
  /**
   * Whom this candidate hands over to when it leads and is challenged. `'operator'` (default): to operators alone.
   * `'priority'`: also to candidates of strictly higher priority (the bully's rule).
   */
  readonly yieldTo?: YieldTo;
  /** A check of the work's health; while it fails this candidate resigns. A function, or one with its own timing. Default: none. */
  readonly healthCheck?: HealthCheck | HealthCheck['check'];
  /**
   * The table is a multi-Region strongly consistent one, which has no transactions: `fence.check()` then throws and says
   * so. Default `false`.
   */
  readonly multiRegion?: boolean;
  /**
   * The URL of the SQS queue of post-dated notices (protocol, section 8): each heartbeat mails one, so that this leader's
   * death is told when its lease has run out, although nobody may be watching. Needs `@aws-sdk/client-sqs`. Leases of
   * 890 000 ms and more have none. Default: no notices.
   */
  readonly noticeQueueUrl?: string;
  /**
   * Which build of the program this candidate runs: 1 to 16 letters or digits. Kept within the attempt of each
   * acquisition. A relay (see `tryRun`) of another build relieves its earlier runner at once. Default: not told.
   */
  readonly build?: string;
}

/** For who looks from outside: it has no lease to lose, and is patient with a single request. */
export const OUTSIDE = { leaseMs: 30_000, renewMs: 8_000, stepDownMs: 200, requestTimeoutMs: 8_000 };

/** The options, complete and checked. */
export interface Settings {
  readonly name: string;
  readonly tableName: string;
  readonly client: AnyDynamoDBClient | undefined;
  readonly id: string;
  readonly timings: Timings;
  readonly value: unknown;
  readonly priority: number;
  readonly staggerMs: number;
  readonly succession: Order | undefined;
  readonly rosterMs: number;
  readonly yieldTo: YieldTo;
  readonly healthCheck: Required<HealthCheck> | undefined;
  readonly multiRegion: boolean;
  readonly noticeQueueUrl: string | undefined;
  readonly build: string | undefined;
}

const KNOWN: Record<keyof ElectionOptions, true> = {
  name: true,
  tableName: true,
  client: true,
  id: true,
  leaseMs: true,
  renewMs: true,
  stepDownMs: true,
  requestTimeoutMs: true,
  drift: true,
  value: true,
  priority: true,
  staggerMs: true,
  succession: true,
  rosterMs: true,
  yieldTo: true,
  healthCheck: true,
  multiRegion: true,
  noticeQueueUrl: true,
  build: true,
};

/**
 * Checks the options and fills in the defaults. Nothing is sent.
 * @throws TenureError `BadOption` or `RecordTooLarge`, naming what was expected, what came, and what to do
 */
export function resolveOptions(options: ElectionOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw bad('The options of an Election', 'an object with at least `name` and `tableName`', options);
  }
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(KNOWN, key));
  if (unknown.length > 0) {
    throw new TenureError(
      'BadOption',
      `Unknown option ${unknown.map((key) => `\`${key}\``).join(', ')}. Known are: ${Object.keys(KNOWN).join(', ')}.`,
      { details: { unknown } },
    );
  }
  if (typeof options.tableName !== 'string' || options.tableName === '') {
    throw bad('`tableName`', 'the name or ARN of a DynamoDB table', options.tableName);
  }
  const { client } = options;
  if (client !== undefined && typeof (client as { send?: unknown } | null)?.send !== 'function') {
    throw bad('`client`', 'a DynamoDBClient or DynamoDBDocumentClient', client);
  }
  const { yieldTo = 'operator', priority = 0, staggerMs = 250, multiRegion = false } = options;
  if (yieldTo !== 'operator' && yieldTo !== 'priority') throw bad('`yieldTo`', "'operator' or 'priority'", yieldTo);
  if (typeof multiRegion !== 'boolean') throw bad('`multiRegion`', 'true or false', multiRegion);
  const { noticeQueueUrl, build, succession } = options;
  if (succession !== undefined && !ORDERS.includes(succession)) {
    throw bad('`succession`', ORDERS.map((order) => show(order)).join(', '), succession);
  }
  if (noticeQueueUrl !== undefined && !isUrl(noticeQueueUrl)) {
    throw bad('`noticeQueueUrl`', 'the URL of an SQS queue', noticeQueueUrl);
  }
  if (build !== undefined && !(typeof build === 'string' && /^[A-Za-z0-9]{1,16}$/.test(build))) {
    throw bad('`build`', '1 to 16 letters or digits', build);
  }
  checkValue(options.value);
  const timings = resolveTimings(options);
  const { rosterMs = Math.min(900_000, 3 * timings.leaseMs) } = options;
  return {
    name: checkName(options.name),
    tableName: options.tableName,
    client,
    id: options.id === undefined ? ownId() : checkId('id', options.id),
    timings,
    value: options.value,
    priority: wholeNumber('priority', priority, 0, 1_000_000),
    staggerMs: wholeMs('staggerMs', staggerMs, 0, 60_000),
    succession,
    rosterMs: wholeMs('rosterMs', rosterMs, 100, 900_000),
    yieldTo,
    healthCheck: resolveHealthCheck(options.healthCheck, timings),
    multiRegion,
    noticeQueueUrl,
    build,
  };
}

/** Checks an election's name. */
export function checkName(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return name;
  throw bad('`name`', '1 to 64 letters, digits, `.`, `_` or `-`', name);
}

/** Checks a candidate's id; `option` is what the message calls it. */
export function checkId(option: string, id: unknown): string {
  if (typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= MAX_ID_BYTES) return id;
  throw bad(`\`${option}\``, `a text of 1 to ${MAX_ID_BYTES} bytes`, id);
}

const isUrl = (text: unknown): boolean => typeof text === 'string' && /^https?:/.test(text) && URL.canParse(text);

function ownId(): string {
  return `${hostname().slice(0, 64)}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

function resolveHealthCheck(
  given: ElectionOptions['healthCheck'],
  { renewMs }: Timings,
): Required<HealthCheck> | undefined {
  if (given === undefined) return undefined;
  if (given === null) throw bad('`healthCheck`', 'a function, or { check, periodMs, timeoutMs }', given);
  const parts: HealthCheck = typeof given === 'function' ? { check: given } : given;
  const { check, periodMs = renewMs, timeoutMs = renewMs } = parts;
  if (typeof check !== 'function') throw bad('`healthCheck`', 'a function, or { check, periodMs, timeoutMs }', given);
  return {
    check,
    periodMs: wholeMs('healthCheck.periodMs', periodMs, 10, 900_000),
    timeoutMs: wholeMs('healthCheck.timeoutMs', timeoutMs, 10, 900_000),
  };
}

/** The error for an option that is not what it must be. */
export function bad(what: string, expected: string, found: unknown): TenureError {
  return new TenureError('BadOption', `${what} must be ${expected}, but is ${show(found)}.`, {
    details: { expected, found },
  });
}
