/** The options of an election: documented, checked in one place, completed with defaults. */
import type { AnyDynamoDBClient } from '../lease/client.js';
import { show, TenureError } from '../lease/errors.js';
import { resolveTimings, type Timings, wholeMs, wholeNumber } from '../lease/timing.js';
import { copyValue } from '../lease/value.js';
import { ORDERS, type Order } from '../names/succession.js';
import { checkId, ownId } from './candidate-id.js';

/** The challengers that a leader yields to: operators alone, or also candidates of a higher priority. */
export type YieldTo = 'operator' | 'priority';

/** A check of the leader's own health, run while it leads and before it challenges another. */
export interface HealthCheck {
  /** Healthy if it resolves to anything but `false`; it must not block the event loop. `signal` aborts at the time-out. */
  readonly check: (signal: AbortSignal) => unknown;
  /** From the end of one check to the start of the next, in ms: 10 to 900 000. Default: `renewMs`. */
  readonly periodMs?: number | undefined;
  /** A check that takes longer has failed, in ms: 10 to 900 000. Default: `renewMs`. */
  readonly timeoutMs?: number | undefined;
}

/** The options of an {@link Election}. Only `name` and `tableName` are needed. */
export interface ElectionOptions {
  /** The name of the election: letters, digits, `.`, `_`, `-`; 1 to 64 of them. The key of its record. */
  readonly name: string;
  /** The DynamoDB table (`pk`, `sk`, both text), or its ARN. The CDK app makes it, or {@link createTable}. */
  readonly tableName: string;
  /**
   * Your `DynamoDBClient` or `DynamoDBDocumentClient`; it is never closed. Its endpoint, Region, credentials, TLS settings and
   * middleware are used, but not its connections, retries and time-outs: heartbeats have connections of their own, so that
   * a busy application costs no lease. See `sharedConnections`. Default: a client of our own, by the SDK's configuration.
   */
  readonly client?: AnyDynamoDBClient | undefined;
  /**
   * Uses `client` as it is, with its connections, retries and time-outs. Then an application that keeps its sockets busy, or
   * a pool of dead connections, can cost a healthy leader its term. Default `false`.
   */
  readonly sharedConnections?: boolean | undefined;
  /**
   * This candidate's name, for people: 1 to 128 bytes. Default: host name, process id and four random bytes. It proves
   * nothing: two processes under one id still never lead together. A process that turns out to be a clone gets a suffix.
   */
  readonly id?: string | undefined;
  /**
   * How long a leader may lead after its last heartbeat, in ms: 100 to 900 000. Default 10 000. Shorter means faster
   * failover and less patience with a slow network or a paused process.
   */
  readonly leaseMs?: number | undefined;
  /**
   * How often a leader renews its lease, in ms. Default `leaseMs * 0.3` (3 000). A heartbeat without an answer is sent again at
   * once, and then every so often: an outage shorter than `leaseMs * (1 - drift) - stepDownMs - renewMs - requestTimeoutMs`
   * loses no term.
   */
  readonly renewMs?: number | undefined;
  /** How long before its lease ends a leader's work has to stop, in ms. Default `leaseMs * 0.1` (1 000): the time it has to do so. */
  readonly stepDownMs?: number | undefined;
  /**
   * The limit of one request, in ms: 5 to `renewMs`. Default `renewMs / 2` (1 500). One try has half of that, or what
   * is left of the lease if that is less. A read is tried twice, a heartbeat again and again (see `renewMs`).
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * By what part of a lease any candidate's clock may err: 0.0001 to 0.25. Default 0.01, which covers quartz and ntpd.
   * A holder counts its lease shorter by this, a standby waits longer. **Must be the same for all candidates.**
   */
  readonly drift?: number | undefined;
  /** What to proclaim from the first moment in office (an address, a version): at most 400 bytes. Default: nothing. */
  readonly value?: unknown;
  /**
   * Rank among the candidates: 0 to 1 000 000, higher first. Default 0. At a vacancy a lower one waits longer (see
   * `staggerMs`), and a standby with a strictly higher priority than the leader's challenges it, once per term.
   */
  readonly priority?: number | undefined;
  /**
   * How long to leave a vacancy to candidates of higher priority, in ms for each step of it below the last leader's
   * priority, at most five steps: 0 to 60 000. Default 250, more than a standby takes to see a vacancy.
   */
  readonly staggerMs?: number | undefined;
  /**
   * The order in which a vacancy passes on among the candidates that stand: `'seniority'` (the one that has stood the longest;
   * the last leader goes back to the end), `'ring'` (the next id after the last leader's, and round again), `'priority'` (the
   * highest, and the senior of equals). Each candidate then gives a sign of life every `rosterMs`, one write unit, and waits
   * `staggerMs` for each that comes before it, at most five times. **The same for all candidates.** Default: nobody is
   * listed; the quicker candidate wins, with `priority`.
   */
  readonly succession?: Order | undefined;
  /**
   * How often a candidate gives a sign of life to the roster, in ms: 100 to 900 000; it is out of the line after three
   * that are missed. Default `3 * leaseMs` (30 000).
   */
  readonly rosterMs?: number | undefined;
  /**
   * The challengers that this candidate yields to when it leads. `'operator'` (default): operators alone. `'priority'`: also
   * candidates of strictly higher priority (the bully's rule).
   */
  readonly yieldTo?: YieldTo | undefined;
  /** A check of the work's health; while it fails this candidate resigns. A function, or one with its own timing. Default: none. */
  readonly healthCheck?: HealthCheck | HealthCheck['check'] | undefined;
  /**
   * The table is a multi-Region strongly consistent one, which has no transactions: `fence.check()` then throws and says
   * so. Default `false`.
   */
  readonly multiRegion?: boolean | undefined;
  /**
   * The URL of the SQS queue of post-dated notices: each heartbeat mails one, so that this leader's death is noticed when its
   * lease has run out, although nobody may be watching. A standard queue: a FIFO queue cannot delay single messages. Needs
   * `@aws-sdk/client-sqs`. Leases of 890 000 ms and more have none. Default: no notices.
   */
  readonly noticeQueueUrl?: string | undefined;
  /**
   * Which build of the program this candidate runs: 1 to 16 letters or digits. Kept within the attempt of each
   * acquisition. A relay (see `tryRun`) of another build relieves its earlier runner at once. Default: none.
   */
  readonly build?: string | undefined;
}

