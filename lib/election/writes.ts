/**
 * The writes of one term's holder (section 3): serialised, each with a beat above all it ever sent in this term, each
 * with a limit for all its attempts together. What their answers mean for the holder is `holding.ts`'s business.
 */
import type { Instant } from '../lease/clock.js';
import { endOf, type Fate, fateOfRelease, fateOfRenewal } from '../lease/outcome.js';
import type { Challenger, LeaseRecord } from '../lease/record.js';
import type { Declaration, Office, Reply } from '../lease/store.js';
import { asTenureError, type Context, call, readNow } from './context.js';

/** What became of a write; a lost answer says nothing. */
export interface Written {
  readonly fate: Fate;
  /** When it was first sent: a lease counts from there. */
  readonly sent: Instant;
  /** The record as the answer showed it. */
  readonly record: LeaseRecord | undefined;
}

export class HolderWrites {
  #beat: number;
  #declare: Declaration | undefined;
  #lane: Promise<unknown> = Promise.resolve();

  /** @param declare what a newcomer in a handed office declares with its first renewal */
  constructor(
    private readonly context: Context,
    private readonly office: Office,
    beat: number,
    declare: Declaration | undefined,
  ) {
    this.#beat = beat;
    this.#declare = declare;
  }

  /** Runs `write` when all that was asked for before has been answered, and its turn among other elections has come. */
  inLane<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lane.then(() => this.context.gate.pass('leader', write));
    this.#lane = result.catch(() => {});
    return result;
  }

  /** One heartbeat, or a proclamation, with the next beat. */
  async renew(limitMs: number, proclaim?: { value: unknown }): Promise<Written> {
    const { store } = this.context;
    const { office } = this;
    const declare = this.#declare;
    this.#beat += 1;
    const beat = this.#beat;
    const operation = proclaim === undefined ? 'renew' : 'proclaim';
    const written = await this.#send(
      `A heartbeat of term ${office.term}`,
      (at) => {
        this.context.notices.mail({ term: office.term, beat, attempt: office.attempt });
        return call(this.context, operation, limitMs, (o) => store.renew({ office, beat, at, declare, proclaim }, o));
      },
      (reply) => fateOfRenewal(office, beat, reply),
    );
    if (written.fate.is === 'landed') this.#declare = undefined;
    return written;
  }

  /** Gives the office back: to `challenger` in one write if there is one, else to whoever comes, or to `successor`. */
  async release(limitMs: number, challenger: Challenger | undefined, successor: string | undefined): Promise<Written> {
    const { store } = this.context;
    const { office } = this;
    if (challenger === undefined) this.#beat += 1;
    const beat = this.#beat;
    const written = await this.#send(
      `Giving back term ${office.term}`,
      (at) =>
        challenger === undefined
          ? call(this.context, 'resign', limitMs, (o) => store.resign({ office, beat, at, successor }, o))
          : call(this.context, 'handOver', limitMs, (o) => store.handOver({ office, challenger, at }, o)),
      (reply) => fateOfRelease(office, reply),
    );
    const { record } = written;
    if (challenger !== undefined && record?.term === office.term + 1 && record.attempt === challenger.attempt) {
      // Only now that the hand over is seen to be applied: mailed earlier, its notice could come before the newcomer's
      // lease has ended (section 8).
      this.context.notices.mail({ term: record.term, beat: 0, attempt: record.attempt });
    }
    return written;
  }

  /** True if the record still shows this term in office: for who finds the fence above its term. */
  async stillHeld(): Promise<boolean> {
    const record = await readNow(this.context);
    return record !== undefined && endOf(this.office, record) === undefined;
  }

  /** The stamp is taken before the first attempt is sent; what fails without an answer is told, and means nothing. */
  async #send(doing: string, send: (at: number) => Promise<Reply>, judge: (reply: Reply) => Fate): Promise<Written> {
    const sent = this.context.clock.now();
    try {
      const reply = await send(Math.round(sent.wall));
      return { fate: judge(reply), sent, record: reply.record };
    } catch (cause) {
      this.context.emitter.emit('error', asTenureError(cause, doing));
      return { fate: { is: 'unclear' }, sent, record: undefined };
    }
  }
}
