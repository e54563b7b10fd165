/**
 * The narrated tour: real processes elect a leader, lose it by SIGKILL, by a pause, and by an orderly end, and the next
 * one takes over each time. Each step waits for what it describes; one that does not happen fails the tour.
 */
import type { Election, Office } from '../index.js';
import { exactMs } from '../names/durations.js';
import type { CandidateReport } from './candidate-messages.js';
import { type Cluster, PATIENCE_MS } from './cluster.js';
import type { ClusterCandidate } from './cluster-candidate.js';
import { EventLog, refusalText } from './event-log.js';
import { ALLOWANCE_MS, failoverBoundMs } from './invariants.js';
import { type Findings, tourSummary } from './tour-summary.js';

/** Heartbeats before requests are counted: the standbys find the rhythm meanwhile. */
const BEATS_TO_SETTLE = 4;
const BEATS_COUNTED = 8;
/** S12 promises 1.2 at rest; so few heartbeats, counted from outside, cannot be judged more finely than this. */
const MOST_READS_PER_HEARTBEAT = 2;
const BEATS_SHOWN = 3;
const MOST_UNPLANNED = 3;

export interface TourOptions {
  readonly cluster: Cluster;
  /** Reads the record, and never campaigns. */
  readonly onlooker: Pick<Election, 'leader'>;
  readonly candidates: number;
  /** Shows a line with its time. */
  readonly say: (line: string) => void;
  /** Shows a title or a table as it is. */
  readonly print: (line: string) => void;
}

export class GuidedTour {
  readonly #eventLog = new EventLog();
  readonly #findings: Findings = { failovers: [], handOverMs: Number.NaN, quiet: undefined };
  #beatsToShow = 0;
  readonly #patienceMs: number;

