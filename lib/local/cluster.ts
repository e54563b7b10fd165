/**
 * A cluster on this machine: candidates as real processes, what may be done to them, and what they report. Everything
 * reported goes through the invariants; waiting is for a condition, with a limit, and ends at once when anything is wrong.
 */
import { EventEmitter, once } from 'node:events';
import type { Timings } from '../lease/timing.js';
import { Invariants } from './invariants.js';
import { canHaveLine } from './line.js';
import { Member } from './member.js';
import type { Report } from './reports.js';

const NAMES = ['ada', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus', 'hal', 'ida'];
/** A process on a busy machine answers within this. */
export const PATIENCE_MS = 20_000;

export interface ClusterOptions {
  readonly endpoint: string;
  readonly tableName: string;
  readonly election: string;
  readonly timings: Timings;
  /** Ends every waiting. */
  readonly signal?: AbortSignal;
  /** Whether somebody else may end candidates, as people do from another terminal. Default: that is a failure. */
  readonly strangersMayKill?: boolean;
}

/** What the cluster tells: each report as it came in, and each end of a process. */
export interface ClusterEvents {
  report: [Member, Report];
  ended: [Member];
  /** Anything changed that a view may show. */
  change: [];
}

export class Cluster extends EventEmitter<ClusterEvents> {
  readonly members: Member[] = [];
  readonly invariants: Invariants;
  #crash: string | undefined;

  constructor(readonly options: ClusterOptions) {
    super();
    this.setMaxListeners(0);
    this.invariants = new Invariants(options.timings);
  }

  /** What is wrong, in a sentence; nothing while all is well. */
  get failure(): string | undefined {
    return this.invariants.violations[0] ?? this.#crash;
  }

  get alive(): Member[] {
    return this.members.filter((member) => member.isAlive);
  }

  get leader(): Member | undefined {
    // Of two that say so, one has not told its end yet: the later term is right.
    return this.members.filter((member) => member.isLeading).sort((a, b) => b.term - a.term)[0];
  }

  /** Whether its candidates have lines of their own to the engine, which can be cut. */
  get canCutOff(): boolean {
    return canHaveLine(this.options.endpoint);
  }

  /** Starts another candidate. */
  add({ priority = 0 }: { priority?: number } = {}): Member {
    const { endpoint, tableName, election, timings } = this.options;
    const nth = this.members.length;
    const round = Math.floor(nth / NAMES.length);
    const id = `${NAMES[nth % NAMES.length]}${round === 0 ? '' : round + 1}`;
    const member = new Member({ id, priority, election, tableName, ...timings }, endpoint);
    this.members.push(member);
    member.process.on('message', (report) => this.#see(member, report as Report));
    member.process.once('error', (error) => this.#crashed(`${id} could not be started: ${error.message}`));
    member.process.once('exit', (code, signal) => this.#ended(member, code, signal));
    member.begin(endpoint).catch((error: Error) => this.#crashed(`${id} could not be started: ${error.message}`));
    this.emit('change');
    return member;
  }

  /** SIGKILL: gone without a word. Resolves when it is. */
  async kill(member: Member): Promise<void> {
    await this.#end(member, 'SIGKILL');
  }

  /** SIGTERM: it closes by itself, hands over, and ends. */
  async stop(member: Member): Promise<void> {
    // A stopped process would hear of it only when it is continued.
    if (member.paused) this.#continue(member);
    await this.#end(member, 'SIGTERM');
  }

  /** SIGSTOP: stands still, as under a long garbage collection or in a suspended machine. A leader first has two writes ready. */
  async pause(member: Member): Promise<void> {
    if (!member.isAlive || member.paused) return;
    await this.#prepare(member);
    member.process.kill('SIGSTOP');
    member.paused = true;
    this.emit('change');
  }

  /** SIGCONT: goes on where it was, and sends what it had ready. */
  resume(member: Member): void {
    if (!member.paused) return;
    this.#continue(member);
    this.#sendPrepared(member);
  }

  /** A network partition of this process alone: it goes on, and reaches nothing. A leader first has two writes ready. */
  async cutOff(member: Member): Promise<void> {
    if (!member.isAlive || member.isCutOff) return;
    await this.#prepare(member);
    member.cutOff();
    this.emit('change');
  }

  /** The end of that: what was sent meanwhile and not given up arrives, and then what it had ready. */
  join(member: Member): void {
    if (!member.isCutOff) return;
    member.join();
    this.#sendPrepared(member);
    this.emit('change');
  }

  resign(member: Member): void {
    member.order('resign');
  }

  /**
   * Waits until `probe` gives something, asking again with everything that happens.
   * @throws Error naming `what`, after `limitMs`; or what is wrong with the cluster, as soon as anything is
   */
  async when<T>(what: string, probe: () => T, limitMs = PATIENCE_MS): Promise<NonNullable<T>> {
    const { signal } = this.options;
    const limit = AbortSignal.timeout(limitMs);
    const until = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    for (;;) {
      signal?.throwIfAborted();
      if (this.failure !== undefined) throw new Error(this.failure);
      const found = probe();
      if (found) return found;
      if (limit.aborted) throw new Error(`Waited ${limitMs} ms in vain for ${what}; ${this.#whoIsWhere()}.`);
      await once(this, 'change', { signal: until }).catch(() => {});
    }
  }

  /** Ends all candidates, without hand-over. */
  async close(): Promise<void> {
    await Promise.all(this.alive.map((member) => this.kill(member)));
  }

  #see(member: Member, report: Report): void {
    member.see(report);
    this.invariants.see(member.id, report);
    this.emit('report', member, report);
    this.emit('change');
  }

  async #prepare(member: Member): Promise<void> {
    if (!member.isLeading || member.prepared > 0) return;
    member.order('prepare');
    const isDone = () => member.prepared > 0 || !member.isLeading;
    await this.when(`${member.id} to prepare its writes`, isDone);
  }

  /** Not before it runs and is joined. */
  #sendPrepared(member: Member): void {
    if (member.prepared === 0 || member.paused || member.isCutOff) return;
    member.prepared = 0;
    member.order('send what is prepared');
  }

  #continue(member: Member): void {
    member.paused = false;
    member.process.kill('SIGCONT');
    this.emit('change');
  }

  async #end(member: Member, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!member.isAlive) return;
    member.mayEnd = true;
    const exit = once(member.process, 'exit');
    member.process.kill(signal);
    await exit;
  }

  #ended(member: Member, code: number | null, signal: NodeJS.Signals | null): void {
    member.ended = { code, signal };
    member.paused = false;
    const mayEnd = member.mayEnd || this.options.strangersMayKill === true;
    const asAsked = mayEnd && (signal === 'SIGKILL' || code === 0);
    if (!asAsked) this.#crashed(`${member.id} ended by itself (${signal ?? `exit code ${code}`}). ${member.lastWords}`);
    this.emit('ended', member);
    this.emit('change');
  }

  #crashed(sentence: string): void {
    this.#crash ??= sentence;
    this.emit('change');
  }

  #whoIsWhere(): string {
    const each = this.members.map(
      ({ id, status, lost }) => `${id} ${status}${lost ? ` (lost term ${lost.term})` : ''}`,
    );
    return `the candidates: ${each.join(', ')}`;
  }
}
