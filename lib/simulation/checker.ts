/**
 * Asks, after every event, whether the invariants of docs/protocol.md still hold. It knows real time, sees the table
 * itself, and asks each leadership as its own work would.
 */
import type { Leadership } from '../election/candidate/leadership.js';
import { isTenureError } from '../lease/errors.js';
import { compareVersions, type FenceRecord, type LeaseRecord } from '../lease/record.js';
import { Clones } from './clones.js';
import type { Log } from './event-log.js';
import { Failovers } from './failovers.js';
import { REWINDS } from './faults.js';
import type { Machine } from './machine.js';
import type { ObservedLeadership } from './observed-leadership.js';
import { Rewinds } from './rewinds.js';
import { hasOnly, type Settings } from './settings.js';
import { raisedTo, type Table } from './table.js';
import type { World } from './world.js';

/** A process as the checker follows it: `elected` and `lost` alternate (S9), observed terms fall only if that is reported (S8). */
export interface CandidateHistory {
  readonly id: string;
  lead: 'elected' | 'lost' | undefined;
  observed: { term: number; beat: number };
  /** It has reported that the table went back, and not yet observed it. */
  rewindReported: boolean;
}

interface Loss {
  readonly term: number;
  readonly id: string;
  readonly reason: string;
}

const MOST_KEPT = 5;

export class Checker {
  readonly violations: string[] = [];
  elections = 0;
  relays = 0;
  /** The highest term whose work has begun. */
  begunTerm = 0;
  #newest: LeaseRecord | undefined;
  readonly #attempts = new Map<number, string>();
  readonly #revoked = new Map<number, string>();
  readonly failovers: Failovers;
  /** How the table went back, and what that excuses. */
  readonly rewinds: Rewinds;
  #led: ObservedLeadership[] = [];
  /** Which processes were copied, and what that excuses. */
  readonly clones: Clones;

  constructor(
    private readonly world: World,
    private readonly settings: Pick<Settings, 'leaseMs' | 'drift' | 'faults' | 'functions'>,
    private readonly log: Log,
  ) {
    this.failovers = new Failovers(log);
    this.clones = new Clones(world, settings.drift);
    this.rewinds = new Rewinds(world, settings.leaseMs * (settings.faults['mixed leases'] > 0 ? 2 : 1));
  }

  wrong(what: string): void {
    if (this.violations.length < MOST_KEPT) this.violations.push(`at ${this.world.now.toFixed(1)} ms: ${what}`);
    this.log('violation', () => `VIOLATION ${what}`);
  }

