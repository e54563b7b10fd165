/** The error for a use of a leadership after its end: why it ended, in words. */
import { TenureError } from '../../lease/errors.js';
import type { LostReason } from '../../lease/outcome.js';

const HOW_IT_ENDED: Record<LostReason, string> = {
  superseded: 'another candidate leads, or the record was replaced',
  expired: 'its lease ran out before a heartbeat landed',
  revoked: 'an operator, or proof of death, revoked it',
  resigned: 'it was resigned',
  yielded: 'it was handed over to a challenger',
  closed: 'the election was closed',
  cloned: 'another process runs with a copy of its memory, and has renewed first',
};

/** @param what the use that found the leadership over */
export function lostError(what: string, election: string, term: number, reason: LostReason): TenureError {
  return new TenureError(
    'LeadershipLost',
    `${what}: term ${term} of election "${election}" is over for this candidate; ${HOW_IT_ENDED[reason]}. ` +
      'Stop the work of this term.',
    { details: { election, term, reason } },
  );
}
