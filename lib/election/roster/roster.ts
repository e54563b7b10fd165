/**
 * A candidate's place on the roster: gives a sign of life now and then, sees which others do, and knows its place in the
 * line of succession (section 6). What fails here is an `error` event, and costs courtesy alone.
 */
import { sleep } from '../../lease/clock.js';
import { Latch, type Once } from '../../lease/latch.js';
import type { LeaseRecord } from '../../lease/record.js';
import type { CallOptions } from '../../lease/store.js';
import { backoffMs } from '../../lease/timing.js';
import type { Order } from '../../names/succession.js';
import type { Context } from '../context.js';
import { asTenureError, call, readNow } from '../request.js';
import { MOST_STEPS } from '../takeover-plan.js';
import type { Member, RosterStore } from './roster-store.js';
import {
  goneAfterMs,
  isPresent,
  lastLeader,
  look,
  type RosterMember,
  rosterOf,
  type Seen,
  succession,
} from './succession.js';

/** A candidate without a sign of life for so many times what makes it gone is struck off, by the leader. */
const STRUCK_OFF_AFTER = 3;

export class Roster {
  #self: Member | undefined;
  /** It is to draw a number again. */
  #anew = false;
  #seen = new Map<string, Seen>();
  #announced: ReadonlySet<string> = new Set();
  #again = new Latch();
  #kept: Promise<void> = Promise.resolve();
  #leads = false;

  constructor(
    private readonly context: Context,
    private readonly store: RosterStore,
    private readonly order: Order,
  ) {
    context.emitter.on('state', ({ state }) => {
      this.#leads = state === 'leading';
    });
  }

  /** Stands on the roster from now on; the way to get off it again. */
  enter(): () => void {
    const stop = new Latch();
    this.#kept = this.#kept.then(() => this.#keep(stop));
    return () => stop.set();
  }

  /** This candidate goes on under another id: its old place belongs to the process that it was copied from. */
  enterAnew(): void {
    this.#self = undefined;
    this.rejoin();
  }

  /** Resolves when what was left has left. */
  left(): Promise<void> {
    return this.#kept;
  }

  /** Goes back to the end of the line: a term of one's own has ended. */
  rejoin(): void {
    this.#anew = true;
    this.#again.set();
  }

  /** How many come before this candidate after that record's leader; while the roster was not seen, all that may. */
  place(record: LeaseRecord | undefined): number {
    const place = this.#line(record).findIndex(({ id }) => id === this.context.id);
    return place < 0 ? MOST_STEPS : place;
  }

  async #keep(stop: Once): Promise<void> {
    let failures = 0;
    while (!stop.isSet) {
      const { clock, chance, emitter, election, rosterMs } = this.context;
      const unit = chance.unit();
      try {
        await this.#signOfLife(stop);
        failures = 0;
      } catch (cause) {
        failures += 1;
        emitter.emit('error', asTenureError(cause, `Standing on the roster of election "${election}"`));
      }
      // Not all at the same time, for ever.
      const pause = failures > 0 ? backoffMs(failures, rosterMs, unit) : rosterMs * (0.9 + unit / 10);
      await sleep(clock, pause, stop, this.#again);
      if (this.#again.isSet) this.#again = new Latch();
    }
    await this.#leave();
  }

  async #signOfLife(stop: Once): Promise<void> {
    const { clock } = this.context;
    const stays = this.#anew ? undefined : this.#self;
    const was = stays ?? this.#newcomer(await this.#call((o) => this.store.draw(o)));
    if (stop.isSet) return;
    this.#anew = false;
    const self = { ...was, beat: was.beat + 1, aliveAt: Math.round(clock.now().wall) };
    this.#self = self;
    await this.#call((o) => this.store.keep(self, o));
    const { members, malformed } = await this.#call((o) => this.store.list(o), 'readRoster');
    for (const error of malformed) this.context.emitter.emit('error', error);
    const now = clock.now().mono;
    this.#seen = look(this.#seen, members, now);
    this.#tell();
    if (this.#leads) await this.#strikeOff(now);
  }

  #newcomer(seq: number): Member {
    const { clock, id, priority, rosterMs, value } = this.context;
    const at = Math.round(clock.now().wall);
    return { id, seq, beat: 0, priority, order: this.order, everyMs: rosterMs, joinedAt: at, aliveAt: at, value };
  }

  async #strikeOff(now: number): Promise<void> {
    for (const { member, since } of this.#seen.values()) {
      if (now - since > STRUCK_OFF_AFTER * goneAfterMs(member)) await this.#call((o) => this.store.remove(member, o));
    }
  }

  async #leave(): Promise<void> {
    const self = this.#self;
    this.#self = undefined;
    this.#seen = new Map();
    this.#announced = new Set();
    if (self === undefined) return;
    try {
      await this.#call((o) => this.store.remove(self, Object.assign(o, { left: true })));
    } catch {
      // It will be seen that it gives no sign of life.
    }
  }

  #line(record: LeaseRecord | undefined): Member[] {
    const now = this.context.clock.now().mono;
    const present = [...this.#seen.values()].filter((one) => isPresent(one, now)).map(({ member }) => member);
    return succession(present, this.order, lastLeader(record));
  }

  #tell(): void {
    const { emitter, view } = this.context;
    const line = this.#line(view.latest).map(({ id }) => id);
    const now = new Set(line);
    const joined = line.filter((id) => !this.#announced.has(id));
    const left = [...this.#announced].filter((id) => !now.has(id));
    this.#announced = now;
    if (joined.length + left.length > 0) emitter.emit('roster', { line, joined, left });
  }

  #call<T>(send: (options: CallOptions) => Promise<T>, operation: 'roster' | 'readRoster' = 'roster'): Promise<T> {
    return call(this.context, operation, send);
  }
}

/** The candidates that stand, for people: read now. */
export async function listRoster(context: Context): Promise<RosterMember[]> {
  const { rosterStore: store, emitter, clock } = context;
  if (store === undefined) return [];
  const record = await readNow(context);
  const { members, malformed } = await call(context, 'readRoster', (options) => store.list(options));
  for (const error of malformed) emitter.emit('error', error);
  return rosterOf(members, record, clock.now().wall);
}