  /** Every write that the table has applied. */
  changed(was: LeaseRecord | undefined, is: LeaseRecord): void {
    if (was !== undefined && is.challenger === was.challenger && compareVersions(is, was) <= 0) {
      this.wrong(`S3/S7: version ${was.term}.${was.beat} was followed by ${is.term}.${is.beat}`);
    }
    if (this.#newest !== undefined && compareVersions(is, this.#newest) < 0) this.wrong('S4: an old version came back');
    if (was === undefined && this.#newest !== undefined) this.wrong('S4: the record had disappeared');
    if (was?.term !== is.term && is.challenger !== undefined) {
      this.wrong(`S4: term ${is.term} began with a challenger of the last one`);
    }
    this.#askWork(was, is);
    this.#newest = is;
    const known = this.#attempts.get(is.term);
    if (known !== undefined && known !== is.attempt) this.wrong(`S3: term ${is.term} has two attempts`);
    this.#attempts.set(is.term, is.attempt);
    if (was?.attempt !== is.attempt) this.rewinds.acquired(is.term, is.attempt);
    if (was !== undefined && is.term === was.term && is.holder !== was.holder && is.holder !== undefined) {
      this.wrong(`S3: term ${is.term} went from ${was.holder ?? 'nobody'} to ${is.holder}`);
    }
    if (is.holder !== undefined && was?.term !== is.term) {
      if (is.previous === is.holder && is.reason === 'yielded') this.relays += 1;
      else this.elections += 1;
    }
    if (is.reason === 'revoked' && is.previous !== undefined && is.holder === undefined) {
      this.#revoked.set(is.term, is.previous);
    }
    if (is.transition !== undefined && is.transition !== was?.transition) {
      const shows = is.holder === undefined ? `vacant (${is.reason})` : `of ${is.holder}`;
      this.log('record', () => `the record: term ${is.term} is ${shows}`);
    }
    this.failovers.changed(is);
  }

  /** The table went back under everybody: what is asked from here on is said in `rewinds.ts`. */
  rewound(was: LeaseRecord | undefined, { record, fence }: Table, withFence: boolean): void {
    this.rewinds.happened(was !== undefined && (record?.term ?? 0) < was.term, withFence);
    this.#newest = record;
    for (const term of this.#attempts.keys()) if (term > (record?.term ?? 0)) this.#attempts.delete(term);
    if (withFence) this.begunTerm = fence?.term ?? 0;
  }

  /** TermFell or RecordVanished. */
  rewindReported(node: CandidateHistory, code: string): void {
    if (this.rewinds.count === 0) this.wrong(`S8: ${node.id} reported ${code}, but the table never went back`);
    node.rewindReported = true;
    this.rewinds.reported();
  }

  /** What can be said only when all is over. */
  end(): void {
    if (!hasOnly(this.settings, REWINDS) || this.settings.functions > 0) return;
    for (const at of this.rewinds.unreported()) {
      this.wrong(`S8: nobody reported that the table had gone back at ${at.toFixed(1)} ms`);
    }
  }

  /** The office is given back after the work has ended, or on the work's own word (section 6, the end of work). */
  #askWork(was: LeaseRecord | undefined, is: LeaseRecord): void {
    const givenBack = is.transition === 'resigned' || (is.reason === 'yielded' && was?.term !== is.term);
    if (!givenBack || was === undefined) return;
    for (const entry of this.#led) {
      const { id, attempt, working } = entry;
      if (working && attempt === was.attempt && id === was.holder && !this.clones.excuses(entry)) {
        this.wrong(`section 6: ${id} gave back term ${was.term} while its work went on`);
      }
    }
  }

  elected(node: CandidateHistory, term: number, table: Table): void {
    if (node.lead === 'elected') this.wrong(`S9: ${node.id} elected twice without lost`);
    node.lead = 'elected';
    if (!this.rewinds.tookFence && (table.fence === undefined || table.fence.term < term)) {
      this.wrong(`S9: ${node.id} began term ${term} before its fence was raised`);
    }
  }

  lost(node: CandidateHistory, { term, id, reason }: Loss, { record }: Table): void {
    // L4: what a refusal shows of oneself is no loss.
    const holds = record?.term === term && record.holder === id;
    if (reason === 'superseded' && holds && !this.rewinds.isRecent) {
      this.wrong(`L4: ${node.id} gave up term ${term}, which the record says it holds`);
    }
    if (reason === 'expired' && hasOnly(this.settings, ['short outage']) && !this.#wasGivingUp(term, id)) {
      this.wrong(`L4: ${node.id} lost term ${term} (${reason}) to an outage that a term must survive`);
    }
    if (reason === 'cloned' && this.rewinds.count + this.clones.count === 0)
      this.wrong(`L4: ${id} takes itself for a copy, but never was one`);
    if (node.lead !== 'elected') this.wrong(`S9: ${node.id} lost without elected`);
    node.lead = 'lost';
  }

  /** Whether its work was already stopping for another reason, from when on no heartbeats are sent. */
  #wasGivingUp(term: number, id: string): boolean {
    const entry = this.#led.find((one) => one.leadership.term === term && one.id === id);
    const why: unknown = entry?.leadership.signal.reason;
    return isTenureError(why) && why.details.reason !== 'expired';
  }

  observed(node: CandidateHistory, office: { term: number; beat: number }): void {
    const fell = compareVersions(office, node.observed) < 0;
    if (fell && !node.rewindReported) {
      const { term, beat } = node.observed;
      this.wrong(`S8: ${node.id} observed ${office.term}.${office.beat} after ${term}.${beat}`);
    }
    if (fell) node.rewindReported = false;
    node.observed = { term: office.term, beat: office.beat };
  }

  /** Work begins. */
  led(entry: ObservedLeadership, table: Table): void {
    const { term } = entry.leadership;
    if (!table.raised.has(raisedTo({ term, attempt: entry.attempt }))) {
      this.wrong(`section 6: ${entry.id} began the work of term ${term}, to which it never raised the fence`);
    }
    if (this.clones.beganBefore(entry))
      this.wrong(`section 6: ${entry.id} began the work of term ${term} a second time`);
    // A fence that went back between its raising and now protects from nothing that came before this term.
    if ((table.fence?.term ?? 0) >= term) this.begunTerm = Math.max(this.begunTerm, term);
    this.#led.push(entry);
  }

  /** A process was copied: what both lead goes on in both. */
  cloned(original: Machine, raised: FenceRecord | undefined): void {
    this.#led.push(...this.clones.happened(original, raised, this.#led));
  }

  /** What the work of that term was given. */
  leading(term: number): Leadership | undefined {
    return this.#led.find(({ leadership }) => leadership.term === term)?.leadership;
  }

  /** S1, S2, S10: as the work of every leadership would ask at this very moment. */
  ask(table: Table): void {
    this.clones.lookInStep();
    let passing: ObservedLeadership | undefined;
    let stale = false;
    for (const entry of this.#led) {
      const { machine } = entry;
      if (!machine.alive) stale = true;
      if (!machine.alive || machine.frozen) continue;
      if (entry.overTurns === machine.turns) {
        stale ||= this.#isPast(entry);
        continue;
      }
      if (!this.#holds(entry)) {
        stale ||= this.#isPast(entry);
        continue;
      }
      if (passing !== undefined && !this.#excuses(passing, entry)) {
        const both = [passing, entry].map((one) => `${one.id} in term ${one.leadership.term}`);
        this.wrong(`S1: ${both.join(' and ')} at once`);
      }
      passing = entry;
      this.#askHolder(entry, table.record);
    }
    this.failovers.seen(passing, this.world.now);
    if (stale) this.#led = this.#led.filter((entry) => entry.machine.alive && !this.#isPast(entry));
  }

  /** Two of two ages, while the older one's lease may still run. */
  #excuses(one: ObservedLeadership, other: ObservedLeadership): boolean {
    if (this.clones.excuses(one) || this.clones.excuses(other)) return true;
    const [a, b] = [this.#ageOf(one), this.#ageOf(other)];
    return a !== b && this.rewinds.excuses(Math.min(a, b));
  }

  #ageOf({ leadership, attempt }: ObservedLeadership): number {
    return this.rewinds.ageOf(leadership.term, attempt);
  }

