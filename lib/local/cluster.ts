/**
 * A cluster on this machine: candidates as real processes, what may be done to them, and what they report. Everything
 * reported goes through the invariants; waiting is for a condition, with a limit, and ends at once when anything is wrong.
 */
import { EventEmitter, once } from 'node:events';
import { realClock } from '../lease/clock.js';
import { anySignal } from '../lease/latch.js';
import type { Timings } from '../lease/timing.js';
import type { CandidateReport } from './candidate-messages.js';
import { ClusterCandidate } from './cluster-candidate.js';
import { Invariants } from './invariants.js';
import { canProxy } from './tcp-proxy.js';

const NAMES = ['ada', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus', 'hal', 'ida'];
/** A process on a busy machine answers within this time. */
export const PATIENCE_MS = 20_000;

export interface ClusterOptions {
  readonly endpoint: string;
  readonly tableName: string;
  readonly election: string;
  readonly timings: Timings;
  /** Ends every waiting. */
  readonly signal?: AbortSignal;
  /** Whether candidates may be ended from outside, as people do from another terminal. Default: that is a failure. */
  readonly strangersMayKill?: boolean;
}

/** Each report as it came in, and each end of a process. */
export interface ClusterEvents {
  report: [ClusterCandidate, CandidateReport];
  ended: [ClusterCandidate];
  /** Anything changed that a view may show. */
  change: [];
}

export class Cluster extends EventEmitter<ClusterEvents> {
  readonly candidates: ClusterCandidate[] = [];
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

  get alive(): ClusterCandidate[] {
    return this.candidates.filter((candidate) => candidate.isAlive);
  }

  get leader(): ClusterCandidate | undefined {
    // Of two that say so, one has not reported its end yet: the later term is right.
    return this.candidates.filter((candidate) => candidate.isLeading).sort((a, b) => b.term - a.term)[0];
  }

  /** Whether its candidates reach the engine through proxies of their own, which can be cut. */
  get canCutOff(): boolean {
    return canProxy(this.options.endpoint);
  }

  /** Starts another candidate. */
  add({ priority = 0 }: { priority?: number } = {}): ClusterCandidate {
    const { endpoint, tableName, election, timings } = this.options;
    const nth = this.candidates.length;
    const round = Math.floor(nth / NAMES.length);
    const id = `${NAMES[nth % NAMES.length]}${round === 0 ? '' : round + 1}`;
    const settings = { id, priority, election, tableName, ...timings };
    const candidate: ClusterCandidate = new ClusterCandidate(settings, endpoint, {
      onReport: (report) => this.#see(candidate, report),
      onExit: () => this.#ended(candidate),
      onError: (error) => this.#crashed(`${id} could not be started: ${error.message}`),
    });
    this.candidates.push(candidate);
    this.emit('change');
    return candidate;
  }

  /** SIGKILL: it gives nothing back. Resolves when it has ended. */
  async kill(candidate: ClusterCandidate): Promise<void> {
    await candidate.process.end('SIGKILL');
  }

  /** SIGTERM: it closes in order, gives the office back, and ends. */
  async stop(candidate: ClusterCandidate): Promise<void> {
    const ended = candidate.process.end('SIGTERM');
    this.emit('change'); // a paused one was continued for it
    await ended;
  }

  /** SIGSTOP: it stands still, as under a long garbage collection. A leader first prepares two writes. */
  async pause(candidate: ClusterCandidate): Promise<void> {
    if (!candidate.isAlive || candidate.isPaused) return;
    await this.#prepare(candidate);
    candidate.process.pause();
    this.emit('change');
  }

  /** SIGCONT: it continues where it was, and sends the writes that it had prepared. */
  resume(candidate: ClusterCandidate): void {
    if (!candidate.isPaused) return;
    candidate.process.resume();
    this.emit('change');
    this.#sendPrepared(candidate);
  }

  /** A network partition of this process alone: it runs, and reaches nothing. A leader first prepares two writes. */
  async cutOff(candidate: ClusterCandidate): Promise<void> {
    if (!candidate.isAlive || candidate.isCutOff) return;
    await this.#prepare(candidate);
    candidate.cutOff();
    this.emit('change');
  }

  /** Ends the partition: what was sent meanwhile and not given up arrives, and then what it had prepared. */
  rejoin(candidate: ClusterCandidate): void {
    if (!candidate.isCutOff) return;
    candidate.rejoin();
    this.#sendPrepared(candidate);
    this.emit('change');
  }

  resign(candidate: ClusterCandidate): void {
    candidate.process.send('resign');
  }

  /**
   * Waits until `probe` gives something, asking again with everything that happens.
   * @throws Error naming `what`, after `limitMs`; or what is wrong with the cluster, as soon as anything is
   */
  async when<T>(what: string, probe: () => T, limitMs = PATIENCE_MS): Promise<NonNullable<T>> {
    const { signal } = this.options;
    const limit = new AbortController();
    const cancel = realClock.after(limitMs, () => limit.abort());
    const until = anySignal(signal, limit.signal);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.failure !== undefined) throw new Error(this.failure);
        const found = probe();
        if (found) return found;
        if (limit.signal.aborted)
          throw new Error(`Waited ${limitMs} ms for ${what}, which did not happen; ${this.#statuses()}.`);
        await once(this, 'change', { signal: until.signal }).catch(() => {});
      }
    } finally {
      cancel();
      until.release();
    }
  }

  /** Ends all candidates, without hand-over. */
  async close(): Promise<void> {
    await Promise.all(this.alive.map((candidate) => this.kill(candidate)));
  }

  #see(candidate: ClusterCandidate, report: CandidateReport): void {
    this.invariants.see(candidate.id, report);
    this.emit('report', candidate, report);
    this.emit('change');
  }

  async #prepare(candidate: ClusterCandidate): Promise<void> {
    if (!candidate.isLeading || candidate.prepared > 0) return;
    candidate.process.send('prepare');
    const isDone = () => candidate.prepared > 0 || !candidate.isLeading;
    await this.when(`${candidate.id} to prepare its writes`, isDone);
  }

  /** Not before it runs and reaches the engine. */
  #sendPrepared(candidate: ClusterCandidate): void {
    if (candidate.prepared === 0 || candidate.isPaused || candidate.isCutOff) return;
    candidate.prepared = 0;
    candidate.process.send('send what is prepared');
  }

  #ended(candidate: ClusterCandidate): void {
    const { exit, endRequested, lastOutput } = candidate.process;
    const mayEnd = endRequested || this.options.strangersMayKill === true;
    const isOrderly = mayEnd && (exit?.signal === 'SIGKILL' || exit?.code === 0);
    if (!isOrderly) {
      this.#crashed(`${candidate.id} ended by itself (${exit?.signal ?? `exit code ${exit?.code}`}). ${lastOutput}`);
    }
    this.emit('ended', candidate);
    this.emit('change');
  }

  #crashed(sentence: string): void {
    this.#crash ??= sentence;
    this.emit('change');
  }

  #statuses(): string {
    const each = this.candidates.map(
      ({ id, status, lost }) => `${id} ${status}${lost ? ` (lost term ${lost.term})` : ''}`,
    );
    return `the candidates: ${each.join(', ')}`;
  }
}
