/** What one machine sees of the table: every call of the election's store, by way of the network. */

import type { RosterStore } from '../election/roster/roster-store.js';
import type { FenceRecord, LeaseRecord } from '../lease/record.js';
import type {
  AcquireWrite,
  CallOptions,
  ChallengeWrite,
  CreateWrite,
  ExpireWrite,
  HandOverWrite,
  LeaseStore,
  RaiseWrite,
  RenewWrite,
  Reply,
  ResignWrite,
  RevokeWrite,
  WithdrawWrite,
} from '../lease/store.js';
import type { Courtesy } from './courtesy.js';
import type { Machine } from './machine.js';
import { Connection, type Kind, type Link, type Networked, type Script } from './network.js';
import type { Table } from './table.js';

/** What is reported about a candidate's own requests. */
export interface StoreWatch {
  /** Of each request: what S12 counts. */
  asked(kind: Kind): void;
  readonly courtesy: Pick<Courtesy, 'shown' | 'acquires' | 'challenges' | 'renews'>;
}

export class SimulatedStore implements LeaseStore {
  readonly #table: Table;
  readonly #connection: Connection;

  constructor(
    network: Networked,
    readonly machine: Machine,
    link: Link,
    private readonly watch?: StoreWatch,
  ) {
    this.#table = network.table;
    this.#connection = new Connection(network, machine, link);
  }

  /** For directed scenarios: see {@link Connection}. */
  set script(script: (kind: Kind) => Script | undefined) {
    this.#connection.script = script;
  }

  read(options: CallOptions & { eventual?: boolean } = {}): Promise<LeaseRecord | undefined> {
    const { eventual = false } = options;
    const serve = () => this.#table.read(eventual && this.#connection.happens('stale read', 4));
    return this.#call('read', options, serve, (record) => this.watch?.courtesy.shown(record));
  }

  create(write: CreateWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('acquire', options, () => this.#table.create(write));
  }

  acquire(write: AcquireWrite, options?: CallOptions): Promise<Reply> {
    this.watch?.courtesy.acquires(write.seen);
    return this.#write('acquire', options, () => this.#table.acquire(write));
  }

  renew(write: RenewWrite, options?: CallOptions): Promise<Reply> {
    this.watch?.courtesy.renews();
    return this.#write('renew', options, () => this.#table.renew(write));
  }

  resign(write: ResignWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('other', options, () => this.#table.resign(write));
  }

  handOver(write: HandOverWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('hand over', options, () => this.#table.handOver(write));
  }

  expire(write: ExpireWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('other', options, () => this.#table.expire(write));
  }

  revoke(write: RevokeWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('other', options, () => this.#table.revoke(write));
  }

  challenge(write: ChallengeWrite, options?: CallOptions): Promise<Reply> {
    this.watch?.courtesy.challenges(write);
    return this.#write('other', options, () => this.#table.challenge(write));
  }

  withdraw(write: WithdrawWrite, options?: CallOptions): Promise<Reply> {
    return this.#write('other', options, () => this.#table.withdraw(write));
  }

  readFence(options?: CallOptions): Promise<FenceRecord | undefined> {
    return this.#call('other', options, () => this.#table.fence);
  }

  raise(fence: RaiseWrite, options?: CallOptions): Promise<Reply<FenceRecord>> {
    return this.#call('other', options, () => this.#table.raise(fence));
  }

  readonly roster: RosterStore = {
    draw: (options) => this.#call('other', options, () => this.#table.draw()),
    keep: (member, options) => this.#call('other', options, () => void this.#table.roster.set(member.id, member)),
    list: (options) =>
      this.#call('other', options, () => ({ members: [...this.#table.roster.values()], malformed: [] })),
    remove: (member, options) => this.#call('other', options, () => this.#table.remove(member, options?.left ?? false)),
  };

  /** For the user's own fenced writes: the same network, another condition. */
  send<T>(serve: () => T): Promise<T> {
    return this.#connection.request('other', undefined, serve);
  }

  #write(kind: Kind, options: CallOptions | undefined, serve: () => Reply): Promise<Reply> {
    return this.#call(kind, options, serve, ({ record }) => this.watch?.courtesy.shown(record));
  }

  #call<T>(kind: Kind, options: CallOptions | undefined, serve: () => T, heard?: (result: T) => void): Promise<T> {
    this.watch?.asked(kind);
    return this.#connection.request(kind, options?.cutOff, serve, heard);
  }
}