/** Timings for a process that only looks: it has no lease to lose, and is patient with a single request. */
export const OUTSIDE = { leaseMs: 30_000, renewMs: 8_000, stepDownMs: 200, requestTimeoutMs: 8_000 };

/** A health check, complete. */
interface ResolvedHealthCheck {
  readonly check: HealthCheck['check'];
  readonly periodMs: number;
  readonly timeoutMs: number;
}

/** The options, complete and checked. */
export interface ResolvedOptions {
  readonly name: string;
  readonly tableName: string;
  readonly client: AnyDynamoDBClient | undefined;
  readonly sharedConnections: boolean;
  readonly id: string;
  readonly timings: Timings;
  readonly value: unknown;
  readonly priority: number;
  readonly staggerMs: number;
  readonly succession: Order | undefined;
  readonly rosterMs: number;
  readonly yieldTo: YieldTo;
  readonly healthCheck: ResolvedHealthCheck | undefined;
  readonly multiRegion: boolean;
  readonly noticeQueueUrl: string | undefined;
  readonly build: string | undefined;
}

const KNOWN: Record<keyof ElectionOptions, true> = {
  name: true,
  tableName: true,
  client: true,
  sharedConnections: true,
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
export function resolveOptions(options: ElectionOptions): ResolvedOptions {
  if (typeof options !== 'object' || options === null) {
    throw bad('The options of an Election', 'an object with at least `name` and `tableName`', options);
  }
  checkKeys('An Election', options, Object.keys(KNOWN));
  if (typeof options.tableName !== 'string' || options.tableName === '') {
    throw bad('`tableName`', 'the name or ARN of a DynamoDB table', options.tableName);
  }
  const { client } = options;
  if (client !== undefined && typeof (client as { send?: unknown } | null)?.send !== 'function') {
    throw bad('`client`', 'a DynamoDBClient or DynamoDBDocumentClient', client);
  }
  if (options.sharedConnections === true && client === undefined) {
    throw bad('`client`', 'given beside `sharedConnections`, which is about its connections', client);
  }
  const { yieldTo = 'operator', priority = 0, staggerMs = 250 } = options;
  if (yieldTo !== 'operator' && yieldTo !== 'priority') throw bad('`yieldTo`', "'operator' or 'priority'", yieldTo);
  const { noticeQueueUrl, build, succession } = options;
  if (succession !== undefined && !ORDERS.includes(succession)) {
    throw bad('`succession`', ORDERS.map((order) => show(order)).join(', '), succession);
  }
  if (noticeQueueUrl !== undefined && !isUrl(noticeQueueUrl)) {
    throw bad('`noticeQueueUrl`', 'the URL of an SQS queue', noticeQueueUrl);
  }
  if (noticeQueueUrl?.endsWith('.fifo')) {
    throw bad(
      '`noticeQueueUrl`',
      'the URL of a standard queue (a FIFO queue cannot delay single messages)',
      noticeQueueUrl,
    );
  }
  if (build !== undefined && !(typeof build === 'string' && /^[A-Za-z0-9]{1,16}$/.test(build))) {
    throw bad('`build`', '1 to 16 letters or digits', build);
  }
  const timings = resolveTimings(options);
  const { rosterMs = Math.min(900_000, 3 * timings.leaseMs) } = options;
  return {
    name: checkName(options.name),
    tableName: options.tableName,
    client,
    sharedConnections: checkFlag('sharedConnections', options.sharedConnections),
    id: options.id === undefined ? ownId() : checkId('id', options.id),
    timings,
    value: copyValue(options.value),
    priority: wholeNumber('priority', priority, 0, 1_000_000),
    staggerMs: wholeMs('staggerMs', staggerMs, 0, 60_000),
    succession,
    rosterMs: wholeMs('rosterMs', rosterMs, 100, 900_000),
    yieldTo,
    healthCheck: resolveHealthCheck(options.healthCheck, timings),
    multiRegion: checkFlag('multiRegion', options.multiRegion),
    noticeQueueUrl,
    build,
  };
}

/** Checks an election's name. */
export function checkName(name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return name;
  throw bad('`name`', '1 to 64 letters, digits, `.`, `_` or `-`', name);
}

const isUrl = (text: unknown): boolean => typeof text === 'string' && /^https?:/.test(text) && URL.canParse(text);

/**
 * Refuses options that are none of these.
 * @throws TenureError `BadOption` that names the unknown and the known ones
 */
export function checkKeys(what: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw bad(`The options of ${what}`, 'an object', given);
  const unknown = Object.keys(given).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  throw new TenureError(
    'BadOption',
    `Unknown option ${unknown.map((key) => `\`${key}\``).join(', ')}. ${what} knows: ${known.join(', ')}.`,
    { details: { unknown } },
  );
}

/** An option that is true or false; false if it is left out. */
export function checkFlag(option: string, flag: unknown): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? false;
  throw bad(`\`${option}\``, 'true or false', flag);
}

function resolveHealthCheck(
  given: ElectionOptions['healthCheck'],
  { renewMs }: Timings,
): ResolvedHealthCheck | undefined {
  if (given === undefined) return undefined;
  if (given === null) throw bad('`healthCheck`', 'a function, or { check, periodMs, timeoutMs }', given);
  const parts: HealthCheck = typeof given === 'function' ? { check: given } : given;
  checkKeys('`healthCheck`', parts, ['check', 'periodMs', 'timeoutMs']);
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
