/**
 * The writes of the protocol (section 3) as an interface. `dynamodb.ts` is the one that ships; a simulation brings
 * its own. An implementation sends a request, once, and returns what came back. What a refusal or a lost answer **means**
 * is decided above it (`outcome.ts`, section 5).
 */
import type { Once } from './latch.js';
import type { Challenger, FenceRecord, LeaseRecord } from './record.js';

/** Given to every call. When it aborts, nobody listens for the answer any more; the write may still land. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The same as `signal`, for implementations that need no `AbortSignal`: one is made only when it is asked for. */
  readonly cutOff?: Once | undefined;
}

/** What came back from a conditional write: the item after it, or the one that refused it (undefined if there was none). */
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

/** One candidate's hold on one term: compared by the holder's own writes. */
export interface Tenancy {
  readonly term: number;
  readonly attempt: string;
  readonly holder: string;
}

/** The marks of a holder's write: it goes through only on one that is known, and leaves the next one. */
export interface Marks {
  /** The last one seen, and those of own writes still under way; undefined stands for a record without a mark. */
  readonly known: readonly (string | undefined)[];
  readonly next: string;
}

/** `at` is the writer's wall clock, epoch ms, for people and hints only (section 2). */
interface At {
  readonly at: number;
}

export interface CreateWrite extends At {
  readonly office: Tenancy;
  readonly declare: Declaration;
}
export interface AcquireWrite extends At {
  readonly seen: LeaseRecord;
  readonly office: Tenancy;
  readonly declare: Declaration;
}
export interface RenewWrite extends At {
  readonly office: Tenancy;
  readonly marks: Marks;
  readonly beat: number;
  /** On the first renewal of a term that was handed over: replaces what the old leader had declared, value and all. */
  readonly declare?: Declaration | undefined;
  /** A proclamation; `{ value: undefined }` takes the last one back. */
  readonly proclaim?: { readonly value: unknown } | undefined;
}
export interface ResignWrite extends At {
  readonly office: Tenancy;
  readonly marks: Marks;
  readonly beat: number;
  readonly successor?: string | undefined;
  /** The attempt of the challenge that it answers: it is refused where another one stands by now. */
  readonly answers?: string | undefined;
}
export interface HandOverWrite extends At {
  readonly office: Tenancy;
  readonly marks: Marks;
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
  /** Replaces a challenge of equal rank as well: an operator's, which corrects an earlier one. */
  readonly overEqual?: boolean | undefined;
}
export interface WithdrawWrite {
  /** Of the challenge that is taken back. */
  readonly attempt: string;
}
export interface RaiseWrite {
  readonly term: number;
  readonly attempt: string;
  readonly mark: string;
}

/**
 * One election's record and fence, and every write the protocol knows.
 *
 * Each method resolves with what the store answered, and rejects with a `TenureError`: `MalformedRecord` or
 * `NewerFormat` for an item that cannot be read, a permanent failure such as `TableMissing`, `RequestInvalid` for a request
 * that was not applied and never will be, and `RequestFailed` for anything that leaves the outcome of a write unknown.
 */
export interface LeaseStore {
  /** Reads the record: strongly consistent, unless `eventual` is asked for. */
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
  /** Takes a challenge back, if it still stands. */
  withdraw(write: WithdrawWrite, options?: CallOptions): Promise<Reply>;
  readFence(options?: CallOptions): Promise<FenceRecord | undefined>;
  raise(write: RaiseWrite, options?: CallOptions): Promise<Reply<FenceRecord>>;
}
