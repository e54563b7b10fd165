/**
 * The cluster on this machine: what its table shows, as everywhere, and what each candidate reports of itself. Its
 * processes may be killed, paused, continued, cut off and joined again, ended in order, and joined by another.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { realClock } from '../lease/clock.js';
import type { CandidateReport } from '../local/candidate-messages.js';
import type { Cluster } from '../local/cluster.js';
import type { ClusterCandidate } from '../local/cluster-candidate.js';
import { refusalText } from '../local/event-log.js';
import { lostSentence } from '../names/reasons.js';
import { type Console, startConsole } from './console.js';
import type { EmitEvent } from './console-events.js';
import { type Action, type ActionName, type ConsoleSource, ImpossibleAction } from './console-source.js';
import { PROCESS_ACTIONS, type ProcessAction } from './process-actions.js';
import { type TableSource, tableSource } from './table-source.js';

/** Each is a process with a runtime of its own. */
const MOST_ALIVE = 12;
const EVERYWHERE: readonly ActionName[] = ['challenge', 'transfer', 'revoke', 'kill', 'pause', 'resume', 'end', 'add'];

export interface ClusterSourceOptions {
  readonly cluster: Cluster;
  /** A client for the cluster's engine. */
  readonly client: DynamoDBClient;
  /** For the page's head. */
  readonly title: string;
}

export function clusterSource(options: ClusterSourceOptions): ConsoleSource {
  return new ClusterSource(options);
}

/**
 * Starts the console of a cluster, and resolves when it listens. Close it before the cluster.
 *
 * @param options.port default: a free one, so that two clusters on one machine do not collide
 * @example
 * const { url, close } = await openClusterConsole({ cluster, client, title: 'dynoxide' });
 */
export function openClusterConsole({
  port = 0,
  ...options
}: ClusterSourceOptions & { readonly port?: number }): Promise<Console> {
  return startConsole({ source: clusterSource(options), port });
}

class ClusterSource implements ConsoleSource {
  readonly title: string;
  readonly actions: readonly ActionName[];
  readonly #table: TableSource;
  readonly #cluster: Cluster;
  readonly #statuses = new Map<string, string>();
  /** Those that are cut off, and whose first error was noted. */
  readonly #unreached = new Set<ClusterCandidate>();
  #emit: EmitEvent = () => {};

  constructor({ cluster, client, title }: ClusterSourceOptions) {
    const { tableName, election } = cluster.options;
    this.title = title;
    this.#cluster = cluster;
    this.actions = cluster.canCutOff ? [...EVERYWHERE, 'cut', 'join'] : EVERYWHERE;
    this.#table = tableSource({ tableName, client, elections: [election], oneClock: true });
  }

  start(emit: EmitEvent): void {
    this.#emit = emit;
    this.#table.start(emit);
    this.#cluster.on('report', this.#see);
    this.#cluster.on('ended', this.#ended);
    this.#cluster.on('change', this.#changed);
    this.#changed();
  }

