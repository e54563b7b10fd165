/**
 * A candidate that is a Lambda function (section 8). The minute tick and the vacancy events wake it; it leads for as long
 * as its invocation lasts, and hands over to its own next invocation (relay), or does the work that is due and ends (duty).
 */
import * as z from 'zod/mini';
import type { Work } from '../election/candidate/work.js';
import { Election } from '../election/election.js';
import { bad, checkKeys } from '../election/options.js';
import { show, TenureError } from '../lease/errors.js';
import type { LostReason } from '../lease/outcome.js';
import { ENVIRONMENT } from '../names/environment.js';
import { DUTY_RESERVED_MS, RELAY_WINDOW_MS } from '../names/limits.js';
import { EVENT_SOURCE, VACANCY_EVENTS } from '../names/office-events.js';
import { beforeTheEnd, failIfUnled, type LambdaContext } from './lambda.js';
import { checkSink, type MetricSink, meter } from './meter.js';

/** `always`: leads for as long as the invocation lasts. `duty`: leads during its work, then reserves the office for itself. */
export type HeartbeaterMode = 'always' | 'duty';

/** What woke it: the tick, a lost leader (`vacancy`), a leader that resigned (`resignation`), or a call by hand. */
export type Wake = 'tick' | 'vacancy' | 'resignation' | 'call';

const TICK = z.object({ 'detail-type': z.literal('Scheduled Event'), source: z.literal('aws.events') });
const VACANCY = z.object({
  source: z.literal(EVENT_SOURCE),
  'detail-type': z.enum(VACANCY_EVENTS as [string, ...string[]]),
  detail: z.object({ election: z.string(), term: z.int().check(z.minimum(1)), beat: z.int().check(z.minimum(0)) }),
});
const CALL = z.strictObject({});

/**
 * Reads the event that woke a heartbeater of this election: the tick, a vacancy, or a call by hand with `{}`.
 * @returns what it is, or, for any other event, what was expected and what came
 */
export function parseWake(event: unknown, election: string): Wake | { readonly malformed: string } {
  if (TICK.safeParse(event).success) return 'tick';
  if (CALL.safeParse(event).success) return 'call';
  const vacancy = VACANCY.safeParse(event);
  if (!vacancy.success) {
    return {
      malformed:
        'expects the minute tick (`Scheduled Event`), a vacancy event of Tenure with `detail` {election, term, beat}, ' +
        `or {} for a call by hand, but got ${show(event)}`,
    };
  }
  const isOurs = vacancy.data.detail.election === election;
  if (isOurs) return vacancy.data['detail-type'] === 'Leader Resigned' ? 'resignation' : 'vacancy';
  return {
    malformed: `expects events of election ${show(election)}, but got one of ${show(vacancy.data.detail.election)}`,
  };
}

/** An invocation that has led for this long is relieved by the next tick: the window before its end holds three ticks. */
export function relayAfterMs(timeoutMs: number): number {
  return Math.floor(Math.max(timeoutMs - RELAY_WINDOW_MS, timeoutMs / 3));
}

/** How a {@link heartbeater} is made. */
export interface HeartbeaterOptions {
  /** Default: {@link Election.fromEnvironment}, made at the first invocation. */
  readonly election?: Election | undefined;
  /** Default: `TENURE_MODE`, or `always`. */
  readonly mode?: HeartbeaterMode | undefined;
  /** Where its metrics go. Default: nowhere. */
  readonly sink?: MetricSink | undefined;
  /** Called with an event that a heartbeater does not know. Default: throws, so that the invocation fails. */
  readonly onMalformed?: ((event: unknown, reason: string) => void | Promise<void>) | undefined;
  /** Called at each invocation, with what woke it; returns a function that is called at its end. */
  readonly onWake?: ((election: Election, wake: Wake) => () => void) | undefined;
}

