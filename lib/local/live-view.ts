/** The live view: the cluster on a terminal, and keys that do things to it. */
import { anySet } from '../lease/latch.js';
import type { CandidateReport } from './candidate-messages.js';
import type { Cluster } from './cluster.js';
import type { ClusterCandidate } from './cluster-candidate.js';
import { EventLog } from './event-log.js';
import { hostMs } from './host-clock.js';
import { type LiveViewState, layOut } from './live-view-layout.js';
import { TerminalScreen } from './terminal-screen.js';

/** Often enough for a bar to shrink smoothly. */
const REDRAW_EVERY_MS = 100;
const MOST_EVENTS = 200;
const MOST_BEATS = 60;
/** Each is a process with a runtime of its own. */
const MOST_ALIVE = 12;

export interface LiveOptions {
  readonly cluster: Cluster;
  readonly candidates: number;
  readonly title: string;
  /** Ends the view. */
  readonly signal: AbortSignal;
}

/** Shows the cluster until the user quits, or the signal aborts. */
export async function showLive(options: LiveOptions): Promise<void> {
  await new LiveView(options).run();
}

class LiveView {
  readonly #eventLog = new EventLog();
  readonly #events: { time: string; text: string }[] = [];
  /** When heartbeats landed, on the host's clock. */
  readonly #beats: number[] = [];
  /** The leader that was elected last, and when. */
  #office: { leader: ClusterCandidate; term: number; since: number; over: boolean } | undefined;
  readonly #quit = new AbortController();
  readonly #screen: TerminalScreen;
  readonly #keys: Record<string, () => void> = {
    k: () => this.#toLeader('kill', (leader) => void this.#do(this.cluster.kill(leader))),
    p: () => this.#toLeader('pause', (leader) => void this.#do(this.cluster.pause(leader))),
    e: () => this.#toLeader('ask to resign', (leader) => this.cluster.resign(leader)),
    t: () => this.#toLeader('terminate', (leader) => void this.#do(this.cluster.stop(leader))),
    c: () => this.#cutOff(),
    j: () => this.#join(),
    r: () => this.#resume(),
    a: () => this.#add(),
    q: () => this.#quit.abort(),
    // In raw mode Ctrl-C and Ctrl-D are keys like any other.
    '\x03': () => this.#quit.abort(),
    '\x04': () => this.#quit.abort(),
  };

  constructor(private readonly options: LiveOptions) {
    const draw = () => this.#draw();
    this.#screen = new TerminalScreen(process.stdin, process.stdout, (key) => this.#keys[key.toLowerCase()]?.(), draw);
  }

  get cluster(): Cluster {
    return this.options.cluster;
  }

  async run(): Promise<void> {
    const { cluster, candidates, signal } = this.options;
    cluster.on('report', (candidate, report) => this.#see(candidate, report));
    cluster.on('ended', (candidate) => this.#note(`${candidate.id} has ended (${howEnded(candidate)})`));
    this.#screen.open();
    const redraw = setInterval(() => this.#draw(), REDRAW_EVERY_MS);
    try {
      for (let n = 0; n < candidates; n += 1) cluster.add();
      this.#note(`${candidates} candidates start, each a process of its own`);
      await anySet(this.#quit.signal, signal);
    } finally {
      clearInterval(redraw);
      this.#screen.close();
    }
    signal.throwIfAborted();
  }

  #see(candidate: ClusterCandidate, report: CandidateReport): void {
    if (report.is === 'heartbeat') {
      this.#beats.push(hostMs());
      this.#beats.splice(0, this.#beats.length - MOST_BEATS);
    }
    if (report.is === 'elected') {
      this.#office = { leader: candidate, term: report.term, since: report.at, over: false };
    }
    if (report.is === 'lost' && this.#office?.term === report.term) this.#office.over = true;
    const sentence = this.#eventLog.describe(candidate, report);
    if (sentence !== undefined) this.#note(sentence);
  }

  #note(text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#events.push({ time, text });
    this.#events.splice(0, this.#events.length - MOST_EVENTS);
  }

  #toLeader(what: string, act: (leader: ClusterCandidate) => void): void {
    const { leader } = this.cluster;
    if (leader === undefined) {
      this.#note(`there is no leader to ${what} at the moment`);
      return;
    }
    const signal =
      {
        kill: 'SIGKILL to',
        pause: 'SIGSTOP to',
        terminate: 'SIGTERM to',
        'cut off': 'the connection to the table is cut for',
      }[what] ?? 'the end of office for';
    this.#note(`${signal} ${leader.id}, leader of term ${leader.term}`);
    act(leader);
  }

  #resume(): void {
    const paused = this.cluster.alive.filter((candidate) => candidate.isPaused);
    if (paused.length === 0) this.#note('nobody is paused');
    for (const candidate of paused) {
      this.#note(
        `SIGCONT to ${candidate.id}${candidate.prepared > 0 ? ', which sends the writes that it had prepared' : ''}`,
      );
      this.cluster.resume(candidate);
    }
  }

  #cutOff(): void {
    if (this.cluster.canCutOff) this.#toLeader('cut off', (leader) => void this.#do(this.cluster.cutOff(leader)));
    else this.#note('nobody can be cut off here: the way to the engine is encrypted');
  }

  #join(): void {
    const cutOff = this.cluster.alive.filter((candidate) => candidate.isCutOff);
    if (cutOff.length === 0) this.#note('nobody is cut off');
    for (const candidate of cutOff) {
      this.#note(`${candidate.id} is joined again`);
      this.cluster.rejoin(candidate);
    }
  }

  #add(): void {
    const isFull = this.cluster.alive.length >= MOST_ALIVE;
    this.#note(isFull ? `${MOST_ALIVE} candidates are enough for one machine` : `${this.cluster.add().id} starts`);
  }

  /** A failure is noted, and the view goes on. */
  async #do(action: Promise<void>): Promise<void> {
    await action.catch((error: Error) => this.#note(error.message));
  }

  #draw(): void {
    this.#screen.show(layOut(this.#state(), this.#screen.traits));
  }

  #state(): LiveViewState {
    const { cluster, options } = this;
    const now = hostMs();
    const office = this.#office;
    // Of those that have ended, only the last are shown.
    const gone = cluster.candidates.filter((candidate) => !candidate.isAlive).slice(-3);
    return {
      title: options.title,
      timings: cluster.options.timings,
      ...(office && {
        office: { leader: office.leader.id, term: office.term, forMs: now - office.since, gone: fate(office) },
      }),
      leftMs: office === undefined || office.over ? 0 : Math.max(0, office.leader.leaseEndsAt - now),
      heartbeatAges: this.#beats.map((at) => now - at),
      candidates: cluster.candidates
        .filter((candidate) => candidate.isAlive || gone.includes(candidate))
        .map(({ id, status, pid, priority, requests }) => ({ id, status, pid, priority, ...requests })),
      events: this.#events,
      broken: cluster.invariants.violations,
    };
  }
}

function fate({ leader, over }: { leader: ClusterCandidate; over: boolean }): 'paused' | 'dead' | 'over' | undefined {
  if (!leader.isAlive) return 'dead';
  if (leader.isPaused) return 'paused';
  return over ? 'over' : undefined;
}

function howEnded({ process: { exit } }: ClusterCandidate): string {
  return exit?.signal ?? `exit code ${exit?.code}`;
}
