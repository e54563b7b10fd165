/** The live view: the cluster on a terminal, and keys that do things to it. */
import { anySet } from '../lease/latch.js';
import { Chronicle } from './chronicle.js';
import type { Cluster } from './cluster.js';
import { frame, type Scene } from './frame.js';
import type { Member } from './member.js';
import { hostNow, type Report } from './reports.js';
import { Screen } from './screen.js';

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
  const live = new Live(options);
  await live.run();
}

class Live {
  readonly #chronicle = new Chronicle();
  readonly #events: { time: string; text: string }[] = [];
  /** When heartbeats landed, on the host's clock. */
  readonly #beats: number[] = [];
  /** Who was elected last, and when. */
  #office: { leader: Member; term: number; since: number; over: boolean } | undefined;
  readonly #quit = new AbortController();
  readonly #screen: Screen;
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
    this.#screen = new Screen(process.stdin, process.stdout, (key) => this.#keys[key.toLowerCase()]?.(), draw);
  }

  get cluster(): Cluster {
    return this.options.cluster;
  }

  async run(): Promise<void> {
    const { cluster, candidates, signal } = this.options;
    cluster.on('report', (member, report) => this.#see(member, report));
    cluster.on('ended', (member) => this.#note(`${member.id} has ended (${howEnded(member)})`));
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

  #see(member: Member, report: Report): void {
    if (report.is === 'heartbeat') {
      this.#beats.push(hostNow());
      this.#beats.splice(0, this.#beats.length - MOST_BEATS);
    }
    if (report.is === 'elected') {
      this.#office = { leader: member, term: report.term, since: report.at, over: false };
    }
    if (report.is === 'lost' && this.#office?.term === report.term) this.#office.over = true;
    const told = this.#chronicle.tell(member, report);
    if (told !== undefined) this.#note(told);
  }

  #note(text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#events.push({ time, text });
    this.#events.splice(0, this.#events.length - MOST_EVENTS);
  }

  #toLeader(what: string, act: (leader: Member) => void): void {
    const { leader } = this.cluster;
    if (leader === undefined) {
      this.#note(`nobody leads at the moment whom one could ${what}`);
      return;
    }
    const signal =
      {
        kill: 'SIGKILL to',
        pause: 'SIGSTOP to',
        terminate: 'SIGTERM to',
        'cut off': 'a cut line to the table for',
      }[what] ?? 'the end of office for';
    this.#note(`${signal} ${leader.id}, leader of term ${leader.term}`);
    act(leader);
  }

  #resume(): void {
    const paused = this.cluster.alive.filter((member) => member.paused);
    if (paused.length === 0) this.#note('nobody is paused');
    for (const member of paused) {
      this.#note(`SIGCONT to ${member.id}${member.prepared > 0 ? ', which sends the writes that it had ready' : ''}`);
      this.cluster.resume(member);
    }
  }

  #cutOff(): void {
    if (this.cluster.canCutOff) this.#toLeader('cut off', (leader) => void this.#do(this.cluster.cutOff(leader)));
    else this.#note('nobody can be cut off here: the way to the engine is encrypted');
  }

  #join(): void {
    const cutOff = this.cluster.alive.filter((member) => member.isCutOff);
    if (cutOff.length === 0) this.#note('nobody is cut off');
    for (const member of cutOff) {
      this.#note(`${member.id} is joined again`);
      this.cluster.join(member);
    }
  }

  #add(): void {
    const isFull = this.cluster.alive.length >= MOST_ALIVE;
    this.#note(isFull ? `${MOST_ALIVE} candidates are enough for one machine` : `${this.cluster.add().id} starts`);
  }

  /** What fails here is told, and the view goes on. */
  async #do(action: Promise<void>): Promise<void> {
    await action.catch((error: Error) => this.#note(error.message));
  }

  #draw(): void {
    this.#screen.show(frame(this.#scene(), this.#screen.canvas));
  }

  #scene(): Scene {
    const { cluster, options } = this;
    const now = hostNow();
    const office = this.#office;
    // Who left long ago makes room for who is there.
    const gone = cluster.members.filter((member) => !member.isAlive).slice(-3);
    return {
      title: options.title,
      timings: cluster.options.timings,
      ...(office && {
        office: { leader: office.leader.id, term: office.term, forMs: now - office.since, gone: fate(office) },
      }),
      leftMs: office === undefined || office.over ? 0 : Math.max(0, office.leader.leaseEndsAt - now),
      heartbeatAges: this.#beats.map((at) => now - at),
      candidates: cluster.members
        .filter((member) => member.isAlive || gone.includes(member))
        .map(({ id, status, pid, priority, requests }) => ({ id, status, pid, priority, ...requests })),
      events: this.#events,
      broken: cluster.invariants.violations,
    };
  }
}

function fate({ leader, over }: { leader: Member; over: boolean }): 'paused' | 'dead' | 'over' | undefined {
  if (!leader.isAlive) return 'dead';
  if (leader.paused) return 'paused';
  return over ? 'over' : undefined;
}

function howEnded({ ended }: Member): string {
  return ended?.signal ?? `exit code ${ended?.code}`;
}
