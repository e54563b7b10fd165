/**
 * Elections as their table shows them: works on AWS as on an engine of this machine. Changes of office come from
 * `observe()`; heartbeats are seen by a read in the leader's own rhythm; the line from `roster()`.
 */
import { isDeepStrictEqual } from 'node:util';
import { OUTSIDE } from '../election/options.js';
import { type AnyDynamoDBClient, Election, type Office, TenureError } from '../index.js';
import { type Clock, realClock, sleep } from '../lease/clock.js';
import { show } from '../lease/errors.js';
import type { EmitEvent, RosterEntry } from './console-events.js';
import { type Action, type ActionName, type ConsoleSource, ImpossibleAction } from './console-source.js';
import { ElectionTracker } from './election-tracker.js';

const VACANT_LOOK_MS = 500;
const LOOK_AGAIN_MS = 100;
const LONGEST_LOOK_MS = 5_000;
const ROSTER_MS = { least: 2_000, most: 15_000 };
const DISCOVER_MS = 30_000;
const MOST_ELECTIONS = 200;

export interface TableSourceOptions {
  readonly tableName: string;
  /** Default: one of the console's own, from the environment. */
  readonly client?: AnyDynamoDBClient;
  /** Their names, or a way to find them, which is asked again twice a minute. */
  readonly elections: readonly string[] | (() => Promise<readonly string[]>);
  /** For the page's head. Default: the table's name. */
  readonly title?: string;
  /**
   * All candidates run on this machine: the times that they wrote are of one clock, and exact. Default `false`: times are
   * those at which the console saw things.
   */
  readonly oneClock?: boolean;
}

/** @throws TenureError `BadOption` for a name that no election can have, or for no name at all */
export function tableSource(options: TableSourceOptions): TableSource {
  return new TableSource(options);
}

export class TableSource implements ConsoleSource {
  readonly title: string;
  readonly actions: readonly ActionName[] = ['challenge', 'transfer', 'revoke'];
  readonly #watches = new Map<string, Watch>();
  readonly #stop = new AbortController();
  readonly #clock: Clock = realClock;
  #discovering: Promise<void> | undefined;
  #emit: EmitEvent = () => {};

  constructor(private readonly options: TableSourceOptions) {
    const { elections, tableName } = options;
    this.title = options.title ?? `table ${tableName}`;
    if (typeof elections === 'function') return;
    if (!Array.isArray(elections) || elections.length === 0) {
      const expected = 'one name or more, or a function that finds them';
      throw new TenureError('BadOption', `\`elections\` must be ${expected}, but is ${show(elections)}.`);
    }
    for (const name of elections) this.#watches.set(name, new Watch(this.#election(name), options));
  }

