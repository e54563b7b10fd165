/**
 * A table that does what DynamoDB does to one election's items: conditional writes that return the item, and reads that
 * may be stale. Written from the protocol, not from `dynamodb.ts`: where the two differ, one of them is wrong.
 */

import type { Member } from '../election/roster/roster-store.js';
import { type FenceRecord, type LeaseRecord, versionKey } from '../lease/record.js';
import type {
  AcquireWrite,
  ChallengeWrite,
  CreateWrite,
  ExpireWrite,
  HandOverWrite,
  Marks,
  RaiseWrite,
  RenewWrite,
  Reply,
  ResignWrite,
  RevokeWrite,
  Tenancy,
  WithdrawWrite,
} from '../lease/store.js';
import type { World } from './world.js';

type Write<R> = (present: R | undefined) => R | undefined;

interface State {
  readonly record: LeaseRecord | undefined;
  readonly fence: FenceRecord | undefined;
}

const STATES_KEPT = 40;

export const raisedTo = ({ term, attempt }: FenceRecord): string => `${term} ${attempt}`;

/** One election's record and fence, and its roster. */
export class Table {
  record: LeaseRecord | undefined;
  fence: FenceRecord | undefined;
  /** The last state of the record before the present one: what an eventually consistent read may still show. */
  #before: { record: LeaseRecord | undefined; until: number } = { record: undefined, until: 0 };
  outage = false;
  /** Where work may have begun: every term and attempt that the fence was raised to. */
  readonly raised = new Set<string>();
  /** Earlier states, the oldest first: what it may be restored to. */
  readonly #past: State[] = [];
  readonly roster = new Map<string, Member>();
  /** The last number that was drawn. */
  drawn = 0;

  constructor(
    private readonly world: World,
    private readonly changed: (was: LeaseRecord | undefined, is: LeaseRecord) => void,
  ) {}

  update(write: Write<LeaseRecord>): Reply {
    const was = this.record;
    const next = write(was);
    if (next === undefined) return { applied: false, record: was };
    this.record = Object.freeze(stripped(next));
    this.#before = { record: was, until: this.world.now + 200 };
    this.#past.push({ record: was, fence: this.fence });
    if (this.#past.length > 2 * STATES_KEPT) this.#past.splice(0, STATES_KEPT);
    this.changed(was, this.record);
    return { applied: true, record: this.record };
  }

  updateFence(write: Write<FenceRecord>): Reply<FenceRecord> {
    const next = write(this.fence);
    if (next === undefined) return { applied: false, record: this.fence };
    this.fence = next;
    this.raised.add(raisedTo(next));
    return { applied: true, record: next };
  }

  /** How many earlier states it can be restored to. */
  get restorable(): number {
    return this.#past.length;
  }

  /** Goes back by so many writes of the record: all of it, or the record alone. What came after is lost for good. */
  restore(writes: number, withFence: boolean): void {
    const state = this.#past.splice(this.#past.length - writes)[0];
    if (state === undefined) return;
    this.#rewind(state.record);
    if (withFence) this.fence = state.fence;
  }

  deleteRecord(): void {
    this.#rewind(undefined);
  }

  #rewind(record: LeaseRecord | undefined): void {
    this.record = record;
    this.#before = { record, until: this.world.now };
  }

  read(eventual: boolean): LeaseRecord | undefined {
    const stale = eventual && this.world.now < this.#before.until;
    return stale ? this.#before.record : this.record;
  }

  create({ office, declare, at }: CreateWrite): Reply {
    return this.update((r) =>
      r === undefined
        ? { ...office, mark: office.attempt, beat: 0, ...declare, acquiredAt: at, renewedAt: at, transition: 'elected' }
        : undefined,
    );
  }

  acquire({ seen, office, declare, at }: AcquireWrite): Reply {
    return this.update((r) => {
      if (r === undefined || versionKey(r) !== versionKey(seen)) return undefined;
      const { challenger, successor, dead, value, ...kept } = r;
      const begun = { ...office, mark: office.attempt, beat: 0, ...declare, acquiredAt: at, renewedAt: at };
      const next = { ...kept, ...begun, transition: 'elected' };
      return r.holder === undefined ? next : { ...next, reason: 'expired', previous: r.holder, vacatedAt: undefined };
    });
  }

