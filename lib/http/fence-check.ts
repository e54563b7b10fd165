/**
 * Whether a write of a term may still go, as far as a question can tell (section 7). The answer is about the past: between
 * it and the write anything may happen. A write is only safe where it is compared with the term in one step.
 */

import type { ApiTable } from './api-table.js';
import { Problem } from './problem.js';
import type { Answer, Asked } from './routes.js';

export async function fenceCheck(
  table: ApiTable,
  election: string,
  { term, attempt }: Asked<'FenceCheck'>,
): Promise<Answer<'Passed'>> {
  const store = table.store(election);
  const fence = await table.send((o) => store.readFence(o));
  const passes = fence?.term === term && (attempt === undefined || fence.attempt === attempt);
  if (passes) return { election, term, passes };
  const at = fence === undefined ? 'no term has begun its work' : `the fence is at term ${fence.term}`;
  throw new Problem(
    409,
    'LeadershipLost',
    `A write of term ${term} in election "${election}" must not go: ${at}, or the attempt is another's. Drop the write.`,
    { reason: 'superseded', fenceTerm: fence?.term },
  );
}
