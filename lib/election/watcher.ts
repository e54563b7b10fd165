/**
 * Looking at the record: one read, what it shows, since when it has shown that, and when to look again. Shared by the
 * standby and the observer; the decisions are in `standby.ts`.
 */
import type { Instant } from '../lease/clock.js';
import { type LeaseRecord, versionKey } from '../lease/record.js';
import { asTenureError, type Context, call } from './context.js';
import { advance, backoffMs, nextLook, type Phase, type Plan, plan, restingMs, trustedSince } from './standby.js';

/** A version, and when this process first saw it. */
interface Sighting {
  readonly key: string;
  readonly record: LeaseRecord | undefined;
  readonly since: Instant;
}

export class Watcher {
  #sighting: Sighting | undefined;
  #phase: Phase | undefined;
  /** The last look that did not show the present version yet: monotonic ms. */
  #unchangedAt: number | undefined;
  #next: { at: number; reread: boolean } = { at: 0, reread: false };
  #rereads = 0;
  #failures = 0;

  constructor(private readonly context: Context) {}

  /** The version last seen and its record (undefined: there is none); undefined before the first look. */
  get sighting(): Sighting | undefined {
    return this.#sighting;
  }

  /** When to look next without any reason of one's own: monotonic ms. */
  get nextAt(): number {
    return this.#next.at;
  }

  /** Looks now. False if nothing could be seen: the error was told, and `nextAt` backs off. */
  async look({ eventual = false } = {}): Promise<boolean> {
    const { clock, chance, timings, view, emitter } = this.context;
    try {
      const { record, sent } = await this.#read(eventual && view.latest !== undefined);
      this.#failures = 0;
      // The time of a sighting is taken after the read returned, and the place in the rhythm from when it was sent.
      this.#seen(record, sent, clock.now());
      return true;
    } catch (cause) {
      this.#failures += 1;
      this.#next = { at: clock.now().mono + backoffMs(this.#failures, timings.renewMs, chance.unit()), reread: false };
      emitter.emit('error', asTenureError(cause, `Reading the record of election "${this.context.election}"`));
      return false;
    }
  }

  /** What a refused write showed is a look as well. */
  refused(record: LeaseRecord | undefined): void {
    const now = this.context.clock.now();
    this.context.view.see(record);
    this.#seen(record, now, now);
  }

  /** What to do about the version last seen. */
  plan(holdOffUntil: number): Plan | undefined {
    const sighting = this.#sighting;
    if (sighting === undefined) return undefined;
    const { clock, id, priority, staggerMs, timings, chance, roster } = this.context;
    const now = clock.now();
    const { record } = sighting;
    const since = record === undefined ? now : trustedSince(record, sighting.since, now, timings.drift);
    this.#sighting = { ...sighting, since };
    const place = roster?.place(record);
    const me = { id, priority, staggerMs, place, drift: timings.drift, holdOffUntil };
    return plan(record, since, now, me, chance.unit());
  }

  async #read(eventual: boolean): Promise<{ record: LeaseRecord | undefined; sent: Instant }> {
    const { store, clock, timings, view } = this.context;
    let sent = clock.now();
    const send = (how: { eventual: boolean }) =>
      call(this.context, 'read', timings.requestTimeoutMs, (options) => {
        sent = clock.now(); // its turn may have come late
        return store.read({ ...options, ...how });
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

  #seen(record: LeaseRecord | undefined, sent: Instant, at: Instant): void {
    const key = versionKey(record);
    const last = this.#sighting;
    const isNews = last?.key !== key;
    this.#sighting = { key, record, since: isNews || last === undefined ? at : last.since };
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
  }
}
