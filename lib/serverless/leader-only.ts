/** A user's own function that runs in the leader alone (section 8, duty). */

import type { Leadership } from '../election/candidate/leadership.js';
import type { Election } from '../election/election.js';
import type { Office } from '../election/office.js';
import { bad, checkKeys } from '../election/options.js';
import { isTenureError } from '../lease/errors.js';
import { DUTY_RESERVED_MS } from '../names/limits.js';
import { EVENT_SOURCE, OFFICE_EVENTS } from '../names/office-events.js';
import { beforeTheEnd, failIfUnled, type LambdaContext } from './lambda.js';

/** What {@link leaderOnly} calls in the leader. */
export type LeaderHandler<E, R> = (event: E, leadership: Leadership, context: LambdaContext) => R | Promise<R>;

/**
 * Makes a Lambda handler that does its work only in the leader. If several functions, Regions or overlapping invocations
 * are woken for the same thing, one works, and the others end at once. The candidate holds the office during the
 * invocation. The office is then reserved for it for 150 s (two and a half minute ticks). So the same candidate works the
 * next time, and another takes over if it does not come. Section 8, duty.
 *
 * The handler gets the leadership. Its `signal` aborts when the office is lost, and before the invocation's time is
 * up (10 s, or a quarter of the time). What it writes goes through `leadership.fence`, so that an invocation that was
 * frozen in the middle does no harm when it wakes up. If the handler throws, the office is given back, and then the
 * invocation fails.
 *
 * @param election stands at each invocation; give it an id that stays the same, such as the Region
 * @param handler gets the event, the leadership and Lambda's context
 * @param options.otherwise makes the result of an invocation that does not lead, also of one that overlaps with another of
 *   the same process. Default: the result is `undefined`
 * @throws TenureError `BadOption`, at once; in an invocation, what the handler throws, and TenureError `RequestFailed` (or
 *   `AccessDenied`, and so on) if nobody leads because requests to the table have failed
 * @example
 * const election = Election.fromEnvironment({ id: process.env.AWS_REGION });
 * export const handler = leaderOnly(election, async (event, leadership) => {
 *   for (const invoice of await dueInvoices(event)) {
 *     if (leadership.signal.aborted) return;
 *     await documents.send(new UpdateCommand(leadership.fence.stamp(charge(invoice))));
 *   }
 * });
 */
export function leaderOnly<E, R, O = undefined>(
  election: Election,
  handler: LeaderHandler<E, R>,
  options: { otherwise?: ((office: Office, event: E) => O) | undefined } = {},
): (event: E, context: LambdaContext) => Promise<R | O> {
  if (typeof election?.tryRun !== 'function') throw bad('The election of leaderOnly()', 'an Election', election);
  if (typeof handler !== 'function') throw bad('The handler of leaderOnly()', 'a function', handler);
  checkKeys('leaderOnly()', options, ['otherwise']);
  const { otherwise } = options;
  if (otherwise !== undefined && typeof otherwise !== 'function') throw bad('`otherwise`', 'a function', otherwise);
  return async (event, context) => {
    const notLeading = async () => otherwise?.(await election.leader(), event) as O;
    // If it listens to the event bus, each of its own resignations would wake it again, and so on for ever.
    if (isResignation(event, election.name)) return notLeading();
    const end = beforeTheEnd(context);
    let outcome: { readonly result: R } | { readonly failure: unknown } | undefined;
    try {
      const tried = await election.tryRun(
        async (leadership) => {
          try {
            outcome = { result: await handler(event, leadership, context) };
          } catch (failure) {
            outcome = { failure };
          }
        },
        { signal: end.signal, successor: election.id, reservedMs: DUTY_RESERVED_MS },
      );
      failIfUnled(tried);
      if (!tried.led) return otherwise?.(tried.office, event) as O;
    } catch (error) {
      if (isTenureError(error, 'Busy')) return await notLeading(); // another invocation of this process is at it
      throw error;
    } finally {
      end.cancel();
    }
    if (outcome === undefined)
      throw new Error('The work did not stop when its signal aborted: its invocation has no time left.');
    if ('failure' in outcome) throw outcome.failure;
    return outcome.result;
  };
}

function isResignation(event: unknown, election: string): boolean {
  const { source, 'detail-type': type, detail } = (event ?? {}) as Record<string, unknown>;
  const theirs = (detail as { election?: unknown } | undefined)?.election;
  return source === EVENT_SOURCE && type === OFFICE_EVENTS.resigned && theirs === election;
}
