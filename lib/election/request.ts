/** One request to the table: its turn among others, its limit, a second try, and what listeners hear of it. */
import { tryLimitMs } from '../lease/client.js';
import type { Instant } from '../lease/clock.js';
import { isTenureError, show, TenureError } from '../lease/errors.js';
import { Latch } from '../lease/latch.js';
import type { LeaseRecord } from '../lease/record.js';
import type { CallOptions } from '../lease/store.js';
import type { Context } from './context.js';
import type { Operation } from './events.js';

/** What a request is: whose turn it takes, and how often it is tried. What has a loop of its own is tried once. */
const OPERATIONS: Readonly<
  Record<Operation, { readonly kind: 'read' | 'write'; readonly turn: 'leader' | 'other'; readonly tries: 1 | 2 }>
> = {
  read: { kind: 'read', turn: 'other', tries: 2 },
  readFence: { kind: 'read', turn: 'other', tries: 2 },
  create: { kind: 'write', turn: 'other', tries: 1 },
  acquire: { kind: 'write', turn: 'other', tries: 1 },
  raise: { kind: 'write', turn: 'leader', tries: 1 },
  renew: { kind: 'write', turn: 'leader', tries: 1 },
  proclaim: { kind: 'write', turn: 'leader', tries: 1 },
  resign: { kind: 'write', turn: 'leader', tries: 1 },
  handOver: { kind: 'write', turn: 'leader', tries: 1 },
  challenge: { kind: 'write', turn: 'other', tries: 2 },
  withdraw: { kind: 'write', turn: 'other', tries: 2 },
  revoke: { kind: 'write', turn: 'other', tries: 1 },
  roster: { kind: 'write', turn: 'other', tries: 2 },
  readRoster: { kind: 'read', turn: 'other', tries: 2 },
};

/**
 * Sends one request. A try that outlives its limit is cut off and counts as unknown, whatever becomes of it: so does an
 * answer that comes later.
 *
 * @param send sends one try; `sent` is the moment just before, from which a lease may count
 * @param limitMs of one try; default: half of `requestTimeoutMs`
 * @throws TenureError the failure of the last try
 */
export async function call<T>(
  context: Context,
  operation: Operation,
  send: (options: CallOptions, sent: Instant) => Promise<T>,
  limitMs: number = tryLimitMs(context.timings.requestTimeoutMs),
): Promise<T> {
  const { turn, tries } = OPERATIONS[operation];
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await context.gate.pass(turn, () => tryOnce(context, operation, send, Math.max(1, limitMs)));
    } catch (error) {
      if (left === 0 || !isTenureError(error, 'RequestFailed')) throw error;
    }
  }
}

/** One try. Settles once: by its answer, or by its limit. */
function tryOnce<T>(
  { clock, emitter }: Context,
  operation: Operation,
  send: (options: CallOptions, sent: Instant) => Promise<T>,
  limitMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const sent = clock.now();
    const options = new CutOff();
    const tell = (outcome: 'applied' | 'refused' | 'unknown') => {
      const latencyMs = clock.now().mono - sent.mono;
      emitter.emit('request', { operation, kind: OPERATIONS[operation].kind, outcome, latencyMs });
    };
    const answered = (answer: T) => {
      if (options.cutOff.isSet) return;
      cancel();
      tell(isRefused(answer) ? 'refused' : 'applied');
      resolve(answer);
    };
    const failed = (error: unknown) => {
      if (options.cutOff.isSet) return;
      cancel();
      tell('unknown');
      reject(asTenureError(error, `\`${operation}\``));
    };
    const cancel = clock.after(limitMs, () => {
      failed(unanswered(operation, limitMs));
      options.cutOff.set();
    });
    sending(() => send(options, sent)).then(answered, failed);
  });
}

/** What throws instead of returning a promise is a failure like any other. */
function sending<T>(send: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(send());
  } catch (error) {
    return Promise.reject(error);
  }
}

const unanswered = (operation: Operation, limitMs: number) =>
  new TenureError(
    'RequestFailed',
    `No answer to \`${operation}\` within ${Math.round(limitMs)} ms: its outcome is unknown.`,
    { details: { operation, limitMs } },
  );

/** The end of a try, as an `AbortSignal` for implementations that want one: made when it is asked for. */
class CutOff implements CallOptions {
  readonly cutOff = new Latch();
  #signal: AbortSignal | undefined;

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    const controller = new AbortController();
    this.cutOff.onceSet(() => controller.abort());
    this.#signal = controller.signal;
    return this.#signal;
  }
}

function isRefused(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'applied' in answer && answer.applied === false;
}

/** One strongly consistent read of the record, shown to the view. */
export async function readNow(context: Context): Promise<LeaseRecord | undefined> {
  const { store, view } = context;
  const mark = view.mark();
  const record = await call(context, 'read', (options) => store.read(options));
  view.see(record, mark);
  return record;
}

/** Any failure as a `TenureError`. */
export function asTenureError(cause: unknown, doing: string): TenureError {
  if (isTenureError(cause)) return cause;
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
  return new TenureError('RequestFailed', `${doing} failed: ${message}`, { cause });
}
