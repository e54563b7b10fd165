/** The face of Tenure: one election, as users call it. It checks what comes in and wires the parts; they do the work. */
import { whenAborted } from '../lease/clock.js';
import { TenureError } from '../lease/errors.js';
import type { LeaseRecord } from '../lease/record.js';
import { Candidate, type Work } from './candidate.js';
import { OPERATOR_RANK } from './challenge.js';
import { type Context, call, readNow } from './context.js';
import { optionsFromEnvironment } from './environment.js';
import type { CandidateState, EventName, Listener } from './events.js';
import type { Leadership } from './leadership.js';
import { Observer } from './observer.js';
import { type Office, officeOf } from './office.js';
import { type ChallengeOptions, type Revocation, resolveChallenge, revoke } from './operator.js';
import { bad, type ElectionOptions } from './options.js';
import { type RosterMember, rosterOf } from './succession.js';
import { resolveTrying, type TryOptions, type TryResult } from './trying.js';
import { type Effects, type Wired, wire } from './wiring.js';

/**
 * One candidate's place in one election (section 6). Made without sending anything; it observes, and stands when told to.
 *
 * @example
 * await using election = new Election({ name: 'billing', tableName: 'tenure' });
 * await election.run(async (leadership) => {
 *   while (!leadership.signal.aborted) await chargeNextCustomer(leadership.fence);
 * }, { signal });
 */