  start(emit: EmitEvent): void {
    this.#emit = emit;
    for (const watch of this.#watches.values()) watch.start(emit);
    if (typeof this.options.elections === 'function') this.#discovering = this.#discover(this.options.elections);
  }

  /** The tracker of an election: what is seen of it elsewhere goes to the same one. */
  tracker(name: string): ElectionTracker | undefined {
    return this.#watches.get(name)?.tracker;
  }

  async act(action: Action): Promise<string> {
    const watch = this.#watches.get(action.election);
    if (watch === undefined) throw new ImpossibleAction(`The console does not watch an election "${action.election}".`);
    switch (action.action) {
      case 'challenge':
        return watch.challenge();
      case 'transfer':
        return watch.challenge(action.id);
      case 'revoke':
        return watch.revoke(action);
      default:
        throw new ImpossibleAction(`"${action.action}" is for a cluster on this machine: a table has no processes.`);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#discovering;
    await Promise.all([...this.#watches.values()].map((watch) => watch.close()));
  }

  #election(name: string): Election {
    const { tableName, client } = this.options;
    return new Election({ name, tableName, client, id: `console-${process.pid}`, ...OUTSIDE });
  }

  async #discover(find: () => Promise<readonly string[]>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const names = (await find()).filter((name) => !this.#watches.has(name));
        for (const name of names.slice(0, MOST_ELECTIONS - this.#watches.size)) {
          const watch = new Watch(this.#election(name), this.options);
          this.#watches.set(name, watch);
          if (!this.#stop.signal.aborted) watch.start(this.#emit);
        }
      } catch (error) {
        const message = `The elections of the table cannot be found: ${(error as Error).message}`;
        this.#emit({ is: 'trouble', election: '', at: this.#clock.now().wall, message });
      }
      await sleep(this.#clock, DISCOVER_MS, this.#stop.signal);
    }
  }
}

/** One election, watched. */
class Watch {
  tracker!: ElectionTracker;
  readonly #stop = new AbortController();
  readonly #clock: Clock = realClock;
  #emit: EmitEvent = () => {};
  #running: Promise<unknown> | undefined;
  #latest: Office | undefined;
  #line: readonly RosterEntry[] = [];
  readonly #failing = new Set<'record' | 'roster'>();
  #lastError = '';

  constructor(
    private readonly election: Election,
    private readonly options: Pick<TableSourceOptions, 'oneClock'>,
  ) {}

  start(emit: EmitEvent): void {
    this.#emit = emit;
    this.tracker = new ElectionTracker(this.election.name, emit);
    emit({ is: 'election', election: this.election.name, at: this.#now });
    this.election.on('error', (error) => this.#note(error));
    this.#running = Promise.all([this.#offices(), this.#heartbeats(), this.#roster()]);
  }

  /** @param to the candidate to hand over to. Default: the first that takes the vacancy */
  async challenge(to?: string): Promise<string> {
    const { challenged, office } = await this.election.challenge({ why: 'operator at the console', to });
    this.#see(office);
    if (challenged) {
      const favour = to === undefined ? '' : ` to ${to}`;
      return `${office.holder}, leader of term ${office.term}, is asked to hand over${favour}: it sees that with its next heartbeat`;
    }
    if (office.holder === undefined) throw new ImpossibleAction('Nobody leads: there is nobody to challenge.');
    throw new ImpossibleAction(
      `The office has just changed hands: ${office.holder} leads term ${office.term}. Look again.`,
    );
  }

  async revoke({ term, holder, dead }: { term: number; holder: string; dead: boolean }): Promise<string> {
    const { revoked, office } = await this.election.revoke({ term, holder, dead });
    this.#see(office);
    if (!revoked) throw new ImpossibleAction(`${holder} does not lead term ${term} any more: nobody was revoked.`);
    return `${holder} is revoked in term ${term}${dead ? ', as proved dead' : ''}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.election.close();
  }

  async #offices(): Promise<void> {
    for await (const office of this.election.observe({ signal: this.#stop.signal })) this.#see(office);
  }

  /** One read where the next heartbeat should have landed; a little earlier each time it had, and soon again if not. */
  async #heartbeats(): Promise<void> {
    let step: number | undefined;
    for (let misses = 0; !this.#stop.signal.aborted; ) {
      const before = this.#latest;
      try {
        this.#see(await this.election.leader());
        this.#recovered('record');
      } catch (error) {
        this.#failed('record', error);
        misses = Math.min(misses + 1, 6);
        await sleep(this.#clock, Math.min(LONGEST_LOOK_MS, LOOK_AGAIN_MS * 2 ** misses), this.#stop.signal);
        continue;
      }
      const { holder, renewMs = VACANT_LOOK_MS } = this.#latest!;
      const isNews = before?.term !== this.#latest?.term || before?.beat !== this.#latest?.beat;
      let pauseMs = VACANT_LOOK_MS;
      if (holder !== undefined && isNews) {
        step = Math.max(5, (step ?? renewMs / 4) / 2);
        pauseMs = misses === 0 ? renewMs - step : renewMs - LOOK_AGAIN_MS / 4;
        misses = 0;
      } else if (holder !== undefined) {
        pauseMs = Math.min(renewMs / 2, LOOK_AGAIN_MS * 2 ** misses);
        misses = Math.min(misses + 1, 6);
      }
      await sleep(this.#clock, Math.max(LOOK_AGAIN_MS / 2, pauseMs), this.#stop.signal);
    }
  }

  async #roster(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const line = (await this.election.roster()).map(({ id, leads, present, priority }) => ({
          id,
          leads,
          present,
          priority,
        }));
        if (!isDeepStrictEqual(line, this.#line)) {
          this.#emit({ is: 'roster', election: this.election.name, at: this.#now, line });
        }
        this.#line = line;
        this.#recovered('roster');
      } catch (error) {
        this.#failed('roster', error);
      }
      const pauseMs = Math.min(ROSTER_MS.most, Math.max(ROSTER_MS.least, 2 * (this.#latest?.renewMs ?? 0)));
      await sleep(this.#clock, pauseMs, this.#stop.signal);
    }
  }

  #see(office: Office): void {
    const { term, beat, holder, previous, reason, leaseMs = 0, challenger, value } = office;
    const isFirst = this.#latest === undefined;
    const last = this.#latest;
    if (last !== undefined && (term < last.term || (term === last.term && beat < last.beat))) return;
    this.#latest = office;
    if (term === 0) return;
    const now = this.#now;
    const at = (written: number | undefined) => (this.options.oneClock ? (written ?? now) : now);
    if (holder === undefined) {
      const { dead, successor, vacatedAt } = office;
      this.tracker.vacated({ term, previous, reason, dead, successor, at: at(vacatedAt) });
      return;
    }
    // The start of a term that is older than the console is known from its leader's clock alone.
    const since = isFirst ? Math.min(now, office.acquiredAt ?? now) : at(office.acquiredAt);
    this.tracker.termBegan({ term, holder, previous, reason, leaseMs, at: since });
    if (beat > 0) this.tracker.heartbeat({ term, beat, at: at(office.renewedAt) });
    this.tracker.proclaimed(term, value, now);
    if (challenger !== undefined) {
      this.tracker.challenged(term, challenger.id, challenger.why, challenger.attempt, now);
    }
  }

  get #now(): number {
    return this.#clock.now().wall;
  }

  /** Reported once, and again only after a success in between. */
  #failed(what: 'record' | 'roster', error: unknown): void {
    if (this.#failing.has(what) || this.#stop.signal.aborted) return;
    this.#failing.add(what);
    const message = error instanceof Error ? error.message : show(error);
    const text = `the ${what} cannot be read`;
    this.#emit({ is: 'trouble', election: this.election.name, at: this.#now, message, text, why: message });
  }

  #recovered(what: 'record' | 'roster'): void {
    if (!this.#failing.delete(what)) return;
    const text = `the ${what} can be read again`;
    this.#emit({ is: 'trouble', election: this.election.name, at: this.#now, text });
  }

  /** An error within the election. Failed requests show in the reads themselves. */
  #note(error: TenureError): void {
    if (error.code === 'RequestFailed' || error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.#emit({ is: 'note', election: this.election.name, at: this.#now, text: error.code, why: error.message });
  }
}
