/**
 * Two opaque texts by which a client without state compares what it saw: `version` is another after every write of the
 * record, `change` after every change of office. The attempt goes into them as a hash: a rewound table may repeat the
 * numbers, and the attempt itself is the holder's affair.
 */
import { createHash } from 'node:crypto';
import type { LeaseRecord } from '../lease/record.js';

const hash = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);

/** The version of a record, `none` where there is none. */
export function versionOf(record: LeaseRecord | undefined): string {
  return record === undefined ? 'none' : `${record.term}.${record.beat}.${hash(record.attempt)}`;
}

/** What heartbeats and challenges leave as it is. */
export function changeOf(record: LeaseRecord | undefined): string {
  if (record === undefined) return 'none';
  const { term, attempt, holder, reason, dead, successor, value } = record;
  return `${term}.${hash(attempt, holder, reason, dead, successor, value)}`;
}
