/** One candidate of the local cluster, seen from its parent: its process, and what it has reported of itself. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CandidateState, LostReason } from '../index.js';
import type { CandidateOrder, CandidateReport, CandidateSettings, FencedBy } from './candidate-messages.js';
import { hostMs } from './host-clock.js';
import { SupervisedProcess } from './supervised-process.js';
import { canProxy, openTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** Beside this file, in the sources as in a build. */
const PROGRAM = fileURLToPath(
  new URL(`./candidate-program${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
);

export interface Refusal {
  readonly by: FencedBy;
  readonly term: number;
  readonly found?: number;
}

/** What a candidate calls in its cluster. */
export interface CandidateListeners {
  readonly onReport: (report: CandidateReport) => void;
  readonly onExit: () => void;
  readonly onError: (error: Error) => void;
}

export class ClusterCandidate {
  readonly id: string;
  readonly priority: number;
  readonly process: SupervisedProcess<CandidateReport, CandidateOrder>;
  state: CandidateState | 'starting' = 'starting';
  /** The term that it leads, or last led. */
  term = 0;
  lost: { term: number; reason: LostReason } | undefined;
  /** Requests of the election alone, without the writes of its work. */
  requests = { reads: 0, writes: 0 };
  heartbeats = 0;
  heartbeat: { term: number; beat: number; sentAt: number } | undefined;
  /** When its lease ends by its own last report, on the host's clock. */
  leaseEndsAt = 0;
  /** The term of the pair of writes that it holds ready; 0: none. */
  prepared = 0;
  accepted: Record<FencedBy, number> = { stamp: 0, check: 0 };
  /** The last term whose stamped write was accepted. */
  wroteIn = 0;
  readonly refusals: Refusal[] = [];
  /** Terms of writes that were sent late, and accepted all the same. */
  readonly lateAccepted: number[] = [];
  #proxy: TcpProxy | undefined;

  constructor(settings: CandidateSettings, endpoint: string, { onReport, onExit, onError }: CandidateListeners) {
    this.id = settings.id;
    this.priority = settings.priority;
    this.process = new SupervisedProcess({
      program: PROGRAM,
      task: settings,
      endpoint,
      onReport: (report) => {
        this.#see(report);
        onReport(report);
      },
      onExit: () => {
        this.#proxy?.close();
        onExit();
      },
      onError,
    });
    this.#begin(endpoint).catch(onError);
  }

  get pid(): number {
    return this.process.pid;
  }

  get isAlive(): boolean {
    return this.process.isAlive;
  }

  get isPaused(): boolean {
    return this.process.isPaused;
  }

  get isLeading(): boolean {
    return this.isAlive && !this.isPaused && this.state === 'leading';
  }

  /** Whether its connections to the engine are cut. */
  get isCutOff(): boolean {
    return this.isAlive && this.#proxy?.isCut === true;
  }

  /** Its state in a word, cut off or not. */
  get activity(): string {
    const { exit } = this.process;
    if (exit !== undefined) return exit.code === 0 ? 'left' : 'dead';
    return this.isPaused ? 'paused' : this.state;
  }

  /** Its state in a word, as people see it. */
  get status(): string {
    return this.isCutOff && !this.isPaused ? 'cut off' : this.activity;
  }

  cutOff(): void {
    this.#proxy?.cut();
  }

  rejoin(): void {
    this.#proxy?.mend();
  }

  /** Lets it begin: it waits for the address of the engine, which is that of a proxy of its own. */
  async #begin(endpoint: string): Promise<void> {
    if (canProxy(endpoint)) this.#proxy = await openTcpProxy(endpoint);
    if (!this.isAlive) this.#proxy?.close();
    this.process.send({ endpoint: this.#proxy?.endpoint ?? endpoint });
  }

  #see(report: CandidateReport): void {
    switch (report.is) {
      case 'state':
        this.state = report.state;
        break;
      case 'elected':
        this.term = report.term;
        break;
      case 'lost':
        this.lost = report;
        this.leaseEndsAt = Math.min(this.leaseEndsAt, hostMs());
        break;
      case 'heartbeat':
        this.heartbeats += 1;
        this.heartbeat = report;
        break;
      case 'claim':
        this.leaseEndsAt = report.after + report.remainingMs;
        break;
      case 'requests':
        this.requests = { reads: report.reads, writes: report.writes };
        break;
      case 'prepared':
        this.prepared = report.term;
        break;
      case 'accepted':
        this.accepted[report.by] += 1;
        if (report.by === 'stamp') this.wroteIn = report.term;
        if (report.seq === undefined) this.lateAccepted.push(report.term);
        break;
      case 'refused':
        this.refusals.push(report);
        break;
    }
  }
}
