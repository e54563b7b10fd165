/** The health check of the leader's own work (section 6): run while it leads, and before it challenges another. */
import { sleep } from '../lease/clock.js';
import { show, TenureError } from '../lease/errors.js';
import type { Context } from './context.js';

/** Runs the check once. Resolves with what was wrong; undefined if it passed, or if there is none. */
export async function ailment(context: Context): Promise<TenureError | undefined> {
  const { healthCheck, clock, election } = context;
  if (healthCheck === undefined) return undefined;
  const { check, timeoutMs } = healthCheck;
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort());
  const late = new Promise<'late'>((resolve) => {
    timeout.signal.addEventListener('abort', () => resolve('late'), { once: true });
  });
  const sick = (what: string, cause?: unknown) =>
    new TenureError('HealthCheckFailed', `The health check of election "${election}" ${what}.`, { cause });
  try {
    const verdict = await Promise.race([(async () => check(timeout.signal))(), late]);
    if (verdict === 'late') return sick(`took longer than its ${timeoutMs} ms`);
    return verdict === false ? sick('returned false') : undefined;
  } catch (cause) {
    return sick(`threw: ${cause instanceof Error ? cause.message : show(cause)}`, cause);
  } finally {
    cancel();
  }
}

/** Checks again and again until `until` aborts. A check that fails is told, once, and ends the watching. */
export async function watchHealth(context: Context, until: AbortSignal, sick: () => void): Promise<void> {
  const { healthCheck, clock, emitter } = context;
  if (healthCheck === undefined) return;
  while (!until.aborted) {
    await sleep(clock, healthCheck.periodMs, until);
    if (until.aborted) return;
    const error = await ailment(context);
    if (error === undefined || until.aborted) continue;
    emitter.emit('error', error);
    sick();
    return;
  }
}
