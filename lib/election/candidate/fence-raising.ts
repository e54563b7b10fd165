/** Raising the fence to a new term, before its work begins (section 6). */
import { sleep } from '../../lease/clock.js';
import { TenureError } from '../../lease/errors.js';
import type { Once } from '../../lease/latch.js';
import type { FenceRecord } from '../../lease/record.js';
import type { Context } from '../context.js';
import { asTenureError, call } from '../request.js';
import type { Term } from './term.js';

/** Between two tries: doubles from here. */
const FIRST_PAUSE_MS = 25;

/**
 * `raised`: it stands at this term, by a write of this process. `ahead`: it is at a later term, or at this one under another
 * attempt. `cloned`: a copy of this process has raised it to this very term. `given up`: stopped, over, or a lease has passed.
 */
export type Raised =
  | { readonly is: 'raised' }
  | { readonly is: 'ahead'; readonly term: number }
  | { readonly is: 'cloned' }
  | { readonly is: 'given up'; readonly failure: TenureError | undefined };

export async function raiseFence(context: Context, { office, ended }: Term, stop: Once): Promise<Raised> {
  const { store, clock, timings, emitter, chance } = context;
  const { term, attempt } = office;
  const until = clock.now().mono + timings.leaseMs;
  const marks = new Set<string>();
  let failure: TenureError | undefined;
  for (let pause = FIRST_PAUSE_MS; !ended.isSet && !stop.isSet && clock.now().mono < until; ) {
    const mark = chance.attempt();
    marks.add(mark);
    try {
      const { applied, record } = await call(context, 'raise', (options) =>
        store.raise({ term, attempt, mark }, options),
      );
      if (applied) return { is: 'raised' };
      const found = record && judge(record, office, marks);
      if (found !== undefined) return found;
    } catch (cause) {
      failure = asTenureError(cause, `Raising the fence to term ${term}`);
      emitter.emit('error', failure);
      if (failure.permanent) break;
    }
    await sleep(clock, pause, stop, ended);
    pause = Math.min(pause * 2, timings.renewMs);
  }
  if (!ended.isSet && !stop.isSet) {
    const why = failure?.permanent ? failure.message : 'one lease has passed.';
    const message = `The fence could not be raised to term ${term}, and the office is vacated: ${why}`;
    emitter.emit('error', new TenureError('FenceBlocked', message, { cause: failure, details: { term } }));
  }
  return { is: 'given up', failure };
}

/** What a fence says that refused to be raised. */
function judge(fence: FenceRecord, { term, attempt }: Term['office'], marks: ReadonlySet<string>): Raised {
  if (fence.term !== term || fence.attempt !== attempt) return { is: 'ahead', term: fence.term };
  // An earlier try of this process has landed, unless a clone of it was quicker.
  return fence.mark === undefined || marks.has(fence.mark) ? { is: 'raised' } : { is: 'cloned' };
}
