/** The shapes of an election's record and fence (section 2), and how versions compare. */

/** The format of the record that this version reads and writes. */
export const FORMAT = 1;
/** A heartbeat costs one write unit as long as the item is under this many bytes. */
export const MAX_RECORD_BYTES = 1024;
/** How long a candidate's id may be, in bytes of UTF-8. */
export const MAX_ID_BYTES = 128;

/** The pair that every write of the office raises; no state ever returns to an earlier one. */
export interface Version {
  readonly term: number;
  readonly beat: number;
}

/** A request that the leader hand over (section 6, challenge). */
export interface Challenger {
  /** The id of the candidate that asks. */
  readonly id: string;
  /** Random id of the challenge; the attempt of the term that is handed over to it. */
  readonly attempt: string;
  /** A stronger challenge replaces a weaker one. Operators are above all candidates. */
  readonly rank: number;
  /** For people. */
  readonly why: string;
  /** It stands, and can be handed the office; otherwise the leader only vacates. */
  readonly stands: boolean;
  /** The candidate that the vacancy is to be kept for, where the challenger does not stand. */
  readonly to?: string;
}

/** One election's record, as section 2 lays it down. Times end in `At` (epoch ms of the writer), durations in `Ms`. */
export interface LeaseRecord extends Version {
  readonly holder?: string;
  readonly attempt: string;
  /** Drawn afresh for each write of the holder: a process with a copy of its memory cannot go on in its name. */
  readonly mark?: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly priority: number;
  readonly acquiredAt: number;
  readonly renewedAt: number;
  readonly vacatedAt?: number;
  readonly value?: unknown;
  readonly previous?: string;
  /** How the last term ended: `resigned`, `yielded`, `expired`, `revoked`. Any other text never makes a vacancy free at once. */
  readonly reason?: string;
  readonly dead?: boolean;
  readonly successor?: string;
  readonly challenger?: Challenger;
  /** What changed the office (`elected`, `resigned`, `expired`, `revoked`), present only on the write that did. */
  readonly transition?: string;
}

/** The fence of an election: the newest term whose work has begun, its attempt, and the mark of the write that raised it. */
export interface FenceRecord {
  readonly term: number;
  readonly attempt: string;
  readonly mark?: string;
}

/** The partition key of an election's items. */
export const partitionKey = (election: string): string => `election#${election}`;

/** Below zero if `a` is the older version, above zero if the newer one. */
export function compareVersions(a: Version, b: Version): number {
  return a.term - b.term || a.beat - b.beat;
}

/** Text that is equal for equal versions only. The attempt is part of it: a rewound table may repeat the numbers. */
export function versionKey(record: LeaseRecord | undefined): string {
  return record === undefined ? 'none' : `${record.term}.${record.beat}.${record.attempt}`;
}

/** True for the same version of the same record: what a takeover compares. */
export const sameVersion = (a: LeaseRecord | undefined, b: LeaseRecord | undefined): boolean =>
  a?.term === b?.term && a?.beat === b?.beat && a?.attempt === b?.attempt;
