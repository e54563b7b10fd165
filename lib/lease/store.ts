/**
 * The writes of the protocol (section 3) as an interface. `dynamodb.ts` is the one that ships; a simulation brings
 * its own. An implementation sends a request and tells what came back. What a refusal or a lost answer **means** is
 * decided above it (`outcome.ts`, section 5).
 */
import type { Challenger, FenceRecord, LeaseRecord } from './record.js';

/** Given to every call. When it aborts, nobody listens for the answer any more; the write may still land. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What came back from a conditional write: the item after it, or the one that refused it (none if there is none). */
export interface Reply<R = LeaseRecord> {
  readonly applied: boolean;
  readonly record: R | undefined;
}

/** What a candidate declares about itself for its term. */
export interface Declaration {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly priority: number;
  /** What it proclaims from the first write on; nothing if undefined. */
  readonly value?: unknown;
}

/** Whose write it is: compared by the holder's own writes. */
export interface Office {
  readonly term: number;
  readonly attempt: string;
  readonly holder: string;
}

/** `at` is the writer's wall clock, epoch ms, for people and hints only (section 2). */
interface At {
  readonly at: number;
}

export interface CreateWrite extends At {
  readonly office: Office;
  readonly declare: Declaration;
}
export interface AcquireWrite extends At {
  readonly seen: LeaseRecord;
  readonly office: Office;
  readonly declare: Declaration;
}
export interface RenewWrite extends At {
  readonly office: Office;
  readonly beat: number;
  /** On the first renewal of a term that was handed over: replaces what the old leader had declared. */
  readonly declare?: Declaration;
  /** A proclamation; `{ value: undefined }` takes the last one back. */
  readonly proclaim?: { readonly value: unknown };
}
export interface ResignWrite extends At {
  readonly office: Office;
  readonly beat: number;
  readonly successor?: string;
}
export interface HandOverWrite extends At {
  readonly office: Office;
  readonly challenger: Challenger;
}
export interface ExpireWrite extends At {
  readonly seen: LeaseRecord;
}
export interface RevokeWrite extends At {
  /** The record that the caller read: its term and holder are compared; a vacancy by its whole version. */
  readonly seen: LeaseRecord;
  readonly dead: boolean;
}
export interface ChallengeWrite {
  readonly term: number;
  readonly holder: string;
  readonly challenger: Challenger;
}

/**
 * One election's record and fence, and every write the protocol knows.
 *
 * Each method resolves with what the store answered, and rejects with a `TenureError`: `MalformedRecord` or
 * `NewerFormat` for an item that cannot be read, `TableMissing`, and `RequestFailed` for anything that leaves the
 * outcome of a write unknown.
 */
export interface LeaseStore {
  /** Reads the record: strongly consistent unless told otherwise. */
  read(options?: CallOptions & { readonly eventual?: boolean }): Promise<LeaseRecord | undefined>;
  create(write: CreateWrite, options?: CallOptions): Promise<Reply>;
  acquire(write: AcquireWrite, options?: CallOptions): Promise<Reply>;
  renew(write: RenewWrite, options?: CallOptions): Promise<Reply>;
  resign(write: ResignWrite, options?: CallOptions): Promise<Reply>;
  handOver(write: HandOverWrite, options?: CallOptions): Promise<Reply>;
  expire(write: ExpireWrite, options?: CallOptions): Promise<Reply>;
  /** Removes the holder of `seen`; on a vacancy that was revoked already, adds the proof of death. */
  revoke(write: RevokeWrite, options?: CallOptions): Promise<Reply>;
  challenge(write: ChallengeWrite, options?: CallOptions): Promise<Reply>;
  readFence(options?: CallOptions): Promise<FenceRecord | undefined>;
  raise(fence: FenceRecord, options?: CallOptions): Promise<Reply<FenceRecord>>;
}