  /** As its work would find out. `assertHeld()` throws, which takes its time: of one that is over, only news can change it. */
  #holds(entry: ObservedLeadership): boolean {
    const { machine, leadership, id } = entry;
    if (entry.heldTurns === machine.turns && this.world.now < entry.heldUntil!) return true;
    const { aborted } = leadership.signal;
    const leftMs = leadership.remainingMs();
    const holds = leftMs > 0;
    if ((holds || entry.overNews !== machine.news) && passes(leadership) !== holds) {
      this.wrong(`S9: assertHeld() and remainingMs() of ${id} in term ${leadership.term} disagree`);
    }
    if (holds) {
      entry.heldTurns = machine.turns;
      entry.heldUntil = this.world.now + (leftMs > this.settings.leaseMs / 2 ? leftMs / 4 : 0);
      return true;
    }
    if (!aborted) this.wrong(`S9: the signal of ${id} in term ${leadership.term} lets work go on without a lease`);
    entry.overAt ??= this.world.now;
    entry.overTurns = machine.turns;
    entry.overNews = machine.news;
    return false;
  }

  /** A term that is over is asked about for as long as a late answer could revive it (S10). */
  #isPast({ overAt = this.world.now }: ObservedLeadership): boolean {
    return this.world.now - overAt > 6 * this.settings.leaseMs;
  }

  #askHolder(entry: ObservedLeadership, record: LeaseRecord | undefined): void {
    const { id, leadership, settled } = entry;
    const { term } = leadership;
    if (settled) this.wrong(`S10: ${id} leads term ${term} again after resign() settled`);
    const holds = record?.term === term && record.holder === id;
    if (holds || (record?.term === term && this.#revoked.get(term) === id)) return;
    if (this.rewinds.excuses(this.#ageOf(entry)) || this.clones.excuses(entry)) return;
    this.wrong(`S2: ${id} passes in term ${term}, but the record says ${record?.term} ${record?.holder ?? 'vacant'}`);
  }
}

/** What `assertHeld()` says, as a yes or no. */
export function passes(leadership: Leadership): boolean {
  try {
    leadership.assertHeld();
    return true;
  } catch {
    return false;
  }
}
