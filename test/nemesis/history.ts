/**
 * The chain of an election's record, change by change in the order of the table: versions only rise, a term has one
 * attempt and one holder for ever, and nothing is removed (S3, S4, S7). The fence only rises too (S5).
 */
import { compareVersions, type FenceRecord, type LeaseRecord } from '../../lib/lease/record.js';

/** A term, by the record. */
interface Term {
  readonly attempt: string;
  readonly holder: string | undefined;
}

export class History {
  /** How many changes of records were seen. */
  changes = 0;
  readonly #records = new Map<string, LeaseRecord>();
  readonly #fences = new Map<string, FenceRecord>();
  readonly #terms = new Map<string, Map<number, Term>>();
  /** Attempts, and the term that each belongs to. */
  readonly #attempts = new Map<string, Map<string, number>>();

  constructor(private readonly breach: (election: string, sentence: string) => void) {}

  holderOf(election: string, term: number): string | undefined {
    return this.#terms.get(election)?.get(term)?.holder;
  }

  /** The record as it stands, so far. */
  latest(election: string): LeaseRecord | undefined {
    return this.#records.get(election);
  }

  /** @param record what the record became; undefined: it was removed */
  change(election: string, record: LeaseRecord | undefined): void {
    this.changes += 1;
    const was = this.#records.get(election);
    if (record === undefined) {
      this.breach(election, `S4: the record was removed at ${nameOf(was)}`);
      return;
    }
    if (was !== undefined && compareVersions(record, was) < 0) {
      this.breach(election, `S4: the record went back from ${nameOf(was)} to ${nameOf(record)}`);
    }
    if (was !== undefined && compareVersions(record, was) === 0 && record.renewedAt !== was.renewedAt) {
      this.breach(election, `S7: version ${nameOf(record)} was written twice`);
    }
    if (was?.term === record.term) this.#checkSameTerm(election, was, record);
    else this.#beginTerm(election, record);
    this.#records.set(election, record);
  }

  /** @param fence what the fence became; undefined: it was removed */
  changeFence(election: string, fence: FenceRecord | undefined): void {
    const was = this.#fences.get(election);
    if (fence === undefined) {
      this.breach(election, `S5: the fence was removed at term ${was?.term}`);
      return;
    }
    if (was !== undefined && fence.term < was.term) {
      this.breach(election, `S5: the fence fell from term ${was.term} to ${fence.term}`);
    }
    if (was?.term === fence.term && was.attempt !== fence.attempt) {
      this.breach(election, `S5: the fence of term ${fence.term} changed its attempt`);
    }
    this.#fences.set(election, fence);
  }

  #checkSameTerm(election: string, was: LeaseRecord, record: LeaseRecord): void {
    const { term, attempt, holder } = record;
    if (attempt !== was.attempt) this.breach(election, `S3: term ${term} changed its attempt`);
    if (holder === undefined || holder === was.holder) return;
    this.breach(election, `S3: ${holder} came into office in term ${term} of ${was.holder ?? 'a vacancy'}`);
  }

  #beginTerm(election: string, { term, attempt, holder }: LeaseRecord): void {
    const terms = this.#terms.get(election) ?? new Map<number, Term>();
    this.#terms.set(election, terms.set(term, { attempt, holder }));
    const attempts = this.#attempts.get(election) ?? new Map<string, number>();
    const used = attempts.get(attempt);
    if (used !== undefined && used !== term) this.breach(election, `S3: terms ${used} and ${term} have one attempt`);
    this.#attempts.set(election, attempts.set(attempt, term));
  }
}

const nameOf = (record: LeaseRecord | undefined) =>
  record === undefined ? 'nothing' : `${record.term}.${record.beat}`;
