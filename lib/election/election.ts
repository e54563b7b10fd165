/** The face of Tenure: one election, as users call it. It checks what comes in and wires the parts; they do the work. */
import { TenureError } from '../lease/errors.js';
import { firstOf, Latch, type Once } from '../lease/latch.js';
import type { LeaseRecord } from '../lease/record.js';
import { Candidate } from './candidate/candidate.js';
import { OPERATOR_RANK } from './candidate/challenge-rules.js';
import { busyError, closedError, notElected } from './candidate/ended-errors.js';
import type { Leadership } from './candidate/leadership.js';
import { resolveTrying, type TryOptions, type TryResult } from './candidate/try.js';
import type { Work } from './candidate/work.js';
import { type Context, contextOf, type GivenEffects } from './context.js';
import { type CampaignOptions, type Challenged, checkSignal, type UntilOptions } from './election-calls.js';
import { optionsFromEnvironment } from './environment.js';
import type { CandidateState, EventName, Listener } from './events.js';
import { Observer } from './observer.js';
import { type Office, officeOf } from './office.js';
import { type ChallengeOptions, challenge, type Revocation, resolveChallenge, revoke } from './operator.js';
import { bad, checkFlag, type ElectionOptions } from './options.js';
import { readNow } from './request.js';
import { listRoster, Roster } from './roster/roster.js';
import type { RosterMember } from './roster/succession.js';

/**
 * One candidate in one election. Making it sends nothing; it observes when asked, and stands by {@link run}, {@link tryRun} or
 * {@link campaign}.
 *
 * @example
 * await using election = new Election({ name: 'billing', tableName: 'tenure' });
 * await election.run(async (leadership) => {
 *   while (!leadership.signal.aborted) await chargeNextCustomer(leadership.fence);
 * }, { signal });
 */
