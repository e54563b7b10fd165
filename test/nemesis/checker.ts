/**
 * What must hold whatever the nemesis does (protocol, section 9), judged by the times and numbers that reports carry, for
 * they come late and in any order: a stopped process reports its claims when it is continued. Only what is proved by
 * them counts: a busy machine makes the times wider, and never a violation.
 */
import type { FencedBy } from '../../lib/local/candidate-messages.js';
import { History } from './history.js';
import type { Report } from './messages.js';

/** The process that passed assertHeld() in one term: at an instant before `from`, and at one after `to`. */
interface Held {
  readonly process: string;
  readonly term: number;
  from: number;
  to: number;
}

/** What is known of one term: when its work had begun for sure, and when the last accepted write under `check()` was sent. */
interface TermTimes {
  begunBy: number;
  sentAt: number;
}

export type Kind = 'overlap' | 'stale' | 'record' | 'order' | 'revived';

export interface Violation {
  readonly kind: Kind;
  readonly election: string;
  /** The rule, and what was seen. */
  readonly sentence: string;
}

/** Terms further back are not compared with new claims: claims come late by some leases at most, and terms are longer. */
const COMPARED = 40;

type ReportOf<Is extends Report['is']> = Extract<Report, { is: Is }>;

export class Checker {
  readonly broken: Record<Kind, number> = { overlap: 0, stale: 0, record: 0, order: 0, revived: 0 };
  readonly counts = { claims: 0, elected: 0, lost: 0, journal: 0 };
  /** The records and fences, as the table's own stream shows them. */
  readonly history = new History((election, sentence) => this.#breach('record', election, sentence));
  readonly #held = new Map<string, Held[]>();
  readonly #times = new Map<string, Map<number, TermTimes>>();
  readonly #electedBy = new Map<string, { election: string; term: number; process: string }>();
  readonly #leading = new Map<string, number>();
  readonly #found = new Set<string>();

  /** @param breached is called with each violation, once */
  constructor(private readonly breached: (violation: Violation) => void = () => {}) {}

  get violations(): number {
    return Object.values(this.broken).reduce((sum, count) => sum + count, 0);
  }

  /** @param process a process: the id of its candidates, a slash, and which process of that id it is */
  see(process: string, report: Report): void {
    if (report.is === 'held') this.#claim(process, report);
    else if (report.is === 'elected') this.#elect(process, report);
    else if (report.is === 'lost') this.#lose(process, report);
    else if (report.is === 'wrote') this.#write(report);
    else if (report.is === 'revived') {
      const { election, term } = report;
      this.#breach('revived', election, `S9, S10: assertHeld() of ${process} passed after the end of term ${term}`);
    }
  }

  /** The last instant at which a leader is known; undefined if there never was one. */
  ledUntil(election: string): number | undefined {
    const all = this.#held.get(election);
    return all && Math.max(...all.map(({ to }) => to));
  }

  /**
   * S5 and S6: in the order in which the table accepted them, terms never fall.
   * @param accepted how many writes of each term were reported as accepted, before the list was read: each must be there
   */
  readJournal(election: string, by: FencedBy, terms: readonly number[], accepted: ReadonlyMap<number, number>): void {
    const rule = by === 'check' ? 'S5' : 'S6';
    terms.forEach((term, at) => {
      const before = terms[at - 1] ?? 0;
      if (before <= term) return;
      const what = `a write of term ${term} was accepted after one of term ${before}`;
      this.#breach('stale', election, `${rule}: ${what} (by ${by}(), entry ${at} of the journal)`);
    });
    for (const [term, count] of accepted) {
      const there = terms.filter((each) => each === term).length;
      if (there >= count) continue;
      const what = `${count} writes of term ${term} were accepted by ${by}(), and ${there} are there`;
      this.#breach('stale', election, `${rule}: ${what}`);
    }
  }

  /** Asked once, after the whole history and the last reports are known. S2: the leader of a term was its holder. */
  finish(): void {
    for (const { election, term, process } of this.#electedBy.values()) {
      const holder = this.history.holderOf(election, term);
      if (process.startsWith(`${holder}/`)) continue;
      this.#breach('record', election, `S2: ${process} led term ${term}, whose holder was ${holder ?? 'nobody'}`);
    }
  }

  /** S1. What held at two instants held between them: a term that has ended never begins again (S9). */
  #claim(process: string, { election, term, from, to }: ReportOf<'held'>): void {
    this.counts.claims += 1;
    const all = this.#held.get(election) ?? [];
    this.#held.set(election, all);
    let mine = all.find((held) => held.term === term && held.process === process);
    if (mine === undefined) {
      mine = { process, term, from, to };
      all.push(mine);
      if (all.length > COMPARED) all.shift();
    }
    mine.from = Math.min(mine.from, from);
    mine.to = Math.max(mine.to, to);
    for (const other of all) {
      if (other === mine) continue;
      const [older, newer] = other.term < mine.term ? [other, mine] : [mine, other];
      // Both at once, or the later term first: either way the older one held when the newer one did or had.
      const by = older.to - newer.from;
      if (by <= 0) continue;
      const sentence = `S1: ${older.process} led term ${older.term} after ${newer.process} had led term ${newer.term}`;
      this.#breach('overlap', election, sentence, `, by ${by.toFixed(1)} ms at least`);
    }
  }

