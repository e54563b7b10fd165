/**
 * The health check of the leader's own work (section 6): run again and again while it leads, and before it challenges
 * another. It is user code, which may hang: so it runs beside the candidate's loop, which reads its latest verdict.
 */
import { sleep } from '../../lease/clock.js';
import { show, TenureError } from '../../lease/errors.js';
import type { Once } from '../../lease/latch.js';
import type { Context } from '../context.js';

export class Health {
  #latest: { readonly well: boolean; readonly at: number } | undefined;
  #running = false;

  constructor(private readonly context: Context) {}

  /**
   * Whether the last check passed, if that was within the last period. Otherwise false, and a check begins beside the caller.
   * @param whenWell called when that check has passed
   */
  isWell(whenWell: () => void): boolean {
    const { healthCheck, clock } = this.context;
    if (healthCheck === undefined) return true;
    const isFresh = this.#latest !== undefined && clock.now().mono - this.#latest.at < healthCheck.periodMs;
    if (isFresh) return this.#latest!.well;
    if (!this.#running) {
      this.#running = true;
      void this.#check().then((error) => {
        this.#running = false;
        this.#latest = { well: error === undefined, at: clock.now().mono };
        if (error === undefined) whenWell();
      });
    }
    return false;
  }

  /** Checks again and again until `until` is set. A check that fails is an `error` event, and ends the watching. */
  async watch(until: Once, sick: () => void): Promise<void> {
    const { healthCheck, clock, emitter } = this.context;
    if (healthCheck === undefined) return;
    while (!until.isSet) {
      await sleep(clock, healthCheck.periodMs, until);
      if (until.isSet) return;
      const error = await this.#check();
      this.#latest = { well: error === undefined, at: clock.now().mono };
      if (error === undefined || until.isSet) continue;
      emitter.emit('error', error);
      sick();
      return;
    }
  }

  /** Runs the check once. Resolves with what was wrong; undefined if it passed. */
  async #check(): Promise<TenureError | undefined> {
    const { clock, election } = this.context;
    const { check, timeoutMs } = this.context.healthCheck!;
    const timeout = new AbortController();
    const failed = (what: string, cause?: unknown) =>
      new TenureError('HealthCheckFailed', `The health check of election "${election}" ${what}.`, { cause });
    let cancel = () => {};
    const late = new Promise<'late'>((resolve) => {
      cancel = clock.after(timeoutMs, () => {
        timeout.abort();
        resolve('late');
      });
    });
    try {
      const verdict = await Promise.race([(async () => check(timeout.signal))(), late]);
      if (verdict === 'late') return failed(`took longer than its ${timeoutMs} ms`);
      return verdict === false ? failed('returned false') : undefined;
    } catch (cause) {
      return failed(`threw: ${cause instanceof Error ? cause.message : show(cause)}`, cause);
    } finally {
      cancel();
    }
  }
}
