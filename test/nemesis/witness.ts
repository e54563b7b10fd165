/**
 * What a process of candidates says of itself: it asks again and again whether it still leads, notes the answers on the
 * host's clock, and reports them to the nemesis. It goes on asking after the end of a term: that must never pass again.
 */
import type { SupervisorChannel } from '../../lib/local/supervisor-channel.js';
import type { Between, Order, Report } from './messages.js';

const ASK_EVERY_MS = 8;
const REPORT_EVERY_MS = 40;

/** A term of this process, present or past. */
interface Term {
  readonly election: string;
  readonly term: number;
  readonly isHeld: () => boolean;
  /** Instants that are claimed and not reported yet. */
  claim: { from: number; to: number } | undefined;
  over: boolean;
}

export class Witness {
  /** By election: the present term, and the last one. */
  readonly #terms = new Map<string, Term[]>();
  readonly #ticking: readonly NodeJS.Timeout[];
  #unsaid: Report[] = [];

  constructor(
    private readonly now: () => Between,
    private readonly channel: SupervisorChannel<readonly Report[], Order>,
  ) {
    this.#ticking = [setInterval(() => this.ask(), ASK_EVERY_MS), setInterval(() => this.#say(), REPORT_EVERY_MS)];
    this.report({ is: 'ready', at: now() });
    this.#say();
  }

  report(report: Report): void {
    this.#unsaid.push(report);
  }

  /** A term begins; `isHeld` is asked from here on, beyond its end. */
  begin(election: string, term: number, isHeld: () => boolean): void {
    const last = this.#terms.get(election)?.slice(-1) ?? [];
    this.#terms.set(election, [...last, { election, term, isHeld, claim: undefined, over: false }]);
  }

  /** From here on the term may never pass again. */
  end(election: string, term: number): void {
    for (const each of this.#terms.get(election) ?? []) if (each.term === term) each.over = true;
  }

  /**
   * The time is read before and after the asking, and of each claim the end that claims less is reported: so a pause at any
   * place lengthens none.
   */
  ask(): void {
    const asked = [...this.#terms.values()].flat();
    if (asked.length === 0) return;
    const { least: before } = this.now();
    const held = asked.filter(({ isHeld }) => isHeld());
    const { most: after } = this.now();
    for (const each of held) {
      if (each.over) this.report({ is: 'revived', election: each.election, term: each.term });
      each.claim = { from: Math.min(each.claim?.from ?? after, after), to: Math.max(each.claim?.to ?? before, before) };
    }
    for (const each of asked) if (!held.includes(each)) each.over = true;
  }

  /** Asks and reports for the last time. */
  close(): void {
    for (const timer of this.#ticking) clearInterval(timer);
    this.ask();
    this.#say();
  }

  #say(): void {
    for (const each of [...this.#terms.values()].flat()) {
      const { election, term, claim } = each;
      if (claim !== undefined) this.report({ is: 'held', election, term, ...claim });
      each.claim = undefined;
    }
    const saying = this.#unsaid;
    this.#unsaid = [];
    if (saying.length > 0) this.channel.report(saying);
  }
}

/** Blocks the event loop as a busy loop does, without taking a core from the other processes. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
