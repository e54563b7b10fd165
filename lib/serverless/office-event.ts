/**
 * Changes of office as events (section 8): made from the images of the table's stream, described by one schema each. The
 * bus promises no order and may deliver twice, so each carries (election, term, beat), by which consumers put events in
 * order and drop duplicates. Pure.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { parseRecord } from '../lease/attributes.js';
import { isTenureError, show } from '../lease/errors.js';
import type { Item } from '../lease/item.js';
import { compareVersions, type LeaseRecord } from '../lease/record.js';
import { MAX_LEASE_MS } from '../lease/timing.js';
import type { MetricName } from '../names/metrics.js';
import { OFFICE_EVENTS, type OfficeEventType, type Transition } from '../names/office-events.js';

const described = <T extends z.core.$ZodType>(schema: T, description: string): T => {
  z.globalRegistry.add(schema, { description });
  return schema;
};

const COMMON = {
  format: described(z.literal(1), 'The format of this detail. A change that breaks readers raises it.'),
  election: described(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)), 'The election.'),
  term: described(z.int().check(z.minimum(1)), 'The term that began or ended: the fencing token. It only rises.'),
  beat: described(
    z.int().check(z.minimum(0)),
    'The number of the write within its term. Order events by (term, beat); an equal pair is the same event again.',
  ),
  at: described(
    z.int().check(z.minimum(0)),
    'When it was written, epoch ms by the clock of the process that wrote it.',
  ),
};

/** The details by detail-type. Readers must accept fields that they do not know: fields may be added. */
export const OFFICE_EVENT_SCHEMAS = {
  'Leader Elected': z.object({
    ...COMMON,
    holder: described(z.string(), 'The candidate that leads now.'),
    previous: described(z.optional(z.string()), 'The leader before; absent in a first term.'),
    reason: described(
      z.optional(z.string()),
      'How the last term ended: resigned, yielded (handed over in this write), expired, revoked. Absent in a first term.',
    ),
    relay: described(
      z.optional(z.literal(true)),
      'Handed over from one invocation to the next of the same candidate: no change of leader.',
    ),
    withoutLeaderMs: described(
      z.optional(z.number().check(z.minimum(0))),
      'How long nobody led before, in ms. It compares two wall clocks, so it is a hint. Absent in a first term.',
    ),
    failoverMs: described(
      z.optional(z.number().check(z.minimum(0))),
      'From the last heartbeat of a leader that was lost (expired, revoked) to this election, in ms. A hint.',
    ),
  }),
  'Leader Resigned': z.object({
    ...COMMON,
    previous: described(z.string(), 'The leader that resigned.'),
    successor: described(z.optional(z.string()), 'The candidate for which the vacancy is reserved.'),
  }),
  'Leader Expired': z.object({ ...COMMON, previous: described(z.string(), 'The leader whose lease ran out.') }),
  'Leader Revoked': z.object({
    ...COMMON,
    previous: described(z.string(), 'The leader that was revoked.'),
    dead: described(
      z.optional(z.literal(true)),
      'It is proved dead, and the office is free at once; else its lease must run out first.',
    ),
  }),
} as const satisfies Record<OfficeEventType, z.ZodMiniType>;

/** One change of office, as it goes on the bus (section 8). [Events](../../docs/events.md) explains each type. */
export interface OfficeEvent {
  /** The detail-type: `Leader Elected`, `Leader Resigned`, `Leader Expired` or `Leader Revoked`. */
  readonly type: OfficeEventType;
  /** `format`, `election`, `term`, `beat`, `at` (epoch ms), and the fields of the type. */
  readonly detail: z.infer<(typeof OFFICE_EVENT_SCHEMAS)[OfficeEventType]> & { readonly election: string };
}

/** The part of a stream record that is read. Images are raw attribute values. */
interface StreamRecord {
  readonly dynamodb?: {
    readonly Keys?: Record<string, unknown>;
    readonly OldImage?: Record<string, unknown>;
    readonly NewImage?: Record<string, unknown>;
  };
}

/** The content of a stream record: events in their order, and the metrics of the change. */
export interface Change {
  readonly election: string;
  readonly events: readonly OfficeEvent[];
  readonly metrics: readonly (readonly [MetricName, number])[];
}