export class Election implements AsyncDisposable {
  /** The office that is contended for. */
  readonly name: string;
  /** This candidate's id. */
  readonly id: string;
  readonly #wired: Wired;
  readonly #candidate: Candidate;
  readonly #observer: Observer;
  readonly #closed = new AbortController();
  #standing: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param options see {@link ElectionOptions}
   * @param effects replaces the store, the clock or the source of chance; for simulations and tests
   * @throws TenureError `BadOption` or `RecordTooLarge`: what was expected, what came, what to do
   */
  constructor(options: ElectionOptions, effects: Partial<Effects> = {}) {
    this.#wired = wire(options, effects);
    const { election, id, emitter } = this.#context;
    this.name = election;
    this.id = id;
    this.#candidate = new Candidate(this.#context);
    this.#observer = new Observer(this.#context, () => this.#isInformed(), this.#closed.signal);
    emitter.on('state', () => {
      if (!this.#isInformed()) this.#observer.wake();
    });
  }

  /**
   * An election as the environment tells it: `TENURE_ELECTION`, `TENURE_TABLE` and the other variables that the
   * construct's `connect()` sets on a function or a container. On Fargate the candidate's id names its task.
   *
   * @param overrides options that the environment does not tell, or that are to be different
   * @param env the variables; those of the process unless told otherwise
   * @throws TenureError `BadOption` that names the variable
   * @example const election = Election.fromEnvironment({ healthCheck: () => pool.isConnected() });
   */
  static fromEnvironment(overrides: Partial<ElectionOptions> = {}, env = process.env): Election {
    return new Election({ ...optionsFromEnvironment(env), ...overrides });
  }

  /** Where this candidate is in its life; `idle` while it does not stand. */
  get state(): CandidateState {
    return this.#candidate.state;
  }

  /**
   * Stands for office, and runs `work` once for every term that is won, until `signal` aborts or the election is closed.
   * It survives lost terms: the candidate goes back to the end of the line. Work that returns resigns; work that throws
   * resigns and emits `error`; who resigned leaves vacancies to others for one lease, doubling while that repeats, up to
   * ten. Two works never run at a time.
   *
   * The end is a timed close (protocol, section 6): the work is told to stop just before the next heartbeat's place,
   * where the office is vacated, so that nobody leads for only about a round trip.
   *
   * @param work is given the {@link Leadership}; it must stop when `leadership.signal` aborts
   * @param options.signal ends the candidacy, by a timed close; default: only {@link close} does
   * @throws TenureError `Busy` if a run or campaign is under way, `Closed`, `BadOption`
   * @example
   * await election.run((leadership) => work(leadership), { signal: stopping.signal });
   */
  async run(work: Work, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (typeof work !== 'function') throw bad('The work of run()', 'a function that is given the leadership', work);
    checkSignal(signal);
    await this.#stand(async (stop) => {
      const leave = this.#context.roster?.enter();
      await this.#candidate.run(work, stop).finally(leave);
      await this.#context.roster?.left(); // who ends the process now leaves nothing behind
    }, signal);
  }

  /**
   * Leads for one term, if nobody is seen to lead: for who is woken now and then (a function, a scheduled job) and would
   * rather not run than wait (protocol, section 8). One read, and it ends at once if the lease looks fresh. It takes a
   * vacancy; and where the leader looks silent, it watches until a lease has run out before its own eyes, or until the
   * leader shows life. Work that returns or throws gives the office back, as in {@link run}; nobody is waited for longer
   * than two leases.
   *
   * @param work is given the {@link Leadership}; it must stop when `leadership.signal` aborts
   * @param options see {@link TryOptions}
   * @returns `{ led: true, term, reason }` when the term is over, or `{ led: false, why, office }`
   * @throws TenureError `Busy`, `Closed`, `BadOption`, or `RequestFailed` if the table cannot be read
   * @example
   * const tried = await election.tryRun((leadership) => sendInvoices(leadership), { successor: election.id });
   * if (!tried.led) console.log(tried.why); // 'worker-2 leads term 41'
   */
  async tryRun(work: Work, options: TryOptions = {}): Promise<TryResult> {
    if (typeof work !== 'function') throw bad('The work of tryRun()', 'a function that is given the leadership', work);
    const { signal } = options;
    checkSignal(signal);
    const trying = resolveTrying(options);
    const tried = await this.#stand((stop) => this.#candidate.tryRun(work, stop, trying), signal);
    await this.#context.notices.settled(); // a function that has returned is frozen
    if ('why' in tried) return { led: false, why: tried.why, office: this.#office(this.#context.view.latest) };
    return { led: true, term: tried.holding.term, reason: tried.holding.over ?? 'expired' };
  }

  /**
   * Stands for office until it is won, and leaves the leading to the caller, who resigns (or disposes) it when done
   * (section 6).
   *
   * @param options.signal ends the waiting, not the leadership: then this rejects with the signal's reason
   * @throws TenureError `Busy` if a run or campaign, or a leadership by campaign, is under way, `Closed`, `BadOption`
   * @example
   * await using leadership = await election.campaign({ signal: AbortSignal.timeout(60_000) });
   */
  async campaign({ signal }: { signal?: AbortSignal } = {}): Promise<Leadership> {
    checkSignal(signal);
    let leave: (() => void) | undefined;
    const leadership = await this.#stand((stop) => {
      leave = this.#context.roster?.enter();
      return this.#candidate.elect(stop);
    }, signal);
    if (leadership === undefined) {
      leave?.();
      signal?.throwIfAborted();
      throw this.#closedError();
    }
    whenAborted(this.#candidate.holding!.ended, () => {
      this.#candidate.idle();
      leave?.();
    });
    return leadership;
  }

  /**
   * Who leads, since when, which term and value; or the vacancy, and why. One strongly consistent read.
   * @throws TenureError `MalformedRecord`, `NewerFormat`, `TableMissing`, `RequestFailed`
   * @example
   * const { holder, term, value } = await election.leader();
   */
  async leader(): Promise<Office> {
    return this.#office(await readNow(this.#context));
  }

  /**
   * Who stands: the leader, then the line of succession, then those that seem to be gone. Candidates with `succession`
   * are listed, and no others. Two strongly consistent reads. Section 6, succession.
   * @throws TenureError as {@link leader}
   * @example for (const { id, leads, present } of await election.roster()) console.log(id, leads, present);
   */
  async roster(): Promise<RosterMember[]> {
    const context = this.#context;
    const store = this.#wired.rosterStore;
    if (store === undefined) return [];
    const record = await readNow(context);
    const { members, malformed } = await call(context, 'readRoster', context.timings.requestTimeoutMs, (options) =>
      store.list(options),
    );
    for (const error of malformed) context.emitter.emit('error', error);
    return rosterOf(members, record, context.clock.now().wall);
  }

  /**
   * Changes of office as they are seen, beginning with the present one: the latest state, in order, none older than the
   * last (S8). Quick changes may coalesce; a gap in `term` shows it. Failures to read are told as `error` and tried again.
   * Ends when `signal` aborts or the election is closed.
   *
   * @param options.signal ends the observing; default: only {@link close} does
   * @throws TenureError `BadOption`
   * @example
   * for await (const office of election.observe({ signal })) console.log(office.term, office.holder ?? 'vacant');
   */
  observe({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Office, void, undefined> {
    checkSignal(signal);
    return this.#observer.observe(signal ?? new AbortController().signal);
  }

  /**
   * Asks the leader, as an operator, to hand the office over; every leader yields to that. A candidate that stands is
   * handed it; otherwise the leader vacates, and leaves the office to others for one lease. Section 6, Challenge.
   *
   * @param options.why for people, at most 64 bytes; default `operator`
   * @param options.to the id of the candidate that is to follow; see {@link ChallengeOptions}
   * @returns `challenged: false` if there is no leader, or the office changed hands meanwhile
   * @throws TenureError `BadOption` if this very candidate leads, or `to` does; `RecordTooLarge`, or as {@link leader}
   * @example
   * await election.challenge({ to: 'worker-2', why: 'worker-1 is drained' });
   */
  async challenge(options: ChallengeOptions = {}): Promise<{ challenged: boolean; office: Office }> {
    const { why, to } = resolveChallenge(options);
    const { holding } = this.#candidate;
    if (holding !== undefined && holding.over === undefined) {
      throw new TenureError(
        'BadOption',
        `${this.id} itself leads election "${this.name}": call leadership.resign({ to }) instead of challenge().`,
      );
    }
    const seen = await readNow(this.#context);
    if (seen?.holder === undefined) return { challenged: false, office: this.#office(seen) };
    if (seen.holder === to) {
      throw new TenureError(
        'BadOption',
        `${to} leads election "${this.name}" already: \`to\` must be another candidate.`,
      );
    }
    const reply = await this.#candidate.challenge(seen, OPERATOR_RANK, why, to);
    return { challenged: reply.applied, office: this.#office(reply.record) };
  }

  /**
   * Removes a leader from office, as an operator or with proof of death. Without the proof, nobody takes the office until
   * the lease that the holder may still believe in has run out. With `dead: true` it is free at once: say so only of a
   * process that can never run again. A proof that comes after the revoke is added to the vacancy. Section 3, revoke.
   *
   * @returns `revoked: false` if that term and holder are not in office (any more)
   * @throws TenureError `BadOption`, or as {@link leader}
   * @example
   * await election.revoke({ term: 41, holder: 'worker-1' }); // 41: that term, and no later one
   */
  async revoke(office: Revocation): Promise<{ revoked: boolean; office: Office }> {
    const { revoked, record } = await revoke(this.#context, office);
    return { revoked, office: this.#office(record) };
  }

  /** Told of a vacancy by other means (an event, a message): look now instead of at the next heartbeat's place (S11). */
  wake(): void {
    this.#candidate.wake();
    this.#observer.wake();
  }

  /**
   * Listens to what happens; see {@link ElectionEvents}. A listener can stop nothing: if it throws, or its promise
   * rejects, an `error` event tells. An `error` without a listener is dropped.
   *
   * @returns the way to take the listener off again
   * @throws TenureError `BadOption` if the listener is no function
   * @example
   * const off = election.on('lost', ({ term, reason }) => console.log(term, reason));
   */
  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    if (typeof listener !== 'function') throw bad(`The listener of \`${event}\``, 'a function', listener);
    return this.#context.emitter.on(event, listener);
  }

  /** Takes a listener off that {@link on} put on; nothing happens if it is not there. */
  off<N extends EventName>(event: N, listener: Listener<N>): void {
    this.#context.emitter.off(event, listener);
  }

  /**
   * Ends the candidacy: a timed close if it leads (see {@link run}), resolved when the office is given back or its lease
   * has run out. A leadership by {@link campaign} is given back when its owner resigns it, for only the owner knows that
   * the work has ended. Idempotent; never throws. Section 6, the end of work.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    await this.#candidate.close();
    await this.#standing?.catch(() => {});
    await this.#candidate.close(); // a leadership that began while its campaign was told to stop
    this.#candidate.idle('closed');
    await this.#context.roster?.left();
    this.#wired.lent?.release();
  }

  /** One run or campaign at a time; a leadership by campaign counts until it is over. */
  async #stand<T>(how: (stop: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed.signal.aborted) throw this.#closedError();
    const { holding } = this.#candidate;
    if (this.#standing !== undefined || (holding !== undefined && holding.over === undefined)) {
      throw new TenureError(
        'Busy',
        `Candidate ${this.id} stands for election "${this.name}" already: one run() or campaign() at a time. Wait for it, ` +
          'resign its leadership, or make another Election with an id of its own.',
      );
    }
    const stop = signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
    const standing = how(stop);
    this.#standing = standing;
    try {
      return await standing;
    } finally {
      this.#standing = undefined;
    }
  }

  get #context(): Context {
    return this.#wired.context;
  }

  #office(record: LeaseRecord | undefined): Office {
    return officeOf(this.name, record, this.#context.clock.now().wall);
  }

  #isInformed(): boolean {
    return ['standby', 'contending', 'leading'].includes(this.#candidate.state);
  }

  #closedError(): TenureError {
    return new TenureError('Closed', `Election "${this.name}" of candidate ${this.id} is closed: make a new Election.`);
  }
}

function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw bad('`signal`', 'an AbortSignal', signal);
}
