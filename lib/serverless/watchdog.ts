/**
 * The watchdog (section 8): a death notice that comes out of its queue says that a version's lease is over. The record
 * shows whether it is still at that version, and the queue's own two times show whether the time has really passed.
 */
import * as z from 'zod/mini';
import type { Notice } from '../election/notices/notice.js';
import { type Clock, sleep } from '../lease/clock.js';
import { show } from '../lease/errors.js';
import type { LeaseStore } from '../lease/store.js';
import { waitMs } from '../lease/timing.js';
import { MAX_WATCHDOG_WAIT_MS } from '../names/limits.js';

const NOTICE = z.strictObject({
  election: z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)),
  term: z.int().check(z.minimum(1)),
  beat: z.int().check(z.minimum(0)),
  attempt: z.string().check(z.minLength(1)),
  marks: z.optional(z.array(z.string()).check(z.maxLength(64))),
});

/** The part of an SQS message that is read. */
export interface NoticeMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp?: string; readonly ApproximateFirstReceiveTimestamp?: string };
}

/** A notice, and how long the queue held it by its own clock. */
export interface DueNotice {
  readonly notice: Notice;
  readonly waitedMs: number;
}

/** Reads a message, or says what was expected and what came. */
export function parseNotice({ body, attributes }: NoticeMessage): DueNotice | { readonly malformed: string } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { malformed: `expected the JSON of a notice {election, term, beat, attempt}, but got ${show(body)}` };
  }
  const { data, error } = NOTICE.safeParse(value);
  if (error !== undefined) {
    const [issue] = error.issues;
    const where = issue?.path.join('.') || 'the whole';
    return {
      malformed: `expected a notice {election, term, beat, attempt}, but ${where} is wrong (${issue?.message}) in ${show(value)}`,
    };
  }
  const sent = Number(attributes?.SentTimestamp);
  const received = Number(attributes?.ApproximateFirstReceiveTimestamp);
  const waitedMs = received - sent;
  if (Number.isFinite(waitedMs)) return { notice: data, waitedMs };
  return { malformed: `expected the queue's two times with a notice, but got ${show(attributes)}` };
}

/**
 * The outcome of a notice. `void`: the record is no longer at that version, or nobody holds the office. `early`: the time
 * has not passed, and the rest is too long to wait for. `renewed`: a heartbeat came while the watchdog waited.
 */
export type NoticeOutcome = 'void' | 'early' | 'expired' | 'renewed';

/**
 * Judges one notice by the record, and expires its lease if that has run out.
 *
 * @param drift the part of a lease by which clocks may err; the same as the candidates'
 * @throws TenureError `RequestFailed` if another try may help; `MalformedRecord`, `NewerFormat`, `TableMissing`
 */
export async function heed(
  { notice, waitedMs }: DueNotice,
  { store, clock, drift }: { store: Pick<LeaseStore, 'read' | 'expire'>; clock: Clock; drift: number },
): Promise<NoticeOutcome> {
  const seen = await store.read();
  const isAbout =
    seen?.term === notice.term &&
    seen.attempt === notice.attempt &&
    seen.beat <= notice.beat &&
    isKnown(seen.mark, notice.marks);
  if (!isAbout || seen.holder === undefined) return 'void';
  // A version's lease counts from before its notice was sent, so the time in the queue is part of the lease.
  const missingMs = waitMs(seen.leaseMs, drift) - waitedMs;
  if (missingMs > MAX_WATCHDOG_WAIT_MS) return 'early';
  if (missingMs > 0) await sleep(clock, missingMs * (1 + drift));
  const { applied, record } = await store.expire({ seen, at: Math.round(clock.now().wall) });
  // Refused, and expired all the same: the request came twice, or another expiry of that version was quicker.
  const isDone = record?.term === seen.term && record.holder === undefined && record.reason === 'expired';
  return applied || isDone ? 'expired' : 'renewed';
}

/** The record was last written by the memory that mailed the notice; where either does not say, nobody was cloned. */
const isKnown = (mark: string | undefined, marks: readonly string[] | undefined): boolean =>
  mark === undefined || marks === undefined || marks.includes(mark);
