/**
 * Looking at the record: one read, what it shows, since when it has shown that, and when to look again. Shared by the
 * standby and the observer; the decisions are in `heartbeat-rhythm.ts` and `takeover-plan.ts`.
 */
import type { Instant } from '../lease/clock.js';
import type { TenureError } from '../lease/errors.js';
import { type LeaseRecord, versionKey } from '../lease/record.js';
import { backoffMs } from '../lease/timing.js';
import type { Context } from './context.js';
import { advance, nextLook, type Phase, restingMs } from './heartbeat-rhythm.js';
import { asTenureError, call } from './request.js';
import { type Plan, plan, trustedSince } from './takeover-plan.js';

/** A version, and when this process first saw it. */
export interface Sighting {
  readonly key: string;
  readonly record: LeaseRecord | undefined;
  readonly since: Instant;
}

export class RecordWatcher {
  #sighting: Sighting | undefined;
  #phase: Phase | undefined;
  /** The last look that did not show the present version yet: monotonic ms. */
  #unchangedAt: number | undefined;
  #next: { at: number; reread: boolean } = { at: 0, reread: false };
  #rereads = 0;
  #failures = 0;
  #failure: TenureError | undefined;

  constructor(private readonly context: Context) {}

  /** The version last seen and its record (undefined: there was none); undefined before the first look. */
  get sighting(): Sighting | undefined {
    return this.#sighting;
  }

  /** When to look next without any other reason: monotonic ms. */
  get nextAt(): number {
    return this.#next.at;
  }

  /** Why the last look showed nothing; undefined if it did. */
  get failure(): TenureError | undefined {
    return this.#failure;
  }

  /** Looks now. Undefined if nothing could be seen: an `error` event says why, and `nextAt` backs off. */
  async look({ eventual = false } = {}): Promise<Sighting | undefined> {
    const { clock, chance, timings, view, emitter } = this.context;
    try {
      const { record, sent } = await this.#read(eventual && view.latest !== undefined);
      this.#failures = 0;
      this.#failure = undefined;
      // The time of a sighting is taken after the read returned, and the place in the rhythm from when it was sent.
      return this.#seen(record, sent, clock.now());
    } catch (cause) {
      this.#failures += 1;
      this.#next = { at: clock.now().mono + backoffMs(this.#failures, timings.renewMs, chance.unit()), reread: false };
      this.#failure = asTenureError(cause, `Reading the record of election "${this.context.election}"`);
      emitter.emit('error', this.#failure);
      return undefined;
    }
  }

  /** What a refused write showed is a look as well. */
  refused(record: LeaseRecord | undefined): void {
    const now = this.context.clock.now();
    this.context.view.see(record);
    this.#seen(record, now, now);
  }

  /** What was seen was seen by another process, of which this one is a copy: all of it is forgotten. */
  forget(): void {
    this.#sighting = undefined;
    this.#phase = undefined;
    this.#unchangedAt = undefined;
    this.#next = { at: 0, reread: false };
  }

  /**
   * What to do about the version last seen.
   * @param place how many candidates come before this one in the line of succession; undefined without a line
   */
  plan(place: number | undefined, holdOffUntil: number): Plan | undefined {
    const sighting = this.#sighting;
    if (sighting === undefined) return undefined;
    const { clock, id, priority, staggerMs, timings, chance } = this.context;
    const now = clock.now();
    const { record } = sighting;
    const since = record === undefined ? now : trustedSince(record, sighting.since, now, timings.drift);
    this.#sighting = { ...sighting, since };
    const me = { id, priority, staggerMs, place, drift: timings.drift, holdOffUntil };
    return plan(record, since, now, me, chance.unit());
  }

  async #read(eventual: boolean): Promise<{ record: LeaseRecord | undefined; sent: Instant }> {
    const { store, clock, view } = this.context;
    let sent = clock.now();
    const send = (how: { eventual: boolean }) =>
      call(this.context, 'read', (options, at) => {
        sent = at; // of the try that is answered
        return store.read(Object.assign(options, how));
      });
    if (eventual) {
      const record = await send({ eventual: true });
      if (!view.isOlder(record)) {
        view.see(record);
        return { record, sent };
      }
      // Stale, or rewound: only a strongly consistent read can tell (S8).
    }
    const mark = view.mark();
    const record = await send({ eventual: false });
    view.see(record, mark);
    return { record, sent };
  }

  #seen(record: LeaseRecord | undefined, sent: Instant, at: Instant): Sighting {
    const key = versionKey(record);
    const last = this.#sighting;
    const isNews = last?.key !== key;
    const sighting = { key, record, since: isNews || last === undefined ? at : last.since };
    this.#sighting = sighting;
    if (record?.holder === undefined) {
      this.#phase = undefined;
      const pause = record === undefined ? this.context.timings.renewMs : restingMs(record);
      this.#next = { at: at.mono + pause, reread: false };
    } else if (isNews || this.#phase === undefined) {
      const reread = this.#next.reread && sent.mono >= this.#next.at;
      this.#phase = advance(this.#phase, record, { sent, unchangedAt: this.#unchangedAt, reread });
      this.#rereads = 0;
      this.#next = nextLook(this.#phase, record, sent.mono, 0);
    } else if (sent.mono >= this.#next.at) {
      this.#rereads = this.#next.reread ? this.#rereads + 1 : 1;
      this.#next = nextLook(this.#phase, record, sent.mono, this.#rereads);
    }
    this.#unchangedAt = sent.mono;
    return sighting;
  }
}
