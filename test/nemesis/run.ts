/** One run of the nemesis against one build: so many processes, elections and seconds, a quiet end, and what was found. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostMs } from '../../lib/local/host-clock.js';
import { Acts } from './acts.js';
import { Checker, type Kind, type Violation } from './checker.js';
import type { Clocks } from './clocks.js';
import { EventLog } from './event-log.js';
import { Ledger } from './ledger.js';
import type { Peer, Report } from './messages.js';
import { Network } from './network.js';
import { type Runner, Slot } from './process-slot.js';
import { random } from './random.js';
import { schedule } from './schedule.js';
import { timingsOf } from './timings.js';

/** How many candidates an election has: more would only make more requests. */
const CANDIDATES = 3;
/** In one of so many elections the highest priority leads: there the office is handed over. */
const RANKED = 4;
const READY_LIMIT_MS = 90_000;
/** Far more than ten leases, for which a candidate that resigned again and again may hold off; and time for a busy machine. */
const LEADERS_LIMIT_LEASES = 40;
const LEADERS_LIMIT_MS = 180_000;
const SETTLED_LIMIT_MS = 30_000;
const HISTORY_EVERY_MS = 200;
const JOURNALS_EVERY_MS = 2_000;
const SHOWN = 8;

export interface Options {
  /** The bundled program of a process of candidates. */
  readonly program: string;
  /** The engine's. */
  readonly endpoint: string;
  readonly clocks: Clocks;
  readonly seed: number;
  readonly seconds: number;
  readonly processes: number;
  readonly elections: number;
  readonly leaseMs: number;
  /** Ends at the first violation, and has no quiet end: for a build that is known to be bad. */
  readonly untilViolated?: boolean;
  /** Whose candidates `program` runs, if not ours: what they do wrong ends nothing. */
  readonly peer?: Peer;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Called with the progress, now and then. */
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly broken: Record<Kind, number>;
  /** The first violations, with what surrounds them. */
  readonly shown: readonly { violation: Violation; around: readonly string[] }[];
  /** What else went wrong: a process that ended by itself, an election without a leader. */
  readonly failures: readonly string[];
  readonly counts: Checker['counts'];
  readonly changes: number;
  readonly requests: number;
  readonly writes: Record<'accepted' | 'refused' | 'unknown', number>;
  /** Terms begun, by how the one before ended. */
  readonly terms: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Processes of a peer that ended by themselves, and were started again. */
  readonly died: number;
  /** Errors that candidates reported, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** From the first fault on, until the first violation or the end of the faults. */
  readonly seconds: number;
  /** How long it took after the last fault until every election had a leader. */
  readonly recoveredMs: number | undefined;
}

