/**
 * A simulated store that does what DynamoDB does to one election's two items: conditional updates that return the item,
 * reads that may be stale, and a network that loses, delays, repeats and reorders, with an SDK that retries by itself.
 * Written from the protocol, not from `dynamodb.ts`: where the two differ, one of them is wrong.
 */

import type { Member, RosterStore } from '../election/roster/roster-store.js';
import { TenureError } from '../lease/errors.js';
import type { FenceRecord, LeaseRecord } from '../lease/record.js';
import type { CallOptions, LeaseStore, Marks, Reply, Tenancy } from '../lease/store.js';
import type { NetworkFault, Settings } from './faults.js';
import type { Machine, World } from './world.js';

/** What a request is, for faults that lean towards some. */
export type Kind = 'read' | 'acquire' | 'renew' | 'hand over' | 'other';

/** How one machine is connected: whether what it sends arrives, and whether it hears the answers. */
export interface Link {
  sends: boolean;
  hears: boolean;
}

/** What a directed scenario does to one request; without an answer, the caller's limit ends it. */
export interface Script {
  readonly landsAfterMs?: number;
  readonly answers: boolean;
  /** The connection breaks after so long, and the SDK tries again. */
  readonly breaksAfterMs?: number;
}

type Write<R> = (present: R | undefined) => R | undefined;

/** The table: one history of the record, one of the fence, and a journal of fenced writes. */
export class Table {
  record: LeaseRecord | undefined;
  fence: FenceRecord | undefined;
  /** The last state of the record before the present one: what an eventually consistent read may still show. */
  #before: { record: LeaseRecord | undefined; until: number } = { record: undefined, until: 0 };
  outage = false;
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
    this.changed(was, this.record);
    return { applied: true, record: this.record };
  }

  updateFence(write: Write<FenceRecord>): Reply<FenceRecord> {
    const next = write(this.fence);
    if (next === undefined) return { applied: false, record: this.fence };
    this.fence = next;
    return { applied: true, record: next };
  }

  read(eventual: boolean): LeaseRecord | undefined {
    const stale = eventual && this.world.now < this.#before.until;
    return stale ? this.#before.record : this.record;
  }
}

/** What one machine sees of the table. */
export class SimulatedStore implements LeaseStore {
  constructor(
    private readonly world: World,
    readonly machine: Machine,
    private readonly table: Table,
    private readonly settings: Settings,
    private readonly calm: { readonly faults: boolean },
    private readonly injected: Record<string, number>,
    private readonly link: Link,
    /** Told of each call of the election's own: what S12 counts. */
    private readonly asked: (kind: Kind) => void = () => {},
  ) {}

  /** Asked about every request before all faults: for directed scenarios. */
  script: (kind: Kind) => Script | undefined = () => undefined;

  read({ signal, eventual = false }: CallOptions & { eventual?: boolean } = {}) {
    this.asked('read');
    return this.#request('read', signal, () => this.table.read(eventual && this.#happens('stale read', 4)));
  }

