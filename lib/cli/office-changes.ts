/** The changes of office that a table's stream still holds, for `history` and `status`. */
import type { OfficeEvent } from '../index.js';
import { showMs, showTime } from '../names/durations.js';
import type { Connection } from './connection.js';
import { type Reading, recordsOf } from './stream-reader.js';

const WHOLE: Reading = { newestFirst: false, emptyPages: 5 };
/** How long `status` reads a stream for the last changes. */
const LAST_LIMIT_MS = 1_500;

export interface Changes {
  /** In the order of term and beat, once each. */
  readonly events: readonly OfficeEvent[];
  /** Entries that could not be read. */
  readonly malformed: number;
}

/** All of the last 24 hours. */
export async function allChanges(connection: Connection, election: string): Promise<Changes> {
  const collected = await collector();
  for await (const records of recordsOf(connection, election, WHOLE)) for (const one of records) collected.add(one);
  return collected.changes();
}

/** The last few; undefined if they were not found in time, or cannot be read. What is older is never taken for them. */
export async function lastChanges(
  connection: Connection,
  election: string,
  most: number,
): Promise<readonly OfficeEvent[] | undefined> {
  const collected = await collector();
  const signal = AbortSignal.timeout(LAST_LIMIT_MS);
  try {
    for await (const records of recordsOf(connection, election, { newestFirst: true, emptyPages: 2, signal })) {
      for (const one of records) collected.add(one);
      if (collected.size >= most) break;
    }
  } catch {
    if (collected.size === 0) return undefined;
  }
  return collected.changes().events.slice(-most);
}

type Collector = { add(record: unknown): void; readonly size: number; changes(): Changes };

async function collector(): Promise<Collector> {
  // Loaded here: no other command has use for the schemas of events.
  const { changeOf } = await import('../serverless/office-event.js');
  const events = new Map<string, OfficeEvent>();
  let malformed = 0;
  return {
    add(record) {
      const change = changeOf(record);
      if ('malformed' in change) malformed += 1;
      else for (const event of change.events) events.set(`${event.detail.term}.${event.detail.beat}`, event);
    },
    get size() {
      return events.size;
    },
    changes() {
      const inOrder = [...events.values()].sort(
        (a, b) => a.detail.term - b.detail.term || a.detail.beat - b.detail.beat,
      );
      return { events: inOrder, malformed };
    },
  };
}

/** A change as JSON. */
export const changeJson = ({ type, detail }: OfficeEvent) => ({ type, ...detail });

/** A change as the cells of a line: when, which term, what. */
export function changeRow({ type, detail }: OfficeEvent): string[] {
  return [showTime(detail.at), `term ${detail.term}`, sentence({ type, detail })];
}

function sentence({ type, detail }: OfficeEvent): string {
  // One wide shape for all: what an event does not have is undefined.
  const d: { holder?: string; previous?: string; reason?: string; relay?: true; successor?: string; dead?: true } & {
    withoutLeaderMs?: number;
    failoverMs?: number;
  } = detail;
  if (type === 'Leader Resigned') return `${d.previous} resigned${d.successor ? `, in favour of ${d.successor}` : ''}`;
  if (type === 'Leader Expired') return `the lease of ${d.previous} ran out`;
  if (type === 'Leader Revoked') return `${d.previous} was revoked${d.dead ? ', proved dead' : ''}`;
  if (d.relay) return `${d.holder} goes on in its next runner`;
  const before = d.previous === undefined ? 'the first' : `after ${d.previous}: ${d.reason ?? 'no reason given'}`;
  const gap = d.withoutLeaderMs === undefined ? '' : `, ${showMs(d.withoutLeaderMs)} without a leader`;
  return `${d.holder} is elected (${before}${gap})`;
}
