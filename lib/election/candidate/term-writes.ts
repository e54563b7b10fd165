/**
 * The writes of one term's holder (section 3): each with a beat above all it has sent in this term, and with a mark of its
 * own. What their answers mean for the term is decided in `term.ts` and `renewals.ts`.
 */
import type { Instant } from '../../lease/clock.js';
import { isTenureError } from '../../lease/errors.js';
import {
  endOf,
  type Fate,
  fateOfRelease,
  fateOfRenewal,
  refusedUnchanged,
  wasNotApplied,
} from '../../lease/outcome.js';
import type { Challenger, LeaseRecord } from '../../lease/record.js';
import type { CallOptions, Declaration, Marks, Reply, Tenancy } from '../../lease/store.js';
import type { Context } from '../context.js';
import { asTenureError, call, readNow } from '../request.js';

/** So many marks at most are named in one condition. What is older and has landed is found out by a refusal. */
const MARKS_NAMED = 20;
/** So many are remembered: a table that was restored within the term shows one that was seen long ago. */
const MARKS_KEPT = 200;

/** What became of a write; a lost answer says nothing. */
export interface Written {
  readonly fate: Fate;
  /** When it was sent: a lease counts from there. */
  readonly sent: Instant;
  /** The record as the answer showed it. */
  readonly record: LeaseRecord | undefined;
  /** Why there was no answer. */
  readonly failure?: unknown;
}

export class TermWrites {
  #beat: number;
  #declare: Declaration | undefined;
  /** The mark last seen in the record. */
  #seen: string | undefined;
  /** Those of this term's writes, the newest last. What was sent after the one that was seen may still land. */
  #sent: string[] = [];

  /**
   * @param record as it showed this term first
   * @param declare what a newcomer in a handed office declares with its first renewal
   */
  constructor(
    private readonly context: Context,
    private readonly office: Tenancy,
    record: LeaseRecord,
    declare: Declaration | undefined,
  ) {
    this.#beat = record.beat;
    this.#seen = record.mark;
    this.#declare = declare;
  }

  /** One heartbeat, with what is proclaimed if there is something new. */
  async renew(limitMs: number, proclaim: { value: unknown } | undefined): Promise<Written> {
    const { store, notices } = this.context;
    const { office } = this;
    const declare = this.#declare;
    const value = proclaim && { value: proclaim.value }; // and nothing else of it: what is here is set in the record
    const marks = this.#draw();
    this.#beat += 1;
    const beat = this.#beat;
    const written = await this.#send(
      proclaim === undefined ? 'renew' : 'proclaim',
      `A heartbeat of term ${office.term}`,
      limitMs,
      (options, at) => {
        notices.mail({ term: office.term, beat, attempt: office.attempt, marks: namesOf(marks) });
        return store.renew({ office, marks, beat, at, declare, proclaim: value }, options);
      },
      (reply) => fateOfRenewal(office, marks, reply, this.#isMine),
      marks,
    );
    if (written.fate.is === 'landed') this.#declare = undefined;
    return written;
  }

  /**
   * Gives the office back: to `heir` in one write if there is one, else to any candidate, or to `successor` first.
   * @param answers the attempt of the challenge that it is vacated for
   */
  async release(
    limitMs: number,
    heir: Challenger | undefined,
    { successor, answers }: { successor: string | undefined; answers: string | undefined },
  ): Promise<Written> {
    const { store, notices } = this.context;
    const { office } = this;
    const marks = this.#draw();
    if (heir === undefined) this.#beat += 1;
    const beat = this.#beat;
    const written = await this.#send(
      heir === undefined ? 'resign' : 'handOver',
      `Giving back term ${office.term}`,
      limitMs,
      (options, at) =>
        heir === undefined
          ? store.resign({ office, marks, beat, at, successor, answers }, options)
          : store.handOver({ office, marks, challenger: heir, at }, options),
      (reply) => fateOfRelease(office, reply, this.#isMine),
      marks,
      answers,
    );
    const { record } = written;
    if (heir !== undefined && record?.term === office.term + 1 && record.attempt === heir.attempt) {
      // Only now that the hand-over is seen to be applied: mailed earlier, its notice could come before the newcomer's
      // lease has ended (section 8).
      notices.mail({ term: record.term, beat: 0, attempt: record.attempt, marks: [record.attempt] });
    }
    return written;
  }

  /** True if the record still shows this term in office. */
  async stillHeld(): Promise<boolean> {
    const record = await readNow(this.context);
    return record !== undefined && endOf(this.office, record, this.#isMine) === undefined;
  }

  /** A fresh mark, drawn at the moment of use: a clone of this process draws another one. */
  #draw(): Marks {
    const next = this.context.chance.attempt();
    const underWay = this.#sent.slice(this.#sent.indexOf(this.#seen ?? '') + 1);
    this.#sent.push(next);
    if (this.#sent.length > MARKS_KEPT) this.#sent.shift();
    return { known: [this.#seen, ...underWay.slice(-MARKS_NAMED)], next };
  }

  /** Absent: an older version of tenure, or an operator, has written the record; no clone of this process has. */
  #isMine = (mark: string | undefined): boolean =>
    mark === undefined || mark === this.#seen || this.#sent.includes(mark);

  #learn(record: LeaseRecord): void {
    if (endOf(this.office, record) === undefined) this.#seen = record.mark;
  }

  async #send(
    operation: 'renew' | 'proclaim' | 'resign' | 'handOver',
    doing: string,
    limitMs: number,
    send: (options: CallOptions, at: number) => Promise<Reply>,
    judge: (reply: Reply) => Fate,
    marks: Marks,
    answers?: string,
  ): Promise<Written> {
    const { emitter, clock } = this.context;
    let sent = clock.now();
    try {
      const reply = await call(
        this.context,
        operation,
        (options, at) => {
          sent = at;
          return send(options, Math.round(at.wall));
        },
        limitMs,
      );
      const fate = judge(reply);
      const { record } = reply;
      // A renewal that was overtaken by the answer to a later one, or whose mark was not named, is no surprise.
      const isSurprise = fate.is === 'unclear' && record !== undefined && marks.known.includes(record.mark);
      const isCorrected = answers !== undefined && (record?.challenger?.attempt ?? answers) !== answers;
      if (isSurprise && !isCorrected && record.beat < this.#beat)
        emitter.emit('error', refusedUnchanged(doing, record));
      if (record !== undefined && fate.is !== 'over') this.#learn(record);
      return { fate, sent, record };
    } catch (failure) {
      if (wasNotApplied(failure)) this.#sent = this.#sent.filter((mark) => mark !== marks.next);
      // A value that the table does not take must not keep a newcomer from its office.
      if (isTenureError(failure, 'RequestInvalid') && this.#declare !== undefined) {
        this.#declare = { ...this.#declare, value: undefined };
      }
      emitter.emit('error', asTenureError(failure, doing));
      return { fate: { is: 'unclear' }, sent, record: undefined, failure };
    }
  }
}

const namesOf = ({ known, next }: Marks): string[] => [...known.filter((mark) => mark !== undefined), next];
