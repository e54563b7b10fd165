/**
 * A table in this process's own memory: what is left of the cost of an election is the library's own. It answers in a
 * later turn of the event loop, as a socket does, and does to each record what DynamoDB would.
 */
import type { FenceRecord, LeaseRecord } from '../lib/lease/record.js';
import type { CallOptions, LeaseStore, Marks, Reply, Tenancy } from '../lib/lease/store.js';

type Write<T extends keyof LeaseStore> = Parameters<LeaseStore[T]>[0];

export class MemoryStore implements LeaseStore {
  #record: LeaseRecord | undefined;
  #fence: FenceRecord | undefined;

  async read(_options?: CallOptions): Promise<LeaseRecord | undefined> {
    await turn();
    return this.#record;
  }

  create({ office, declare, at }: Write<'create'>): Promise<Reply> {
    return this.#write((was) =>
      was === undefined
        ? { ...office, mark: office.attempt, beat: 0, ...declare, acquiredAt: at, renewedAt: at, transition: 'elected' }
        : undefined,
    );
  }

  acquire({ seen, office, declare, at }: Write<'acquire'>): Promise<Reply> {
    return this.#write((was) => {
      if (was?.term !== seen.term || was.beat !== seen.beat) return undefined;
      return {
        ...office,
        mark: office.attempt,
        beat: 0,
        ...declare,
        acquiredAt: at,
        renewedAt: at,
        transition: 'elected',
      };
    });
  }

  renew({ office, marks, beat, at, declare, proclaim }: Write<'renew'>): Promise<Reply> {
    return this.#write((was) => {
      if (!isMine(was, office, marks) || was.beat >= beat) return undefined;
      return { ...was, ...declare, ...proclaim, beat, mark: marks.next, renewedAt: at, transition: undefined };
    });
  }

  resign({ office, marks, beat, at }: Write<'resign'>): Promise<Reply> {
    return this.#write((was) => {
      if (!isMine(was, office, marks) || was.beat >= beat) return undefined;
      const { holder, value, ...kept } = was;
      return { ...kept, beat, vacatedAt: at, reason: 'resigned', previous: holder, transition: 'resigned' };
    });
  }

  handOver = unused;
  expire = unused;
  revoke = unused;
  challenge = unused;
  withdraw = unused;

  async readFence(): Promise<FenceRecord | undefined> {
    await turn();
    return this.#fence;
  }

  async raise(fence: FenceRecord): Promise<Reply<FenceRecord>> {
    await turn();
    const applied = this.#fence === undefined || this.#fence.term < fence.term;
    if (applied) this.#fence = fence;
    return { applied, record: this.#fence };
  }

  async #write(write: (was: LeaseRecord | undefined) => LeaseRecord | undefined): Promise<Reply> {
    await turn();
    const next = write(this.#record);
    if (next !== undefined) this.#record = next;
    return { applied: next !== undefined, record: this.#record };
  }
}

/** One candidate each, with nobody beside it: the other writes never come. */
function unused(): Promise<Reply> {
  throw new Error('The bench asks the store in memory for no such write.');
}

function isMine(record: LeaseRecord | undefined, office: Tenancy, marks: Marks): record is LeaseRecord {
  const isTheirs = record?.term === office.term && record.attempt === office.attempt && record.holder === office.holder;
  return isTheirs && marks.known.includes(record.mark);
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
