/** What every part of one election is given: its settings, and the effects (store, clock, chance) passed in from the edge. */
import type { Chance } from '../lease/chance.js';
import type { Clock } from '../lease/clock.js';
import { isTenureError, show, TenureError } from '../lease/errors.js';
import type { Gate } from '../lease/gate.js';
import type { LeaseRecord } from '../lease/record.js';
import type { CallOptions, LeaseStore } from '../lease/store.js';
import type { Emitter, Operation } from './events.js';
import type { Notices } from './notice.js';
import type { Settings } from './options.js';
import type { Roster } from './roster.js';
import type { View } from './view.js';

/** All but the roster, which needs all of it itself. */
export interface Surroundings extends Omit<Settings, 'name' | 'client' | 'noticeQueueUrl'> {
  readonly election: string;
  readonly store: LeaseStore;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly emitter: Emitter;
  readonly view: View;
  readonly notices: Notices;
}

export interface Context extends Surroundings {
  /** With `succession` alone. */
  readonly roster: Roster | undefined;
}

const READS: ReadonlySet<Operation> = new Set(['read', 'readFence', 'readRoster']);
/** What is sent within a turn that its leader has taken already: the stamp counts from there. */
const IN_TURN: ReadonlySet<Operation> = new Set(['renew', 'proclaim', 'resign', 'handOver']);

/** Sends one request, when its turn has come. */
export function call<T>(
  context: Surroundings,
  operation: Operation,
  limitMs: number,
  send: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const sending = () => sendNow(context, operation, limitMs, send);
  if (IN_TURN.has(operation)) return sending();
  return context.gate.pass(operation === 'raise' ? 'leader' : 'other', sending);
}

/** One strongly consistent read of the record, told to the view. */
export async function readNow(context: Surroundings): Promise<LeaseRecord | undefined> {
  const { store, timings, view } = context;
  const mark = view.mark();
  const record = await call(context, 'read', timings.requestTimeoutMs, (options) => store.read(options));
  view.see(record, mark);
  return record;
}

/**
 * Sends one request with a limit for all its attempts together (section 4). A request that outlives its limit is
 * aborted and counts as unknown, whatever becomes of it: so does an answer that comes later.
 */
async function sendNow<T>(
  context: Surroundings,
  operation: Operation,
  limitMs: number,
  send: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { clock, emitter } = context;
  const sent = clock.now().mono;
  const told = (outcome: 'applied' | 'refused' | 'unknown') =>
    emitter.emit('request', {
      operation,
      kind: READS.has(operation) ? 'read' : 'write',
      outcome,
      latencyMs: clock.now().mono - sent,
    });
  try {
    const answer = await limited(clock, operation, limitMs, send);
    told(isRefused(answer) ? 'refused' : 'applied');
    return answer;
  } catch (error) {
    told('unknown');
    throw error;
  }
}

function limited<T>(
  clock: Clock,
  operation: Operation,
  limitMs: number,
  send: (options: CallOptions) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const cancel = clock.after(limitMs, () => {
      const error = new TenureError(
        'RequestFailed',
        `No answer to \`${operation}\` within ${Math.round(limitMs)} ms, all attempts together: its outcome is unknown.`,
        { details: { operation, limitMs } },
      );
      reject(error);
      controller.abort(error);
    });
    (async () => send({ signal: controller.signal }))().then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}

function isRefused(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'applied' in answer && answer.applied === false;
}

/** Any failure as an error of ours; the loop goes on after telling it. */
export function asTenureError(cause: unknown, doing: string): TenureError {
  if (isTenureError(cause)) return cause;
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
  return new TenureError('RequestFailed', `${doing} failed: ${message}`, { cause });
}
