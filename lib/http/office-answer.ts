/** The office as clients of the API see it, with two tags by which a client without state compares what it saw. */
import { createHash } from 'node:crypto';
import { officeOf } from '../election/office.js';
import type { Challenger, LeaseRecord } from '../lease/record.js';
import { waitMs } from '../lease/timing.js';
import type { Answer } from './routes.js';

/** @param wall this machine's wall clock, epoch ms */
export function officeAnswer(
  election: string,
  record: LeaseRecord | undefined,
  { wall, drift }: { readonly wall: number; readonly drift: number },
): Answer<'OfficeState'> {
  const { challenger, ...office } = officeOf(election, record, wall);
  return {
    ...office,
    version: versionOf(record),
    change: changeOf(record),
    challenger: challengerAnswer(challenger),
    takeoverMs: record && waitMs(record.leaseMs, drift),
  };
}

/** Without its attempt, which is the key to the term that the challenger may be handed. */
export function challengerAnswer(challenger: Challenger | undefined): Answer<'OfficeState'>['challenger'] {
  return challenger && { id: challenger.id, rank: challenger.rank, why: challenger.why, to: challenger.to };
}

/** Changes with every heartbeat and every change of office, not with a challenge; `none` without a record. */
export function versionOf(record: LeaseRecord | undefined): string {
  return record === undefined ? 'none' : `${record.term}.${record.beat}.${hash(record.attempt)}`;
}

/** Changes with every change of office: heartbeats and challenges leave it as it is. */
function changeOf(record: LeaseRecord | undefined): string {
  if (record === undefined) return 'none';
  const { term, attempt, holder, reason, dead, successor, value } = record;
  return `${term}.${hash(attempt, holder, reason, dead, successor, value)}`;
}

/** A rewound table may repeat the numbers, so the attempt is a part of both tags; hashed, for it is the holder's secret. */
const hash = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
