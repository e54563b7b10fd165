/** A user's own function that runs in the leader alone (section 8, duty). */

import type { Leadership } from '../election/candidate/leadership.js';
import type { Election } from '../election/election.js';
import type { Office } from '../election/office.js';
import { DUTY_RESERVED_MS } from '../names/limits.js';
import { EVENT_SOURCE, OFFICE_EVENTS } from '../names/office-events.js';
import { beforeTheEnd, type LambdaContext } from './lambda.js';

/** What {@link leaderOnly} calls in the leader. */
export type LeaderHandler<E, R> = (event: E, leadership: Leadership, context: LambdaContext) => R | Promise<R>;

/**
 * Makes a Lambda handler that does its work only in the leader: of several functions, Regions or overlapping invocations
 * that are woken for the same thing, one works, and the others end at once. The office is taken for the invocation, and
 * then kept for this candidate for 150 s (two minute ticks and a half): so the same one works the next time, and another
 * takes over if it does not come. Section 8, duty.
 *
 * The handler is given the leadership: its `signal` aborts when the office is lost, and before the invocation's time is
 * up (10 s, or a quarter of the time); what it writes goes through `leadership.fence`, so that an invocation that was
 * frozen in the middle can do no harm when it wakes. What the handler throws fails the invocation, after the office was
 * given back.
 *
 * @param election stands for each invocation; give it an id that stays the same, as the Region's
 * @param handler is given the event, the leadership and Lambda's context
 * @param options.otherwise makes the result of an invocation that does not lead; `undefined` unless told otherwise
 * @throws what the handler throws; TenureError `RequestFailed` if the table cannot be read
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
  { otherwise }: { otherwise?: (office: Office, event: E) => O } = {},
): (event: E, context: LambdaContext) => Promise<R | O> {
  return async (event, context) => {
    // Each of its own resignations would wake it again, and so on for ever, where it listens to the event bus.
    if (isResignation(event, election.name)) return otherwise?.(await election.leader(), event) as O;
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
      if (!tried.led) return otherwise?.(tried.office, event) as O;
    } finally {
      end.cancel();
    }
    if (outcome === undefined)
      throw new Error('The work did not stop when it was told to: its invocation has no time left.');
    if ('failure' in outcome) throw outcome.failure;
    return outcome.result;
  };
}

function isResignation(event: unknown, election: string): boolean {
  const { source, 'detail-type': type, detail } = (event ?? {}) as Record<string, unknown>;
  const theirs = (detail as { election?: unknown } | undefined)?.election;
  return source === EVENT_SOURCE && type === OFFICE_EVENTS.resigned && theirs === election;
}
