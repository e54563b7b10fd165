/** Running the work of one term: from its beginning to the end of the term, whichever way it ends. */
import { sleep } from '../../lease/clock.js';
import { isTenureError, show, TenureError } from '../../lease/errors.js';
import { anySet, Latch, type Once } from '../../lease/latch.js';
import type { Context } from '../context.js';
import type { Quit } from './giving-back.js';
import type { Leadership } from './leadership.js';
import type { Term } from './term.js';

/**
 * What a leader does for a term. It must stop when `leadership.signal` aborts; when it returns, or its promise settles, the
 * office is given back. What it throws becomes an `error` event (`WorkFailed`).
 */
export type Work = (leadership: Leadership) => unknown;

/**
 * Runs the work to its end, and gives the term back once it has ended.
 * @param stopped how it is given back when the candidate is stopped; its successor is that of work that ends by itself, too
 */
export async function serve(
  context: Context,
  term: Term,
  leadership: Leadership,
  work: Work,
  stop: Once,
  stopped: Quit,
): Promise<void> {
  const letGo = stop.onceSet(() => void term.quit(stopped));
  const done = new Latch();
  const working = (async () => work(leadership))()
    .catch((cause) => workThrew(context, term, cause))
    .finally(() => {
      done.set();
      term.workEnded();
    });
  await Promise.race([working, overrun(context, term, stop, done)]);
  await term.quit({ reason: 'resigned', to: stopped.to });
  letGo();
}

/** Reports work that goes on after its lease has ended. Resolves only when nobody waits for that work any more. */
async function overrun(context: Context, term: Term, stop: Once, done: Once): Promise<void> {
  const { clock, timings, emitter, election } = context;
  await anySet(term.ended, done);
  await sleep(clock, timings.stepDownMs, done);
  if (!done.isSet) {
    const message =
      `The work of term ${term.term} of election "${election}" goes on after its lease has ended: it did not stop ` +
      'when `leadership.signal` aborted. Others may lead meanwhile; this candidate stands again when it has ended.';
    emitter.emit('error', new TenureError('WorkOverran', message, { details: { term: term.term } }));
  }
  await anySet(stop, done);
}

function workThrew({ emitter, election }: Context, term: Term, cause: unknown): void {
  const aborts = isTenureError(cause, 'LeadershipLost') || (cause instanceof Error && cause.name === 'AbortError');
  if (aborts && term.signal.aborted) return; // the work has stopped because it had to
  const message = `The work of term ${term.term} of election "${election}" failed, and the office is resigned: `;
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
  emitter.emit('error', new TenureError('WorkFailed', message + what, { cause, details: { term: term.term } }));
}