export class Election implements AsyncDisposable {
  /** The election's name. */
  readonly name: string;
  readonly #context: Context;
  readonly #roster: Roster | undefined;
  readonly #candidate: Candidate;
  readonly #observer: Observer;
  readonly #closed = new Latch();
  #standing: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param options see {@link ElectionOptions}
   * @param effects replaces the store, the clock or the source of chance; for simulations and tests
   * @throws TenureError `BadOption` or `RecordTooLarge`: what was expected, what came, what to do
   */
  constructor(options: ElectionOptions, effects: GivenEffects = {}) {
    const context = contextOf(options, effects);
    const { election, rosterStore, succession, emitter } = context;
    this.name = election;
    this.#context = context;
    this.#roster = succession && rosterStore && new Roster(context, rosterStore, succession);
    this.#candidate = new Candidate(context, this.#roster);
    this.#observer = new Observer(context, () => this.#isInformed(), this.#closed);
    emitter.on('state', () => {
      if (!this.#isInformed()) this.#observer.wake();
    });
  }

  /**
   * An election from the environment: `TENURE_ELECTION`, `TENURE_TABLE` and the other variables that the construct's
   * `connect()` sets on a function or a container. On Fargate the candidate's id names its task.
   *
   * @param overrides options that the environment does not have, or that are to be different
   * @param env the variables. Default: those of the process
   * @throws TenureError `BadOption` that names the variable
   * @example const election = Election.fromEnvironment({ healthCheck: () => pool.isConnected() });
   */
  static fromEnvironment(overrides: Partial<ElectionOptions> = {}, env = process.env): Election {
    const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
    return new Election({ ...optionsFromEnvironment(env), ...Object.fromEntries(given) });
  }

  /**
   * This candidate's id. It gets a suffix when this process turns out to be a clone: a copy of another process, restored
   * from a snapshot. The id then belongs to the other one.
   */
  get id(): string {
    return this.#context.id;
  }

  /** Where this candidate is in its life; `idle` while it does not stand. */
  get state(): CandidateState {
    return this.#candidate.state;
  }

  /**
   * Stands for office, and runs `work` once for every term that is won, until `signal` aborts or the election is closed.
   * It survives lost terms: the candidate goes back to the end of the line. Work that returns resigns; work that throws
   * resigns and emits `error`; a candidate that resigned leaves vacancies to others for one lease, doubling while that
   * repeats, up to ten. Two works never run at a time.
   *
   * The end is a timed close: the work has to stop just before the next heartbeat's place, where the office is vacated,
   * because that is where standbys look. So nobody leads only for about a round trip.
   *
   * Whatever fails, it tries again. A failure that does not pass by itself (no such table, access denied) is an `error` event;
   * without a listener it is a warning of the process, once.
   *
   * @param work is given the {@link Leadership}; it must stop when `leadership.signal` aborts
   * @param options.signal ends the candidacy, by a timed close. Default: only {@link close} does
   * @throws TenureError `Busy` if a run or campaign is under way, `Closed`, `BadOption`
   * @example
   * await election.run((leadership) => work(leadership), { signal: stopping.signal });
   */
  async run(work: Work, options: UntilOptions = {}): Promise<void> {
    if (typeof work !== 'function') throw bad('The work of run()', 'a function that is given the leadership', work);
    const signal = checkSignal('run()', options, ['signal']);
    await this.#stand(async (stop) => {
      const leave = this.#roster?.enter();
      await this.#candidate.run(work, stop).finally(leave);
      await this.#roster?.left(); // a process that ends now leaves nothing behind
    }, signal);
  }

  /**
   * Leads for one term, if nobody is seen to lead: for a program that is started now and then (a function, a scheduled job)
   * and would rather not run than wait. One read, and it ends at once if the lease looks fresh. It takes a vacancy; and
   * where the leader looks silent, it watches until it has seen a whole lease run out, or until the leader shows life. Work
   * that returns or throws gives the office back, as in {@link run}. It stands for two leases and two heartbeats at
   * most without leading; after a resignation it may wait a lease before that.
   *
   * @param work is given the {@link Leadership}; it must stop when `leadership.signal` aborts
   * @param options see {@link TryOptions}
   * @returns `{ led: true, term, reason }` when the term is over, or `{ led: false, why, office }`, with the last failure as
   *   `cause` where requests have failed until the end
   * @throws TenureError `Busy`, `Closed`, `BadOption`, `RequestFailed` if the table cannot be read, with its `cause`; a
   *   permanent failure such as `TableMissing` or `AccessDenied`
   * @example
   * const tried = await election.tryRun((leadership) => sendInvoices(leadership), { successor: election.id });
   * if (!tried.led) console.log(tried.why); // 'worker-2 leads term 41'
   */
  async tryRun(work: Work, options: TryOptions = {}): Promise<TryResult> {
    if (typeof work !== 'function') throw bad('The work of tryRun()', 'a function that is given the leadership', work);
    const trying = resolveTrying(options);
    const signal = checkSignal('tryRun()', options);
    const tried = await this.#stand((stop) => this.#candidate.tryRun(work, stop, trying), signal);
    await this.#context.notices.settled(); // a function that has returned is frozen
    if ('why' in tried) {
      const { why, cause } = tried;
      return { led: false, why, office: this.#office(this.#context.view.latest), ...(cause && { cause }) };
    }
    return { led: true, term: tried.term.term, reason: tried.term.over ?? 'expired' };
  }

  /**
   * Stands for office until it is won, and leaves the leading to the caller, which resigns (or disposes) it when it is done.
   *
   * @param options.signal ends the waiting, not the leadership: then this rejects with the signal's reason; or, where requests
   *   have failed, with the last failure and the signal's reason in `details.reason`
   * @param options.keepTrying see {@link CampaignOptions}
   * @throws TenureError `Busy` if a run or campaign, or a leadership by campaign, is under way, `Closed`, `BadOption`; a
   *   permanent failure such as `TableMissing` or `AccessDenied`
   * @example
   * await using leadership = await election.campaign({ signal: AbortSignal.timeout(60_000) });
   */
  async campaign(options: CampaignOptions = {}): Promise<Leadership> {
    const signal = checkSignal('campaign()', options, ['signal', 'keepTrying']);
    const keepTrying = checkFlag('keepTrying', options.keepTrying);
    let leave: (() => void) | undefined;
    const standing = this.#stand((stop) => {
      leave = this.#roster?.enter();
      return this.#candidate.elect({ stop, keepTrying });
    }, signal);
    const led = await standing.catch((error) => {
      leave?.();
      throw error;
    });
    if (led === undefined) {
      leave?.();
      const ended = signal?.aborted ? signal.reason : closedError(this.name, this.id);
      throw notElected(this.name, ended, this.#candidate.failure);
    }
    led.term.ended.onceSet(() => {
      this.#candidate.idle();
      leave?.();
    });
    return led.leadership;
  }

  /**
   * The leader, since when it leads, its term and value; or the vacancy and its reason. One strongly consistent read.
   * @throws TenureError `MalformedRecord`, `NewerFormat`, `TableMissing`, `RequestFailed`
   * @example
   * const { holder, term, value } = await election.leader();
   */
  async leader(): Promise<Office> {
    return this.#office(await readNow(this.#context));
  }

  /**
   * The candidates that stand: the leader, then the line of succession, then those that seem to be gone. Candidates with
   * `succession` are listed, and no others. Two strongly consistent reads.
   * @throws TenureError as {@link leader}
   * @example for (const { id, leads, present } of await election.roster()) console.log(id, leads, present);
   */
  async roster(): Promise<RosterMember[]> {
    return listRoster(this.#context);
  }

  /**
   * Changes of office as they are seen, beginning with the present one: the latest state, in order, none older than the
   * last (S8). Quick changes may coalesce; a gap in `term` shows it. A read that fails is an `error` event, and is tried
   * again. Ends when `signal` aborts or the election is closed.
   *
   * @param options.signal ends the observing. Default: only {@link close} does
   * @throws TenureError `BadOption`
   * @example
   * for await (const office of election.observe({ signal })) console.log(office.term, office.holder ?? 'vacant');
   */
  observe(options: UntilOptions = {}): AsyncGenerator<Office, void, undefined> {
    return this.#observer.observe(checkSignal('observe()', options, ['signal']));
  }

  /**
   * Asks the leader, as an operator, to hand the office over; every leader yields to that. A candidate that stands gets it;
   * otherwise the leader vacates, and leaves the office to others for one lease. A later challenge of an operator replaces
   * an earlier one.
   *
   * @param options.why for people, at most 64 bytes; default `operator`
   * @param options.to the id of the candidate that is to follow; see {@link ChallengeOptions}
   * @returns `challenged: false` if there is no leader, or the office changed hands meanwhile; see {@link Challenged}
   * @throws TenureError `BadOption` if this very candidate leads, or `to` does; `RecordTooLarge`, or as {@link leader}
   * @example
   * await election.challenge({ to: 'worker-2', why: 'worker-1 is drained' });
   */
  async challenge(options: ChallengeOptions = {}): Promise<Challenged> {
    const { why, to } = resolveChallenge(options);
    if (this.#leads()) {
      throw new TenureError(
        'BadOption',
        `${this.id} itself leads election "${this.name}": call leadership.resign({ to }) instead of challenge().`,
      );
    }
    const { applied, record } = await challenge(this.#context, to, (seen) =>
      this.#candidate.challenge(seen, OPERATOR_RANK, why, to),
    );
    return { challenged: applied, office: this.#office(record), standing: applied ? undefined : record?.challenger };
  }

  /**
   * Removes a leader from office, as an operator or with proof of death. Without the proof, nobody takes the office until
   * the lease that the holder may still believe in has run out. With `dead: true` it is free at once: say so only of a
   * process that can never run again. A proof that comes after the revoke is added to the vacancy.
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

  /** For a vacancy that is known by other means (an event, a message): look now instead of at the next heartbeat's place. */
  wake(): void {
    this.#candidate.wake();
    this.#observer.wake();
  }

  /**
   * Listens to what happens; see {@link ElectionEvents}. A listener can stop nothing: if it throws, or its promise
   * rejects, an `error` event tells. An `error` without a listener is dropped.
   *
   * @returns the way to take the listener off again
   * @throws TenureError `BadOption` if there is no such event, or the listener is no function
   * @example
   * const off = election.on('lost', ({ term, reason }) => console.log(term, reason));
   */
  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    if (typeof listener !== 'function') throw bad(`The listener of \`${event}\``, 'a function', listener);
    return this.#context.emitter.on(event, listener);
  }

  /**
   * Takes a listener off that {@link on} put on; nothing happens if it is not there.
   * @throws TenureError `BadOption` if there is no such event
   */
  off<N extends EventName>(event: N, listener: Listener<N>): void {
    this.#context.emitter.off(event, listener);
  }

  /**
   * For the hook of a platform that restores running processes from a snapshot (AWS Lambda MicroVMs call it the run hook):
   * call it before anything else goes on. What this process held or claimed before belongs to the process that it is a copy
   * of: a leadership ends at once (`lost`, reason `cloned`; nothing is written), claims are forgotten, and the candidate goes
   * on under a new id. Without the hook, the second of two copies finds out at its next heartbeat.
   *
   * @example
   * const afterRestore = () => election.resumed(); // call it from the platform's hook
   */
  resumed(): void {
    this.#context.lent?.dropIdle();
    this.#candidate.becomeAnother();
    this.#observer.forget();
  }

  /**
   * Ends the candidacy: a timed close if it leads (see {@link run}), resolved when the office is given back or its lease
   * has run out. A leadership by {@link campaign} is given back when its owner resigns it, because only the owner knows
   * that the work has ended. Idempotent; never throws.
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
    this.#closed.set();
    await this.#candidate.close();
    await this.#standing?.catch(() => {});
    await this.#candidate.close(); // a leadership that began while its campaign was being stopped
    this.#candidate.idle('closed');
    await this.#roster?.left();
    this.#context.lent?.release();
  }

  /** One run or campaign at a time; a leadership by campaign counts until it is over. */
  async #stand<T>(how: (stop: Once) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#closed.isSet) throw closedError(this.name, this.id);
    if (this.#standing !== undefined || this.#leads()) throw busyError(this.name, this.id);
    const stop = firstOf(signal, this.#closed);
    const standing = how(stop);
    this.#standing = standing;
    try {
      return await standing;
    } finally {
      this.#standing = undefined;
      stop.release();
    }
  }

  #leads(): boolean {
    const { term } = this.#candidate;
    return term !== undefined && term.over === undefined;
  }

  #office(record: LeaseRecord | undefined): Office {
    return officeOf(this.name, record, this.#context.clock.now().wall);
  }

  #isInformed(): boolean {
    return ['standby', 'contending', 'leading'].includes(this.#candidate.state);
  }
}