  renew({ office, marks, beat, at, declare, proclaim }: RenewWrite): Reply {
    return this.update((r) => {
      if (!mine(r, office, marks) || r.beat >= beat) return undefined;
      const { transition, ...kept } = r;
      return { ...kept, ...declare, ...proclaim, beat, mark: marks.next, renewedAt: at };
    });
  }

  resign({ office, marks, beat, at, successor, answers }: ResignWrite): Reply {
    return this.update((r) =>
      mine(r, office, marks) &&
      r.beat < beat &&
      (r.challenger?.attempt ?? answers) === (answers ?? r.challenger?.attempt)
        ? { ...vacated(r, 'resigned', at), beat, mark: marks.next, successor, dead: undefined }
        : undefined,
    );
  }

  handOver({ office, marks, challenger, at }: HandOverWrite): Reply {
    return this.update((r) => {
      if (!mine(r, office, marks) || r.challenger?.attempt !== challenger.attempt) return undefined;
      const { challenger: _, value, vacatedAt, successor, dead, ...kept } = r;
      const { id: holder, attempt } = challenger;
      const times = {
        acquiredAt: at,
        renewedAt: at,
        previous: office.holder,
        reason: 'yielded',
        transition: 'elected',
      };
      return { ...kept, ...times, term: office.term + 1, beat: 0, holder, attempt, mark: attempt };
    });
  }

  expire({ seen, at }: ExpireWrite): Reply {
    return this.update((r) =>
      r?.holder !== undefined && versionKey(r) === versionKey(seen)
        ? { ...vacated(r, 'expired', at), dead: undefined }
        : undefined,
    );
  }

  revoke({ seen, dead, at }: RevokeWrite): Reply {
    return this.update((r) => {
      if (r === undefined || r.term !== seen.term) return undefined;
      if (seen.holder === undefined) {
        const same = r.holder === undefined && versionKey(r) === versionKey(seen) && r.reason === 'revoked';
        return same ? { ...r, beat: r.beat + 1, dead: dead || r.dead, transition: undefined } : undefined;
      }
      return r.holder === seen.holder ? { ...vacated(r, 'revoked', at), dead: dead || undefined } : undefined;
    });
  }

  challenge({ term, holder, challenger, overEqual = false }: ChallengeWrite): Reply {
    return this.update((r) => {
      if (r === undefined || r.term !== term || r.holder !== holder) return undefined;
      const standing = r.challenger?.rank ?? Number.NEGATIVE_INFINITY;
      const isReplaced = standing < challenger.rank || (overEqual && standing === challenger.rank);
      return isReplaced ? { ...r, challenger: { ...challenger } } : undefined;
    });
  }

  withdraw({ attempt }: WithdrawWrite): Reply {
    return this.update((r) => (r?.challenger?.attempt === attempt ? { ...r, challenger: undefined } : undefined));
  }

  /** Raises the fence, unless it is there already. */
  raise(fence: RaiseWrite): Reply<FenceRecord> {
    return this.updateFence((f) => (f === undefined || f.term < fence.term ? { ...fence } : undefined));
  }

  /** The next number of the roster. */
  draw(): number {
    this.drawn += 1;
    return this.drawn;
  }

  remove({ id, seq, beat }: Member, left: boolean): void {
    const found = this.roster.get(id);
    if (found?.seq === seq && (left || found.beat === beat)) this.roster.delete(id);
  }
}

/** As an item is: what is undefined is not there. */
function stripped(record: LeaseRecord): LeaseRecord {
  const item: Record<string, unknown> = {};
  for (const name in record) {
    const value = record[name as keyof LeaseRecord];
    if (value !== undefined) item[name] = value;
  }
  return item as unknown as LeaseRecord;
}

function mine(record: LeaseRecord | undefined, office: Tenancy, marks: Marks): record is LeaseRecord {
  const isTheirs = record?.term === office.term && record.attempt === office.attempt && record.holder === office.holder;
  return isTheirs && marks.known.includes(record.mark);
}

function vacated(record: LeaseRecord, reason: string, at: number): LeaseRecord {
  const { holder, challenger, value, successor, ...kept } = record;
  return { ...kept, beat: record.beat + 1, vacatedAt: at, reason, previous: holder, transition: reason };
}