/**
 * Makes a Lambda handler that is a candidate, woken by the minute tick and by vacancies. It ends at once if there is a
 * leader. Otherwise it stands, leads for as long as its invocation lasts, and hands over to its own next invocation.
 * Section 8, minute tick and relay.
 *
 * @param work gets the leadership, and stops when its `signal` aborts
 * @param options see {@link HeartbeaterOptions}
 * @returns a handler whose result says whether it led: `{ led: true, term, reason }` or `{ led: false, why }`. It throws
 *   TenureError `RequestFailed` if the table cannot be read, or if nobody leads because requests have failed (the next tick
 *   tries again), `BadOption` for its environment
 * @throws TenureError `BadOption` for the work and the options, at once
 * @example
 * export const handler = heartbeater(async (leadership) => {
 *   while (!leadership.signal.aborted) await nextStep(leadership.fence);
 * });
 */
export function heartbeater(
  work: Work,
  options: HeartbeaterOptions = {},
): (event: unknown, context: LambdaContext) => Promise<HeartbeaterResult> {
  checkOptions(work, options);
  let { election } = options;
  const mode = checkMode(options.mode ?? process.env[ENVIRONMENT.mode] ?? 'always');
  return async (event, context) => {
    election ??= Election.fromEnvironment();
    const wake = parseWake(event, election.name);
    if (typeof wake === 'object') {
      if (options.onMalformed === undefined) throw new TenureError('BadOption', `A heartbeater ${wake.malformed}.`);
      await options.onMalformed(event, wake.malformed);
      return { led: false, why: wake.malformed };
    }
    // Each duty ends with a resignation. If that woke candidates, they would begin the next duty at once, and so on for ever.
    if (mode === 'duty' && wake === 'resignation') return { led: false, why: 'a duty begins with the tick' };
    const atTheEnd = options.onWake?.(election, wake);
    try {
      return await beat(election, work, { mode, wake, sink: options.sink ?? NOWHERE }, context);
    } finally {
      atTheEnd?.();
    }
  };
}

/** The result of an invocation: the term that it led and how it ended, or why it did not lead, in words. */
export type HeartbeaterResult =
  | { readonly led: true; readonly term: number; readonly reason: LostReason }
  | { readonly led: false; readonly why: string };

const NOWHERE: MetricSink = { add: () => {}, flush: () => {} };

/** One invocation. */
async function beat(
  election: Election,
  work: Work,
  { mode, wake, sink }: { mode: HeartbeaterMode; wake: Wake; sink: MetricSink },
  context: LambdaContext,
): Promise<HeartbeaterResult> {
  const stopMeter = meter(election, sink, { alive: false });
  const end = beforeTheEnd(context);
  if (wake === 'tick') {
    sink.add('Ticks', 1);
    sink.add('Candidates', 1);
  }
  try {
    const how =
      mode === 'duty'
        ? { successor: election.id, reservedMs: DUTY_RESERVED_MS }
        : { relayAfterMs: relayAfterMs(context.getRemainingTimeInMillis()) };
    const tried = await election.tryRun(work, { signal: end.signal, ...how });
    sink.add('LeaderSeen', tried.led || tried.office.holder !== undefined ? 1 : 0);
    failIfUnled(tried);
    return tried.led ? tried : { led: false, why: tried.why };
  } finally {
    end.cancel();
    stopMeter();
  }
}

function checkOptions(work: unknown, options: HeartbeaterOptions): void {
  if (typeof work !== 'function')
    throw bad('The work of heartbeater()', 'a function that is given the leadership', work);
  checkKeys('heartbeater()', options, ['election', 'mode', 'sink', 'onMalformed', 'onWake']);
  const { election, sink, onMalformed, onWake } = options;
  if (election !== undefined && typeof election?.tryRun !== 'function')
    throw bad('`election`', 'an Election', election);
  if (sink !== undefined) checkSink(sink);
  for (const [name, hook] of Object.entries({ onMalformed, onWake })) {
    if (hook !== undefined && typeof hook !== 'function') throw bad(`\`${name}\``, 'a function', hook);
  }
}

function checkMode(mode: string): HeartbeaterMode {
  if (mode === 'always' || mode === 'duty') return mode;
  throw bad('The mode of a heartbeater', '`always` or `duty`', mode);
}