  async act(action: Action): Promise<string> {
    if (action.action === 'challenge' || action.action === 'transfer' || action.action === 'revoke') {
      return this.#table.act(action);
    }
    if (action.election !== this.#name) throw new ImpossibleAction(`The cluster's election is "${this.#name}".`);
    if (action.action === 'add') return this.#add();
    const candidate = this.#cluster.candidates.find(({ id }) => id === action.id);
    if (candidate === undefined) throw new ImpossibleAction(`There is no candidate "${action.id}" in this cluster.`);
    if (!candidate.isAlive) throw new ImpossibleAction(`${candidate.id} has ended already.`);
    return this.#do(action.action, candidate);
  }

  async close(): Promise<void> {
    this.#cluster.off('report', this.#see);
    this.#cluster.off('ended', this.#ended);
    this.#cluster.off('change', this.#changed);
    await this.#table.close();
  }

  async #do(action: ProcessAction, candidate: ClusterCandidate): Promise<string> {
    const { impossible, described, why, run } = PROCESS_ACTIONS[action];
    const reason = impossible?.(candidate);
    if (reason !== undefined) throw new ImpossibleAction(reason);
    const role = candidate.isLeading ? `, leader of term ${candidate.term},` : '';
    const sentence = `${candidate.id} (process ${candidate.pid})${role} ${described}`;
    this.#note(sentence, why(candidate));
    const doing = Promise.resolve(run(this.#cluster, candidate));
    // Its work may take a while to end: the answer does not wait for that.
    if (action === 'end') doing.catch((error: Error) => this.#note(error.message, ''));
    else await doing;
    return sentence;
  }

  #add(): string {
    if (this.#cluster.alive.length >= MOST_ALIVE) {
      throw new ImpossibleAction(`${MOST_ALIVE} candidates are enough for one machine: end or kill one first.`);
    }
    const { id } = this.#cluster.add();
    const sentence = `${id} joins as a candidate`;
    this.#note(sentence, 'added by the console');
    return sentence;
  }

  readonly #see = (candidate: ClusterCandidate, report: CandidateReport): void => {
    const { id } = candidate;
    const tracker = this.#table.tracker(this.#name);
    switch (report.is) {
      case 'office': {
        const { term, holder, previous, reason, acquiredAt, vacatedAt } = report;
        const { leaseMs } = this.#cluster.options.timings;
        if (holder === undefined) tracker?.vacated({ term, previous, reason, at: vacatedAt ?? this.#now });
        else tracker?.termBegan({ term, holder, previous, reason, leaseMs, at: acquiredAt ?? this.#now });
        break;
      }
      case 'heartbeat':
        tracker?.heartbeat({ term: report.term, beat: report.beat, at: report.sentAt });
        break;
      case 'lost': {
        const { term, reason } = report;
        const text = `${id} knows that its term ${term} is over`;
        this.#emit({
          is: 'lost',
          election: this.#name,
          at: this.#now,
          id,
          term,
          reason,
          text,
          why: lostSentence(reason),
        });
        break;
      }
      case 'refused': {
        const { by, term, found } = report;
        const text = `a fenced write of ${id} is refused`;
        const why = refusalText(report);
        this.#emit({ is: 'refused', election: this.#name, at: this.#now, id, by, term, found, text, why });
        break;
      }
      case 'error':
        this.#reportError(candidate, report.message);
        break;
    }
  };

  readonly #ended = (candidate: ClusterCandidate): void => {
    const { exit, endRequested } = candidate.process;
    if (exit?.code === 0) this.#note(`${candidate.id} has ended in order`, 'exit code 0');
    else if (!endRequested) this.#note(`${candidate.id} is dead`, `ended by ${exit?.signal ?? 'itself'}`);
  };

  readonly #changed = (): void => {
    for (const candidate of this.#cluster.candidates) {
      const { id, activity, isCutOff, pid } = candidate;
      if (!isCutOff) this.#unreached.delete(candidate);
      const status = `${activity} ${isCutOff}`;
      if (this.#statuses.get(id) === status) continue;
      this.#statuses.set(id, status);
      this.#emit({ is: 'candidate', election: this.#name, at: this.#now, id, status: activity, isCutOff, pid });
    }
  };

  /** A candidate that is cut off reports the same error for each request: it is noted once. */
  #reportError(candidate: ClusterCandidate, message: string): void {
    if (this.#unreached.has(candidate)) return;
    if (candidate.isCutOff) this.#unreached.add(candidate);
    this.#note(`${candidate.id} reports an error`, message);
  }

  #note(text: string, why: string): void {
    this.#emit({ is: 'note', election: this.#name, at: this.#now, text, why });
  }

  get #name(): string {
    return this.#cluster.options.election;
  }

  get #now(): number {
    return realClock.now().wall;
  }
}
