/**
 * The agent's own candidates: it stands for the program beside it. Each answer to the program is a promise: "work for
 * `remainingMs`, counted from before you asked". The agent gives the office back only when the program has said that its
 * work has ended, or when every promise has run out; so a program that hangs or dies costs time, never exclusivity.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Leadership } from '../election/candidate/leadership.js';
import { Election } from '../election/election.js';
import { type Instant, sleep } from '../lease/clock.js';
import { isTenureError, show, TenureError } from '../lease/errors.js';
import { anySet } from '../lease/latch.js';
import { elapsedForHolder } from '../lease/timing.js';
import type { ApiTable } from './api-table.js';
import { Problem, unfit } from './problem.js';
import type { Answer, Asked } from './routes.js';

type Wishes = Asked<'Campaign'>;
type State = Answer<'AgentLeadership'>;

/** Options for all candidates of an agent. */
export interface SessionSettings {
  /** See `ElectionOptions.noticeQueueUrl`. */
  readonly noticeQueueUrl?: string;
  readonly multiRegion?: boolean;
  /** Called with errors in the background. */
  readonly report: (error: unknown) => void;
}

/** One candidate for each election. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  constructor(
    private readonly table: ApiTable,
    private readonly settings: SessionSettings,
  ) {}

  /** Begins to stand; or goes on, if the same run of the program wishes the same. */
  campaign(election: string, wishes: Wishes): State {
    const present = this.#sessions.get(election);
    if (present !== undefined && present.ended === undefined) {
      if (present.wishes.program !== wishes.program) throw present.notYours();
      if (isDeepStrictEqual(present.wishes, wishes)) return present.contact();
      throw new TenureError(
        'Busy',
        `The agent stands for election "${election}" already, with ${show(present.wishes)}. Resign first, or ask for the same.`,
      );
    }
    if (present !== undefined && !present.isOver) throw present.notYours();
    const session = new Session(this.table, election, wishes, this.settings);
    this.#sessions.set(election, session);
    return session.contact();
  }

  /** A sign of life of the program, answered with what it may do; waits for the office if it is not held. */
  leadership(election: string, program: string, waitMs: number, gone: AbortSignal): Promise<State> {
    return this.#of(election, program).wait(waitMs, gone);
  }

  /** What `leadership` would answer, for others than the program: no sign of life, and no promise. */
  peek(election: string): State | undefined {
    return this.#sessions.get(election)?.state();
  }

  proclaim(election: string, program: string, term: number, value: unknown): Promise<State> {
    return this.#of(election, program).proclaim(term, value);
  }

  resign(election: string, program: string, to: string | undefined): Promise<Answer<'LeadershipEnded'>> {
    return this.#of(election, program).resign(to);
  }

  /** Ends all candidacies: each office is given back when its program has stopped, or its promise has run out. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.end('the agent was closed')));
  }

  #of(election: string, program: string): Session {
    const session = this.#sessions.get(election);
    if (session === undefined) {
      const detail = `The agent does not stand for election ${show(election)}: POST /elections/${election}/campaign first.`;
      throw new Problem(404, 'NoCandidate', detail);
    }
    if (session.wishes.program !== program) throw session.notYours();
    return session;
  }
}

class Session {
  readonly #election: Election;
  readonly #contactMs: number;
  readonly #stepDownMs: number;
  readonly #stop = new AbortController();
  /** The program has said that its work has ended. */
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  #leadership: Leadership | undefined;
  #released = true;
  #over = false;
  #successor: string | undefined;
  #contactAt: Instant;
  /** What was promised: from when, and for how long. The one that ends last. */
  #promise: { from: Instant; ms: number } | undefined;
  #changed = new AbortController();
  ended: string | undefined;

  constructor(
    private readonly table: ApiTable,
    election: string,
    readonly wishes: Wishes,
    { noticeQueueUrl, multiRegion, report }: SessionSettings,
  ) {
    const { program: _, contactMs, healthUrl, stepDownMs, ...options } = wishes;
    const { leaseMs = 10_000 } = wishes;
    this.#contactMs = contactMs ?? leaseMs;
    this.#stepDownMs = stepDownMs ?? Math.floor(leaseMs * 0.1);
    const { tableName, client, drift } = table;
    this.#election = new Election({
      ...options,
      stepDownMs,
      name: election,
      tableName,
      client,
      drift,
      noticeQueueUrl,
      multiRegion,
      healthCheck: healthUrl === undefined ? undefined : (signal) => isHealthy(healthUrl, signal),
    });
    this.#election.on('error', report);
    this.#election.on('state', () => this.#tell());
    this.#contactAt = table.clock.now();
    this.#done = this.#stand().catch(report);
    void this.#watchContact();
  }

  /** Nothing is held and nothing promised any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Another run of the program may be alive and working: it is not given this one's office. */
  notYours(): Problem {
    const detail =
      `Another run of the program has the candidate ${this.#election.id} of election "${this.#election.name}". Ask again when it ` +
      'has resigned, or has not asked for its `contactMs`.';
    const leftMs = this.#contactMs - elapsedForHolder(this.#contactAt, this.table.clock.now());
    return new Problem(409, 'Busy', detail, { retryAfterMs: Math.max(0, Math.ceil(leftMs)) });
  }

  /** What the program may do, without a promise. */
  state(): State {
    const { id, name, state } = this.#election;
    const remainingMs = Math.floor(this.#mayWorkMs());
    const held = remainingMs > 0;
    return {
      election: name,
      id,
      state,
      held,
      term: held ? this.#leadership!.term : undefined,
      remainingMs,
      contactMs: this.#contactMs,
      ended: this.ended,
    };
  }

  /** The program has asked: it lives, and the answer binds the agent. */
  contact(): State {
    const now = this.table.clock.now();
    if (this.ended === undefined) this.#contactAt = now;
    const state = this.state();
    if (state.held) this.#promise = { from: now, ms: Math.max(state.remainingMs, this.#promisedMs(now)) };
    return state;
  }

  async wait(mostMs: number, gone: AbortSignal): Promise<State> {
    const { clock } = this.table;
    const began = clock.now().mono;
    for (;;) {
      const state = this.contact();
      const leftMs = mostMs - (clock.now().mono - began);
      if (state.held || leftMs <= 0 || this.ended !== undefined || gone.aborted) return state;
      // While it waits for the answer it lives.
      await sleep(clock, Math.min(leftMs, this.#contactMs / 2), this.#changed.signal, gone);
    }
  }

  async proclaim(term: number, value: unknown): Promise<State> {
    const leadership = this.#leadership;
    if (leadership?.term !== term || leadership.signal.aborted) {
      const found = leadership === undefined ? 'none' : `${leadership.term}, which is ending or over`;
      throw new TenureError(
        'LeadershipLost',
        `Term ${term} is not held by this agent (found: ${found}). Ask who leads.`,
      );
    }
    await leadership.proclaim(value);
    return this.contact();
  }

  async resign(to: string | undefined): Promise<Answer<'LeadershipEnded'>> {
    const { id, name } = this.#election;
    if (to === id) throw unfit('`to`', 'another candidate', to);
    this.#successor = to;
    this.#stopped.abort();
    await this.end('the program resigned');
    return { election: name, id, released: this.#released };
  }

  /** Stands no more. Resolves when the office is given back, or has run out. */
  async end(why: string): Promise<void> {
    this.ended ??= why;
    this.#stop.abort();
    this.#tell();
    await this.#done;
  }

  /** Stands, leads, and stands again. */
  async #stand(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) await this.#lead();
    } finally {
      await this.#election.close();
      this.ended ??= 'the candidate failed';
      this.#over = true;
      this.#tell();
    }
  }

  async #lead(): Promise<void> {
    const stop = this.#stop.signal;
    let leadership: Leadership;
    try {
      leadership = await this.#election.campaign({ signal: stop });
    } catch (error) {
      if (stop.aborted && !isTenureError(error)) return; // the candidacy was ended
      throw error;
    }
    this.#leadership = leadership;
    this.#tell();
    await anySet(leadership.signal, stop);
    this.#tell();
    await this.#untilFree();
    const { released } = await leadership.resign({ to: this.#successor });
    this.#released = released;
    this.#leadership = undefined;
    this.#promise = undefined;
  }

  /** Until the program has said that it stopped, or no promise is left. */
  async #untilFree(): Promise<void> {
    const { clock } = this.table;
    for (;;) {
      const leftMs = this.#promisedMs(clock.now());
      if (leftMs <= 0 || this.#stopped.signal.aborted) return;
      await sleep(clock, leftMs, this.#stopped.signal);
    }
  }

  /** Ends the candidacy of a program that does not ask any more. */
  async #watchContact(): Promise<void> {
    const { clock } = this.table;
    while (this.ended === undefined) {
      const leftMs = this.#contactMs - elapsedForHolder(this.#contactAt, clock.now());
      if (leftMs <= 0) return void this.end(`the program did not ask for ${this.#contactMs} ms`);
      await sleep(clock, leftMs, this.#stop.signal);
    }
  }

  /** Never beyond the time within which the program must ask again: only so can the agent resign for it. */
  #mayWorkMs(): number {
    const leadership = this.#leadership;
    if (leadership === undefined || this.ended !== undefined || leadership.signal.aborted) return 0;
    return Math.max(0, Math.min(this.#contactMs, leadership.remainingMs() - this.#stepDownMs));
  }

  /** By the monotonic clock alone: a wall clock that is set forward ends no promise. */
  #promisedMs(now: Instant): number {
    return this.#promise === undefined ? 0 : this.#promise.ms - (now.mono - this.#promise.from.mono);
  }

  #tell(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }
}

/** Asks the program's own address; a redirect would lead away from this machine. */
async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal, redirect: 'error' });
  await response.body?.cancel();
  return response.ok;
}
