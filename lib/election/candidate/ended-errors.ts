/** The errors for a leadership that is over, a wait that ended before there was one, and an election that cannot stand now. */
import { TenureError } from '../../lease/errors.js';
import type { LostReason } from '../../lease/outcome.js';
import { LOST_REASONS, type ReasonText } from '../../names/reasons.js';

const REASONS: Readonly<Record<LostReason, ReasonText>> = LOST_REASONS;

/** @param what the use that found the leadership over */
export function lostError(what: string, election: string, term: number, reason: LostReason): TenureError {
  return new TenureError(
    'LeadershipLost',
    `${what}: term ${term} of election "${election}" is over for this candidate; ${REASONS[reason].sentence}. ` +
      'Stop the work of this term.',
    { details: { election, term, reason } },
  );
}

/**
 * The cause is on the error that ends a wait.
 * @param ended why the wait has ended: the signal's reason, or that the election was closed
 * @param failure the last failure of a request, if there was one
 */
export function notElected(election: string, ended: unknown, failure: TenureError | undefined): unknown {
  if (failure === undefined) return ended;
  const how = ended instanceof Error ? `${ended.name}: ${ended.message}` : String(ended);
  return new TenureError(
    failure.code,
    `campaign() of election "${election}" has ended before the office was won (${how}). The last failure: ${failure.message}`,
    { cause: failure, details: { ...failure.details, reason: ended } },
  );
}

export const closedError = (election: string, id: string): TenureError =>
  new TenureError('Closed', `Election "${election}" of candidate ${id} is closed: make a new Election.`);

export const busyError = (election: string, id: string): TenureError =>
  new TenureError(
    'Busy',
    `Candidate ${id} stands for election "${election}" already: one run() or campaign() at a time. Wait for it, ` +
      'resign its leadership, or make another Election with an id of its own.',
  );

/** The record is not there any more, under a leader. */
export const vanishedError = (election: string, term: number): TenureError =>
  new TenureError(
    'RecordVanished',
    `The record of election "${election}" is gone: term ${term} ends. The table was replaced or the item deleted, and ` +
      'fencing tokens may repeat unless the fence survived.',
    { details: { term } },
  );
