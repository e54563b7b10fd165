/** The errors for what has ended: a leadership that is used after its end, and a wait that ended before there was one. */
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
