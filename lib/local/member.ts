/** One candidate of the cluster, seen from its parent: the process, and what it has reported of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CandidateState, LostReason } from '../index.js';
import { engineEnv } from './client.js';
import { canHaveLine, type Line, openLine } from './line.js';
import { tie } from './reaper.js';
import { type CandidateSettings, type FencedBy, hostNow, type Order, type Reach, type Report } from './reports.js';
import { tailOf } from './server.js';

const TAIL_CHARS = 4_000;

export interface Refusal {
  readonly by: FencedBy;
  readonly term: number;
  readonly found?: number;
}

export class Member {
  readonly id: string;
  readonly priority: number;
  readonly process: ChildProcess;
  state: CandidateState | 'starting' = 'starting';
  paused = false;
  /** An end that was asked for: any other one is a crash. */
  mayEnd = false;
  ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  /** The term that it leads, or last led. */
  term = 0;
  lost: { term: number; reason: LostReason } | undefined;
  /** Requests of the election alone; the work's own writes are not among them. */
  requests = { reads: 0, writes: 0 };
  heartbeats = 0;
  heartbeat: { term: number; beat: number; sentAt: number } | undefined;
  /** When its lease ends by its own last word, on the host's clock. */
  leaseEndsAt = 0;
  prepared = 0;
  accepted: Record<FencedBy, number> = { stamp: 0, check: 0 };
  /** The last term whose stamped write was accepted. */
  wroteIn = 0;
  readonly refusals: Refusal[] = [];
  /** Terms of writes that were sent late, and accepted all the same. */
  readonly lateAccepted: number[] = [];
  #line: Line | undefined;
  #said = '';

  constructor(settings: CandidateSettings, endpoint: string) {
    this.id = settings.id;
    this.priority = settings.priority;
    this.process = start(settings, endpoint);
    tie(this.process);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-TAIL_CHARS);
      });
    }
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.ended === undefined;
  }

  get isLeading(): boolean {
    return this.isAlive && !this.paused && this.state === 'leading';
  }

  /** Whether its line to the engine is cut. */
  get isCutOff(): boolean {
    return this.isAlive && this.#line?.isCut === true;
  }

  /** What it does, whoever hears of it. */
  get doing(): string {
    if (this.ended !== undefined) return this.ended.code === 0 ? 'left' : 'dead';
    return this.paused ? 'paused' : this.state;
  }

  /** Its state in a word, as people see it. */
  get status(): string {
    return this.isCutOff && !this.paused ? 'cut off' : this.doing;
  }

  /** What it wrote to its own output, which should be nothing. */
  get lastWords(): string {
    return tailOf(this.#said);
  }

  /** Lets it begin, and resolves when it may: it waits to be told where the engine is. */
  async begin(endpoint: string): Promise<void> {
    if (canHaveLine(endpoint)) this.#line = await openLine(endpoint);
    this.process.once('exit', () => this.#line?.close());
    if (this.process.exitCode !== null || this.process.signalCode !== null) this.#line?.close();
    const reach: Reach = { endpoint: this.#line?.endpoint ?? endpoint };
    if (this.process.connected) this.process.send(reach, () => {});
  }

  cutOff(): void {
    this.#line?.cut();
  }

  join(): void {
    this.#line?.mend();
  }

  order(order: Order): void {
    if (this.process.connected) this.process.send(order, () => {});
  }

  see(report: Report): void {
    switch (report.is) {
      case 'state':
        this.state = report.state;
        break;
      case 'elected':
        this.term = report.term;
        break;
      case 'lost':
        this.lost = report;
        this.leaseEndsAt = Math.min(this.leaseEndsAt, hostNow());
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

/** Runs from the sources as from a build. */
function start(settings: CandidateSettings, endpoint: string): ChildProcess {
  const kind = extname(fileURLToPath(import.meta.url));
  const program = fileURLToPath(new URL(`./candidate-process${kind}`, import.meta.url));
  const loader = kind === '.ts' ? ['--import', tsx()] : [];
  return spawn(process.execPath, [...loader, program, JSON.stringify(settings)], {
    // Ctrl-C in the terminal is for this process, which then ends its candidates itself.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...engineEnv(endpoint) },
  });
}

function tsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