  /** The first half of S9; and a term is led by one (S3). */
  #elect(process: string, { election, term, at }: ReportOf<'elected'>): void {
    this.counts.elected += 1;
    const first = this.#electedBy.get(`${election} ${term}`);
    if (first !== undefined) {
      this.#breach('record', election, `S3: term ${term} was reported elected by ${first.process}, and by ${process}`);
    }
    this.#electedBy.set(`${election} ${term}`, { election, term, process });
    const place = `${election} ${process}`;
    const open = this.#leading.get(place);
    if (open !== undefined) {
      this.#breach(
        'order',
        election,
        `S9: ${process} was elected in term ${term} before its term ${open} was reported lost`,
      );
    }
    this.#leading.set(place, term);
    const times = this.#timesOf(election, term);
    times.begunBy = Math.min(times.begunBy, at.most);
    this.#judgeTimes(election);
  }

  /** The other half of S9. */
  #lose(process: string, { election, term }: ReportOf<'lost'>): void {
    this.counts.lost += 1;
    const place = `${election} ${process}`;
    if (this.#leading.get(place) !== term) {
      this.#breach('order', election, `S9: ${process} reported term ${term} lost, which it did not lead`);
    }
    this.#leading.delete(place);
  }

  #write({ election, term, by, outcome, sentAt }: ReportOf<'wrote'>): void {
    if (by !== 'check' || outcome !== 'accepted') return;
    const times = this.#timesOf(election, term);
    times.sentAt = Math.max(times.sentAt, sentAt.least);
    this.#judgeTimes(election);
  }

  /** S5, by the clock: what was sent after the work of a later term had begun cannot have been accepted. */
  #judgeTimes(election: string): void {
    const terms = [...this.#times.get(election)!].sort(([a], [b]) => a - b);
    terms.forEach(([term, { sentAt }], at) => {
      for (const [later, { begunBy }] of terms.slice(at + 1)) {
        if (sentAt <= begunBy) continue;
        const what = `a write of term ${term} was sent after the work of term ${later} had begun, and accepted`;
        this.#breach('stale', election, `S5: ${what}`, `: ${(sentAt - begunBy).toFixed(1)} ms`);
      }
    });
  }

  #timesOf(election: string, term: number): TermTimes {
    const terms = this.#times.get(election) ?? new Map<number, TermTimes>();
    this.#times.set(election, terms);
    const times = terms.get(term) ?? { begunBy: Number.POSITIVE_INFINITY, sentAt: Number.NEGATIVE_INFINITY };
    terms.set(term, times);
    if (terms.size > COMPARED) terms.delete(Math.min(...terms.keys()));
    return times;
  }

  /** Counts each breach once, however often later reports show it again, with another measure of it perhaps. */
  #breach(kind: Kind, election: string, sentence: string, measure = ''): void {
    const once = `${election} ${sentence}`;
    if (this.#found.has(once)) return;
    this.#found.add(once);
    this.broken[kind] += 1;
    this.breached({ kind, election, sentence: `${sentence}${measure}.` });
  }
}
