/**
 * The cluster on this machine: what its table shows, as everywhere, and what each candidate reports of itself. Its
 * processes may be killed, paused, continued, cut off and joined again, ended in order, and joined by another.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { realClock } from '../lease/clock.js';
import { inTerms } from '../local/chronicle.js';
import type { Cluster } from '../local/cluster.js';
import type { Member } from '../local/member.js';
import type { Report } from '../local/reports.js';
import type { Tell } from './facts.js';
import { PROCESS_ACTIONS, type ProcessAction } from './process-actions.js';
import { type Action, type ActionName, CannotBeDone, type Source } from './source.js';
import { type TableSource, tableSource } from './table-source.js';
import { whyLost } from './words.js';

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

export function clusterSource(options: ClusterSourceOptions): Source {
  return new ClusterSource(options);
}

class ClusterSource implements Source {
  readonly title: string;
  readonly actions: readonly ActionName[];
  readonly #table: TableSource;
  readonly #cluster: Cluster;
  readonly #statuses = new Map<string, string>();
  /** Who has told already that it reaches nothing. */
  readonly #unreached = new Set<Member>();
  #tell: Tell = () => {};

  constructor({ cluster, client, title }: ClusterSourceOptions) {
    const { tableName, election } = cluster.options;
    this.title = title;
    this.#cluster = cluster;
    this.actions = cluster.canCutOff ? [...EVERYWHERE, 'cut', 'join'] : EVERYWHERE;
    this.#table = tableSource({ tableName, client, elections: [election], oneClock: true });
  }

  start(tell: Tell): void {
    this.#tell = tell;
    this.#table.start(tell);
    this.#cluster.on('report', this.#see);
    this.#cluster.on('ended', this.#ended);
    this.#cluster.on('change', this.#changed);
    this.#changed();
  }

  async act(action: Action): Promise<string> {
    if (action.action === 'challenge' || action.action === 'transfer' || action.action === 'revoke') {
      return this.#table.act(action);
    }
    if (action.election !== this.#name) throw new CannotBeDone(`The cluster's election is "${this.#name}".`);
    if (action.action === 'add') return this.#add();
    const member = this.#cluster.members.find(({ id }) => id === action.id);
    if (member === undefined) throw new CannotBeDone(`There is no candidate "${action.id}" in this cluster.`);
    if (!member.isAlive) throw new CannotBeDone(`${member.id} has ended already.`);
    return this.#do(action.action, member);
  }

  async close(): Promise<void> {
    this.#cluster.off('report', this.#see);
    this.#cluster.off('ended', this.#ended);
    this.#cluster.off('change', this.#changed);
    await this.#table.close();
  }

  async #do(action: ProcessAction, member: Member): Promise<string> {
    const { against, said, why, done } = PROCESS_ACTIONS[action];
    const reason = against?.(member);
    if (reason !== undefined) throw new CannotBeDone(reason);
    const role = member.isLeading ? `, leader of term ${member.term},` : '';
    const sentence = `${member.id} (process ${member.pid})${role} ${said}`;
    this.#note(sentence, why(member));
    const doing = Promise.resolve(done(this.#cluster, member));
    // Its work may take its time to end: who asked is not kept waiting for that.
    if (action === 'end') doing.catch((error: Error) => this.#note(error.message, ''));
    else await doing;
    return sentence;
  }

  #add(): string {
    if (this.#cluster.alive.length >= MOST_ALIVE) {
      throw new CannotBeDone(`${MOST_ALIVE} candidates are enough for one machine: end or kill one first.`);
    }
    const { id } = this.#cluster.add();
    const said = `${id} joins as a candidate`;
    this.#note(said, 'added by the console');
    return said;
  }

  readonly #see = (member: Member, report: Report): void => {
    const { id } = member;
    const story = this.#table.story(this.#name);
    switch (report.is) {
      case 'office': {
        const { term, holder, previous, reason, acquiredAt, vacatedAt } = report;
        const { leaseMs } = this.#cluster.options.timings;
        if (holder === undefined) story?.vacated({ term, previous, reason, at: vacatedAt ?? this.#now });
        else story?.begun({ term, holder, previous, reason, leaseMs, at: acquiredAt ?? this.#now });
        break;
      }
      case 'heartbeat':
        story?.heartbeat({ term: report.term, beat: report.beat, at: report.sentAt });
        break;
      case 'lost': {
        const { term, reason } = report;
        const text = `${id} knows that its term ${term} is over`;
        this.#tell({ is: 'lost', election: this.#name, at: this.#now, id, term, reason, text, why: whyLost(reason) });
        break;
      }
      case 'refused': {
        const { by, term, found } = report;
        const text = `a fenced write of ${id} is refused`;
        const why = inTerms(report);
        this.#tell({ is: 'refused', election: this.#name, at: this.#now, id, by, term, found, text, why });
        break;
      }
      case 'error':
        this.#complain(member, report.message);
        break;
    }
  };

  readonly #ended = (member: Member): void => {
    if (member.ended?.code === 0) this.#note(`${member.id} has ended in order`, 'exit code 0');
    else if (!member.mayEnd) this.#note(`${member.id} is dead`, `ended by ${member.ended?.signal ?? 'itself'}`);
  };

  readonly #changed = (): void => {
    for (const member of this.#cluster.members) {
      const { id, doing, isCutOff, pid } = member;
      if (!isCutOff) this.#unreached.delete(member);
      const status = `${doing} ${isCutOff}`;
      if (this.#statuses.get(id) === status) continue;
      this.#statuses.set(id, status);
      this.#tell({ is: 'candidate', election: this.#name, at: this.#now, id, status: doing, isCutOff, pid });
    }
  };

  /** Who is cut off tells the same with each request: once is enough. */
  #complain(member: Member, message: string): void {
    if (this.#unreached.has(member)) return;
    if (member.isCutOff) this.#unreached.add(member);
    this.#note(`${member.id} tells an error`, message);
  }

  #note(text: string, why: string): void {
    this.#tell({ is: 'note', election: this.#name, at: this.#now, text, why });
  }

  get #name(): string {
    return this.#cluster.options.election;
  }

  get #now(): number {
    return realClock.now().wall;
  }
}