  constructor(private readonly options: TourOptions) {
    const { cluster } = options;
    cluster.on('report', (candidate, report) => this.#report(candidate, report));
    this.#patienceMs = failoverBoundMs(cluster.options.timings) + ALLOWANCE_MS + PATIENCE_MS;
  }

  /** @throws Error that says in a sentence what went wrong */
  async run(): Promise<void> {
    await this.#elect();
    await this.#rest();
    await this.#kill();
    await this.#pause();
    await this.#handOver();
    const { cluster } = this.options;
    await cluster.when('nothing', () => true);
    this.#title('What was measured');
    for (const line of tourSummary(this.#findings, cluster)) this.options.print(line);
  }

  async #elect(): Promise<void> {
    const { cluster, onlooker, candidates: count, say } = this.options;
    this.#title(`1. An election: ${count} candidates, each a process of its own, stand for one office`);
    const candidates = Array.from({ length: count }, () => cluster.add());
    say(`started ${candidates.map((candidate) => `${candidate.id} (process ${candidate.pid})`).join(', ')}`);
    this.#beatsToShow = BEATS_SHOWN;
    const leader = await this.#steady();
    const office = await onlooker.leader();
    say(
      `the record, as anyone may read it: ${office.holder} leads term ${office.term} and proclaims ` +
        `${JSON.stringify(office.value)}; its lease is ${exactMs(office.leaseMs ?? 0)}, a heartbeat is due every ${exactMs(office.renewMs ?? 0)}`,
    );
    await cluster.when(`heartbeats of ${leader.id}`, () => this.#beatsToShow === 0 || !leader.isLeading);
  }

  /** A quiet stretch, in which requests are counted. */
  async #rest(): Promise<void> {
    const { cluster, say } = this.options;
    say(`a quiet stretch: ${BEATS_COUNTED} heartbeats in which nothing happens, and requests are counted`);
    for (let tries = 1; tries <= MOST_UNPLANNED; tries += 1) {
      const leader = await this.#steady(BEATS_TO_SETTLE);
      const standbys = cluster.alive.filter((candidate) => candidate !== leader);
      const count = () => ({
        beats: leader.heartbeats,
        writes: leader.requests.writes,
        reads: standbys.reduce((sum, candidate) => sum + candidate.requests.reads, 0),
      });
      const from = count();
      const patience = this.#patienceMs + BEATS_COUNTED * cluster.options.timings.renewMs;
      const done = () => leader.heartbeats >= from.beats + BEATS_COUNTED;
      await cluster.when(`${BEATS_COUNTED} heartbeats`, () => done() || !leader.isLeading, patience);
      if (!leader.isLeading) continue; // reported already: the machine is busy, and the leader lost its lease
      const to = count();
      const heartbeats = to.beats - from.beats;
      const [reads, writes] = [to.reads - from.reads, to.writes - from.writes];
      this.#findings.quiet = { heartbeats, standbys: standbys.length, reads, writes };
      const each = reads / heartbeats / standbys.length;
      say(`${heartbeats} heartbeats: ${writes} writes by the leader, ${reads} reads by ${standbys.length} standbys`);
      if (each <= MOST_READS_PER_HEARTBEAT) return;
      throw new Error(`S12: ${each.toFixed(2)} reads per heartbeat and standby at rest, and at most 1.2 are promised.`);
    }
    throw new Error(
      `The leader changed ${MOST_UNPLANNED} times while nothing was done to it: is this machine very busy?`,
    );
  }

  async #kill(): Promise<void> {
    const { cluster, say } = this.options;
    this.#title('2. SIGKILL: the leader is gone without a word, and its lease has to run out');
    const victim = await this.#steady();
    await cluster.kill(victim);
    say(`${victim.id} (process ${victim.pid}), leader of term ${victim.term}, is killed`);
    await this.#failover(`SIGKILL of ${victim.id}`, victim);
    const newcomer = cluster.add();
    await cluster.when(`${newcomer.id} to stand`, () => newcomer.state === 'standby' || newcomer.isLeading);
    say(`a new candidate, ${newcomer.id} (process ${newcomer.pid}), joins the line as a standby`);
  }

  async #pause(): Promise<void> {
    const { cluster, say } = this.options;
    this.#title('3. SIGSTOP: the leader stands still with a write ready, and wakes up deposed');
    const victim = await this.#steady();
    await cluster.pause(victim);
    const { term } = victim;
    say(`${victim.id}, leader of term ${term}, has two fenced writes ready, and is stopped before it can send them`);
    const next = await this.#failover(`SIGSTOP of ${victim.id}`, victim);
    // A stamp protects an item from the moment the new leader has touched it.
    await cluster.when(`the first fenced write of ${next.id}`, () => next.wroteIn > term, this.#patienceMs);
    say(
      `${next.id} has written under term ${next.term}; ${victim.id} is continued (SIGCONT), and sends what it had ready`,
    );
    cluster.resume(victim);
    await cluster.when(`${victim.id} to find itself deposed`, () => victim.lost?.term === term, this.#patienceMs);
    for (const by of ['stamp', 'check'] as const) {
      const refusal = await cluster.when(
        `the refusal of ${victim.id}'s late write (${by})`,
        () => {
          if (!victim.lateAccepted.includes(term)) return victim.refusals.find((r) => r.by === by && r.term === term);
          throw new Error(
            `S5: a write of ${victim.id} that was checked against the fence of term ${term} was accepted late.`,
          );
        },
        this.#patienceMs,
      );
      if ((refusal.found ?? 0) > term) continue;
      throw new Error(`${victim.id}'s late write was refused, but not by a later term: ${refusalText(refusal)}.`);
    }
    await cluster.when(
      `${victim.id} to follow`,
      () => victim.state === 'standby' || victim.isLeading,
      this.#patienceMs,
    );
    say(`neither late write did any harm, and ${victim.id} is back in the line as a standby`);
  }

  async #handOver(): Promise<void> {
    const { cluster, say } = this.options;
    this.#title('4. SIGTERM: the leader closes in the place of its next heartbeat, where the standbys look');
    const victim = await this.#steady(2);
    const { term } = victim;
    say(`${victim.id}, leader of term ${term}, is asked to end`);
    void cluster.stop(victim);
    const next = await this.#next(term);
    await cluster.when(`${victim.id} to end`, () => !victim.isAlive, this.#patienceMs);
    say(`${victim.id} has ended with exit code ${victim.process.exit?.code}`);
    const vacated = this.#eventLog.vacatedAt(term);
    const acquired = this.#eventLog.acquiredAt(next.term);
    if (vacated === undefined || acquired === undefined) {
      throw new Error(
        `${victim.id} ended, but did not give its office back: ${next.id} had to wait for its lease to end.`,
      );
    }
    const took = acquired - vacated;
    this.#findings.handOverMs = took;
    const most = cluster.options.timings.renewMs + ALLOWANCE_MS;
    if (took > most)
      throw new Error(`L2: nobody led for ${exactMs(took)} after a timed close; at most ${exactMs(most)} are allowed.`);
  }

  /** Measures from the record: when its last heartbeat was sent, and when the next leader took it. */
  async #failover(what: string, victim: ClusterCandidate): Promise<ClusterCandidate> {
    const { cluster, onlooker, say } = this.options;
    const last: Office = await onlooker.leader();
    if (last.holder !== victim.id) {
      throw new Error(`The office changed hands at the very moment of the ${what}: run the tour again.`);
    }
    say(`the record still names ${last.holder}; its last heartbeat was sent ${exactMs(last.ageMs ?? 0)} ago`);
    const next = await this.#next(last.term);
    const acquired = await cluster.when(`the record of term ${next.term}`, () => this.#eventLog.acquiredAt(next.term));
    const tookMs = acquired - (last.renewedAt ?? Number.NaN);
    this.#findings.failovers.push({ what, tookMs });
    cluster.invariants.failover(what, tookMs);
    await cluster.when('the bound to be kept', () => true);
    return next;
  }

  #next(term: number): Promise<ClusterCandidate> {
    const { cluster } = this.options;
    const later = () => (cluster.leader && cluster.leader.term > term ? cluster.leader : undefined);
    return cluster.when(`a leader after term ${term}`, later, this.#patienceMs);
  }

  /** A leader that has landed heartbeats, with everybody else in the line. */
  #steady(beats = 1): Promise<ClusterCandidate> {
    const { cluster } = this.options;
    const settled = () => {
      const { leader } = cluster;
      const others = cluster.alive.filter((candidate) => candidate !== leader);
      const landed = leader?.heartbeat?.term === leader?.term ? (leader?.heartbeat?.beat ?? 0) : 0;
      return landed >= beats && others.every((candidate) => candidate.state === 'standby') ? leader : undefined;
    };
    const { renewMs } = cluster.options.timings;
    return cluster.when('a leader with standbys', settled, this.#patienceMs + (beats + 1) * renewMs);
  }

  #report(candidate: ClusterCandidate, report: CandidateReport): void {
    const { say } = this.options;
    const sentence = this.#eventLog.describe(candidate, report);
    if (sentence !== undefined) say(sentence);
    if (report.is !== 'heartbeat' || this.#beatsToShow === 0) return;
    this.#beatsToShow -= 1;
    say(
      `heartbeat ${report.beat} of ${candidate.id} landed in ${exactMs(report.latencyMs)}, when ${exactMs(report.leftMs)} of its lease were left`,
    );
  }

  #title(text: string): void {
    this.options.print(`\n${text}`);
  }
}