  create({ office, declare, at }: Parameters<LeaseStore['create']>[0], o?: CallOptions) {
    return this.#write('acquire', o, (r) =>
      r === undefined
        ? { ...office, beat: 0, mark: office.attempt, ...declare, acquiredAt: at, renewedAt: at, transition: 'elected' }
        : undefined,
    );
  }

  acquire({ seen, office, declare, at }: Parameters<LeaseStore['acquire']>[0], o?: CallOptions) {
    return this.#write('acquire', o, (r) => {
      if (r === undefined || r.term !== seen.term || r.beat !== seen.beat) return undefined;
      const { challenger, successor, dead, value, ...kept } = r;
      const next = {
        ...kept,
        ...office,
        mark: office.attempt,
        beat: 0,
        ...declare,
        acquiredAt: at,
        renewedAt: at,
        transition: 'elected',
      };
      return r.holder === undefined ? next : { ...next, reason: 'expired', previous: r.holder, vacatedAt: undefined };
    });
  }

  renew({ office, marks, beat, at, declare, proclaim }: Parameters<LeaseStore['renew']>[0], o?: CallOptions) {
    return this.#write('renew', o, (r) => {
      if (!mine(r, office, marks) || r.beat >= beat) return undefined;
      return { ...r, ...declare, ...proclaim, beat, mark: marks.next, renewedAt: at, transition: undefined };
    });
  }

  resign({ office, marks, beat, at, successor }: Parameters<LeaseStore['resign']>[0], o?: CallOptions) {
    return this.#write('other', o, (r) =>
      mine(r, office, marks) && r.beat < beat
        ? { ...vacated(r, 'resigned', at), beat, mark: marks.next, successor, dead: undefined }
        : undefined,
    );
  }

  handOver({ office, marks, challenger, at }: Parameters<LeaseStore['handOver']>[0], o?: CallOptions) {
    return this.#write('hand over', o, (r) => {
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

  expire({ seen, at }: Parameters<LeaseStore['expire']>[0], o?: CallOptions) {
    return this.#write('other', o, (r) =>
      r !== undefined && r.term === seen.term && r.beat === seen.beat && r.holder !== undefined
        ? { ...vacated(r, 'expired', at), dead: undefined }
        : undefined,
    );
  }

  revoke({ seen, dead, at }: Parameters<LeaseStore['revoke']>[0], o?: CallOptions) {
    return this.#write('other', o, (r) => {
      if (r === undefined || r.term !== seen.term) return undefined;
      if (seen.holder === undefined) {
        const same = r.holder === undefined && r.beat === seen.beat && r.reason === 'revoked';
        return same ? { ...r, beat: r.beat + 1, dead: dead || r.dead, transition: undefined } : undefined;
      }
      return r.holder === seen.holder ? { ...vacated(r, 'revoked', at), dead: dead || undefined } : undefined;
    });
  }

  challenge({ term, holder, challenger, overEqual = false }: Parameters<LeaseStore['challenge']>[0], o?: CallOptions) {
    return this.#write('other', o, (r) => {
      if (r === undefined || r.term !== term || r.holder !== holder) return undefined;
      const stands = r.challenger?.rank ?? Number.NEGATIVE_INFINITY;
      return stands < challenger.rank || (overEqual && stands === challenger.rank)
        ? { ...r, challenger: { ...challenger } }
        : undefined;
    });
  }

  withdraw({ attempt }: Parameters<LeaseStore['withdraw']>[0], o?: CallOptions) {
    return this.#write('other', o, (r) =>
      r?.challenger?.attempt === attempt ? { ...r, challenger: undefined } : undefined,
    );
  }

  readFence({ signal }: CallOptions = {}) {
    this.asked('other');
    return this.#request('other', signal, () => this.table.fence);
  }

  raise(fence: Parameters<LeaseStore['raise']>[0], { signal }: CallOptions = {}): Promise<Reply<FenceRecord>> {
    this.asked('other');
    return this.#request('other', signal, () =>
      this.table.updateFence((f) => (f === undefined || f.term < fence.term ? { ...fence } : undefined)),
    );
  }

  /** The roster, by the same network. */
  readonly roster: RosterStore = {
    draw: ({ signal } = {}) => {
      this.asked('other');
      return this.#request('other', signal, () => {
        this.table.drawn += 1;
        return this.table.drawn;
      });
    },
    keep: (member, { signal } = {}) => {
      this.asked('other');
      return this.#request('other', signal, () => void this.table.roster.set(member.id, member));
    },
    list: ({ signal } = {}) => {
      this.asked('other');
      return this.#request('other', signal, () => ({ members: [...this.table.roster.values()], malformed: [] }));
    },
    remove: ({ id, seq, beat }, { signal, left } = {}) => {
      this.asked('other');
      return this.#request('other', signal, () => {
        const found = this.table.roster.get(id);
        if (found?.seq === seq && (left || found.beat === beat)) this.table.roster.delete(id);
      });
    },
  };

  /** For the user's own fenced writes: the same network, another condition. */
  send<T>(serve: () => T, signal?: AbortSignal): Promise<T> {
    return this.#request('other', signal, serve);
  }

  #write(kind: Kind, { signal }: CallOptions = {}, write: Write<LeaseRecord>): Promise<Reply> {
    this.asked(kind);
    return this.#request(kind, signal, () => this.table.update(write));
  }

  /** One call of the SDK: two attempts, each of which the network may lose, repeat, or deliver long after. */
  #request<T>(kind: Kind, signal: AbortSignal | undefined, serve: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (how: () => void) => {
        if (settled || signal?.aborted) return;
        settled = true;
        how();
      };
      const fail = () => reject(new TenureError('RequestFailed', 'simulated failure'));
      const attempt = (left: number) => {
        const again = () =>
          this.machine.run(() => {
            if (settled || signal?.aborted) return;
            if (left > 0)
              this.world.after(this.world.dice.between(0, 25), () => this.machine.run(() => attempt(left - 1)));
            else settle(fail);
          });
        this.#transmit(kind, serve, (result) => this.machine.run(() => settle(() => resolve(result))), again);
      };
      attempt(1);
    });
  }

  #transmit<T>(kind: Kind, serve: () => T, answered: (result: T) => void, failed: () => void): void {
    const { dice } = this.world;
    const { leaseMs, maxDelayMs, bias } = this.settings;
    const slow = this.#happens('slow') ? leaseMs / 3 : 0;
    const delay = () => dice.between(0.1, maxDelayMs + slow);
    const broken = () => this.world.after(delay() * 2, failed);
    const lands = (ms: number, then: (result: T) => void) => this.world.afterInertly(ms, () => then(serve()));
    const leans = !this.calm.faults && bias !== undefined && LEANS[kind] === bias && dice.chance(0.3);
    const script = this.script(kind);
    if (script !== undefined) {
      const { landsAfterMs, answers, breaksAfterMs } = script;
      if (breaksAfterMs !== undefined) this.world.after(breaksAfterMs, failed);
      if (landsAfterMs !== undefined) {
        lands(landsAfterMs, (result) => {
          if (answers) this.world.after(1, () => answered(result));
        });
      }
    } else if (!this.link.sends || this.table.outage) broken();
    else if (this.#happens('request lost') || this.#happens('throttle')) broken();
    else if (leans || this.#happens('late landing')) {
      if (leans) this.#count(bias);
      lands(dice.between(0.05, 2) * leaseMs, () => {});
      if (dice.chance(0.5)) broken(); // otherwise silence: the call's own limit ends it
    } else if (this.#happens('error 500')) {
      if (dice.chance(0.5)) lands(delay(), broken);
      else broken();
    } else {
      if (this.#happens('duplicate')) lands(delay() + dice.between(0, leaseMs), () => {});
      const lost = this.#happens('reply lost') || !this.link.hears;
      lands(delay(), (result) => {
        if (lost) broken();
        else if (this.link.hears) this.world.after(delay(), () => answered(result));
      });
    }
  }

  #happens(fault: NetworkFault, times = 1): boolean {
    const rate = this.settings.faults[fault];
    if (rate === 0 || this.calm.faults || !this.world.dice.chance(rate * times)) return false;
    this.#count(fault);
    return true;
  }

  #count(kind: string): void {
    this.injected[kind] = (this.injected[kind] ?? 0) + 1;
  }
}

const LEANS: Partial<Record<Kind, Settings['bias']>> = {
  'hand over': 'late hand-overs',
  acquire: 'late acquires',
  renew: 'late heartbeats',
};

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