/** Reads a stream record, or says what was expected and what came. */
export function changeOf(record: unknown): Change | { readonly malformed: string } {
  const { Keys, OldImage, NewImage } = (record as StreamRecord | null)?.dynamodb ?? {};
  const key = (Keys?.pk as AttributeValue | undefined)?.S;
  const election = key?.startsWith('election#') ? key.slice('election#'.length) : undefined;
  if (election === undefined || NewImage === undefined) {
    const expected = 'expected a stream record of `pk` "election#<name>" with its new image';
    return { malformed: `${expected}, but got ${show(record)}` };
  }
  try {
    return compared(election, readable(election, OldImage), parseRecord(election, NewImage as Item));
  } catch (error) {
    if (isTenureError(error)) return { malformed: error.message };
    return { malformed: `${show(record)} cannot be read: ${error instanceof Error ? error.message : show(error)}` };
  }
}

/** The record before; `undefined` if it could not be read, because an operator has just repaired it. */
function readable(election: string, image: Record<string, unknown> | undefined): LeaseRecord | undefined {
  try {
    return image === undefined ? undefined : parseRecord(election, image as Item);
  } catch {
    return undefined;
  }
}

/** What has changed between two images of the record. */
function compared(election: string, was: LeaseRecord | undefined, now: LeaseRecord): Change {
  // A challenge leaves the version and the transition as they are: that change of office was published before.
  if (was !== undefined && compareVersions(was, now) === 0) return { election, events: [], metrics: [] };
  const fell: (readonly [MetricName, number])[] = was !== undefined && now.term < was.term ? [['TermFell', 1]] : [];
  const { transition } = now;
  if (transition === undefined || !(transition in OFFICE_EVENTS)) return { election, events: [], metrics: fell };
  const change =
    transition === 'elected' ? elected(election, was, now) : vacated(election, transition as Transition, now);
  return { election, events: change.events, metrics: [...fell, ...change.metrics] };
}

function vacated(election: string, transition: Transition, now: LeaseRecord): Omit<Change, 'election'> {
  const { term, beat, previous = 'unknown', vacatedAt = now.renewedAt, successor, dead } = now;
  const common = { format: 1 as const, election, term, beat, at: dateOf(vacatedAt), previous };
  const type = OFFICE_EVENTS[transition];
  const detail = {
    ...common,
    ...(transition === 'resigned' && successor !== undefined && { successor }),
    ...(transition === 'revoked' && dead && { dead: true as const }),
  };
  const isLoss = transition === 'expired' || (transition === 'revoked' && dead);
  return { events: [{ type, detail }], metrics: isLoss ? [['Expirations', 1]] : [] };
}

function elected(election: string, was: LeaseRecord | undefined, now: LeaseRecord): Omit<Change, 'election'> {
  const { term, beat, holder = 'unknown', previous, reason, acquiredAt } = now;
  // A standby that takes over at an expiry writes no `expire` first. The event is published all the same.
  const takenOver = was?.holder !== undefined && reason === 'expired' ? was : undefined;
  const expired =
    takenOver &&
    vacated(election, 'expired', { ...takenOver, beat: takenOver.beat + 1, vacatedAt: acquiredAt, previous });
  const relay = reason === 'yielded' && previous === holder;
  const since = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, acquiredAt - at));
  const lost = was !== undefined && (reason === 'expired' || reason === 'revoked');
  const failoverMs = lost ? since(was.renewedAt) : undefined;
  const withoutLeaderMs = was && (reason === 'yielded' ? 0 : since(ledUntil(was, reason)));
  const detail = {
    format: 1 as const,
    election,
    term,
    beat,
    at: dateOf(acquiredAt),
    holder,
    ...(previous !== undefined && { previous }),
    ...(reason !== undefined && { reason }),
    ...(relay && { relay: true as const }),
    ...(withoutLeaderMs !== undefined && { withoutLeaderMs }),
    ...(failoverMs !== undefined && { failoverMs }),
  };
  const metrics: (readonly [MetricName, number])[] = [
    ['Term', term],
    [relay ? 'Relays' : 'Elections', 1],
    ...(withoutLeaderMs === undefined || relay ? [] : ([['TimeWithoutLeader', withoutLeaderMs]] as const)),
    ...(failoverMs === undefined ? [] : ([['FailoverTime', failoverMs]] as const)),
  ];
  return {
    events: [...(expired?.events ?? []), { type: 'Leader Elected', detail }],
    metrics: [...(expired?.metrics ?? []), ...metrics],
  };
}

/** The end of the year 9999: a record may say anything, and later ones are no date to the bus, nor to JavaScript. */
const LATEST_AT = Date.UTC(9999, 11, 31);

const dateOf = (at: number): number => Math.min(at, LATEST_AT);

/** Until when there was a leader, as far as the vacancy shows: a lease had run out before this was noticed. */
function ledUntil(was: LeaseRecord, reason: string | undefined): number | undefined {
  return reason === 'expired' ? was.renewedAt + Math.min(was.leaseMs, MAX_LEASE_MS) : was.vacatedAt;
}