/** Runs it, and leaves nothing behind. @throws what the signal aborted with */
export async function unleash(options: Options): Promise<Outcome> {
  const run = new Run(options);
  try {
    return await run.run();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #eventLog = new EventLog();
  readonly #shown: { violation: Violation; around: string[] }[] = [];
  readonly #failures: string[] = [];
  readonly #terms: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  #died = 0;
  readonly #writes = { accepted: 0, refused: 0, unknown: 0 };
  readonly #chance;
  readonly #elections: string[];
  readonly #stopped = new AbortController();
  readonly #checker = new Checker((violation) => {
    this.#violatedAt ??= hostMs();
    const around = this.#eventLog.around(violation.election);
    if (this.#shown.length < SHOWN) this.#shown.push({ violation, around });
    if (this.options.untilViolated) this.#stopped.abort();
  });
  #violatedAt: number | undefined;
  #slots: Slot[] = [];
  #network: Network | undefined;
  #ledger: Ledger | undefined;
  #reading: Promise<void> | undefined;

  constructor(private readonly options: Options) {
    this.#chance = random(options.seed + 2);
    this.#elections = Array.from({ length: options.elections }, (_, n) => `office-${n + 1}`);
    options.signal.addEventListener('abort', () => this.#stopped.abort(), { once: true });
  }

  async run(): Promise<Outcome> {
    const { signal, clocks, untilViolated } = this.options;
    signal.throwIfAborted();
    await this.#open();
    const acts = new Acts({
      slots: this.#slots,
      elections: this.#elections,
      network: this.#network!,
      ledger: this.#ledger!,
      clocks,
      eventLog: this.#eventLog,
      chance: this.#chance,
      leaseMs: this.options.leaseMs,
    });
    const reading = new AbortController();
    this.#reading = this.#read(reading.signal).catch((error: Error) => {
      this.#failures.push(`The tables could not be read: ${error.message}`);
    });
    await this.#awaitLeaders('the start');
    const began = hostMs();
    this.#network!.calm(false);
    await this.#playOut(acts, began);
    signal.throwIfAborted();
    const endedAt = (untilViolated && this.#violatedAt) || hostMs();
    await acts.calm();
    this.#network!.calm(true);
    const recoveredMs = untilViolated ? undefined : await this.#awaitLeaders('the last fault');
    signal.throwIfAborted();
    reading.abort();
    await this.#reading;
    if (!untilViolated) await this.#judgeTheEnd();
    if (!clocks.wereTrue) this.#failures.push('The host was suspended meanwhile: times cannot be compared. Run again.');
    return {
      broken: this.#checker.broken,
      shown: this.#shown,
      failures: this.#failures,
      counts: { ...this.#checker.counts, journal: this.#ledger!.entries },
      changes: this.#checker.history.changes,
      requests: this.#network!.requests,
      writes: this.#writes,
      terms: this.#terms,
      faults: { ...acts.done, ...this.#network!.struck },
      died: this.#died,
      errors: this.#errors,
      seconds: Math.max(0, endedAt - began) / 1000,
      recoveredMs,
    };
  }

  /** Kills what is left, and frees what is held; may be called in any state. */
  async end(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#slots.map((slot) => slot.end()));
    await this.#reading;
    await this.#network?.close();
    await this.#ledger?.close();
  }

  async #open(): Promise<void> {
    const { endpoint, processes, seed, clocks, program, signal, leaseMs, peer } = this.options;
    this.#ledger = await Ledger.open(endpoint, this.#elections);
    this.#network = await Network.open(endpoint, processes, leaseMs, random(seed + 3));
    const { tableName } = this.#ledger;
    for (let slot = 0; slot < processes; slot += 1) {
      const elections = this.#elections.filter((_, n) => standsFor(slot, n, processes));
      this.#slots.push(
        new Slot({
          program,
          endpoint: this.#network.endpoint(slot),
          task: {
            id: `p${slot + 1}`,
            elections,
            ranked: this.#elections.filter((_, n) => n % RANKED === 0),
            priority: slot,
            tableName,
            timings: timingsOf(leaseMs),
            seed: seed + 100 * slot,
            ...(peer && { peer }),
          },
          fake: await clocks.fake(slot, this.#chance, peer === undefined),
          onReport: (runner, report) => this.#see(runner, report),
          onUnexpectedExit: (runner, sentence) => this.#ended(runner, sentence),
          onFailure: (sentence) => this.#failures.push(sentence),
        }),
      );
    }
    const late = sleep(READY_LIMIT_MS, 'late', { ref: false, signal }).catch(() => 'aborted');
    const ready = await Promise.race([Promise.all(this.#slots.map(({ runner }) => runner.ready)), late]);
    if (ready === 'late') throw new Error(`The processes were not ready within ${READY_LIMIT_MS / 1000} s.`);
  }

  async #playOut(acts: Acts, began: number): Promise<void> {
    const { seed, seconds, processes, elections, clocks, leaseMs } = this.options;
    const skewed = this.#slots.flatMap((_, slot) => (clocks.of(slot).kind === 'skew' ? [slot] : []));
    for (const act of schedule({ seed, seconds, processes, elections, leaseMs, skewed })) {
      await this.#pause(began + act.atMs - hostMs());
      if (this.#stopped.signal.aborted) return;
      acts.begin(act);
    }
    await this.#pause(began + seconds * 1000 - hostMs());
  }

  /** Reads what came to stand in the tables, for as long as the run goes on. */
  async #read(until: AbortSignal): Promise<void> {
    let journalsAt = hostMs() + JOURNALS_EVERY_MS;
    let saidAt = hostMs();
    while (!until.aborted && !this.#stopped.signal.aborted) {
      await this.#ledger!.readHistory(this.#checker, this.#eventLog);
      if (hostMs() >= journalsAt) {
        await this.#ledger!.readJournals(this.#checker);
        journalsAt = hostMs() + JOURNALS_EVERY_MS;
      }
      if (hostMs() - saidAt > 10_000) {
        saidAt = hostMs();
        const { counts, violations } = this.#checker;
        this.options.say?.(`${counts.elected} terms, ${counts.claims} claims, ${violations} violations`);
      }
      await this.#pause(HISTORY_EVERY_MS);
    }
  }

  /** L1 and L5: without faults every election gets a leader, whatever was done to it before. @returns how long it took */
  async #awaitLeaders(since: string): Promise<number | undefined> {
    const began = hostMs();
    const limitMs = Math.max(LEADERS_LIMIT_MS, LEADERS_LIMIT_LEASES * this.options.leaseMs);
    const without = () => this.#elections.filter((name) => (this.#checker.ledUntil(name) ?? 0) <= began);
    while (without().length > 0 && !this.#stopped.signal.aborted) {
      if (hostMs() - began > limitMs) {
        const names = without();
        this.#failures.push(
          `L1: ${limitMs / 1000} s after ${since}, nobody leads ${names.join(', ')}. ` +
            `Around ${names[0]}:\n${this.#eventLog.around(names[0]!).join('\n')}`,
        );
        return undefined;
      }
      await this.#pause(20);
    }
    return hostMs() - began;
  }

  /** All close; what was held has landed; then the tables are read for the last time. */
  async #judgeTheEnd(): Promise<void> {
    await Promise.all(this.#slots.map(({ runner }) => runner.end('SIGTERM')));
    const late = sleep(SETTLED_LIMIT_MS, 'late', { ref: false });
    if ((await Promise.race([this.#network!.settled(), late])) === 'late') {
      this.#failures.push(`Requests were still held ${SETTLED_LIMIT_MS / 1000} s after the last fault.`);
    }
    await this.#ledger!.readHistory(this.#checker, this.#eventLog);
    await this.#ledger!.readJournals(this.#checker);
    if (this.options.peer === undefined) this.#checker.finish();
  }

  /** Tenure's own must not; of a peer it is counted, and another is started, as a supervisor would do. */
  #ended(runner: Runner, sentence: string): void {
    if (this.options.peer === undefined) {
      this.#failures.push(sentence);
      return;
    }
    this.#died += 1;
    this.#eventLog.note(`${runner.name} ended by itself`);
    if (runner === runner.slot.runner && !this.#stopped.signal.aborted) runner.slot.startAnother();
  }

  #see(runner: Runner, report: Report): void {
    const name = runner.name;
    if (report.is === 'elected') {
      const how = report.term === 1 ? 'first' : (report.reason ?? 'unknown');
      this.#terms[how] = (this.#terms[how] ?? 0) + 1;
      this.#eventLog.note(`${name}: elected in term ${report.term}`, report.election, report.at.least);
    } else if (report.is === 'lost') {
      const { term, reason, election, at } = report;
      this.#eventLog.note(`${name}: lost term ${term} (${reason})`, election, at.least);
    } else if (report.is === 'wrote') {
      this.#writes[report.outcome] += 1;
      if (report.outcome === 'accepted') this.#ledger!.accept(report.election, report.by, report.term);
    } else if (report.is === 'error') this.#errors[report.code] = (this.#errors[report.code] ?? 0) + 1;
    this.#checker.see(name, report);
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}

/** Spread so that no two processes stand for the same elections only. */
function standsFor(slot: number, election: number, processes: number): boolean {
  const step = 1 + (Math.floor(election / processes) % Math.max(1, Math.floor((processes - 1) / (CANDIDATES - 1))));
  return Array.from({ length: CANDIDATES }, (_, n) => (election + n * step) % processes).includes(slot);
}
