/** The error for a use of a leadership after its end: why it ended, in words. */
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
