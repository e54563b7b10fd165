/** What one machine sees of the table: every call of the election's store, by way of the network. */

import type { RosterStore } from '../election/roster/roster-store.js';
import type { FenceRecord } from '../lease/record.js';
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
import type { Machine } from './machine.js';
import { Connection, type Kind, type Link, type Networked, type Script } from './network.js';
import type { Table } from './table.js';

export class SimulatedStore implements LeaseStore {
  readonly #table: Table;
  readonly #connection: Connection;

  constructor(
    network: Networked,
    readonly machine: Machine,
    link: Link,
    /** Called for each call of the election's own: what S12 counts. */
    private readonly asked: (kind: Kind) => void = () => {},
  ) {
    this.#table = network.table;
    this.#connection = new Connection(network, machine, link);
  }

  /** For directed scenarios: see {@link Connection}. */
  set script(script: (kind: Kind) => Script | undefined) {
    this.#connection.script = script;
  }

  read(options: CallOptions & { eventual?: boolean } = {}) {
    const { eventual = false } = options;
    return this.#call('read', options, () => this.#table.read(eventual && this.#connection.happens('stale read', 4)));
  }

  create(write: CreateWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('acquire', options, () => this.#table.create(write));
  }

  acquire(write: AcquireWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('acquire', options, () => this.#table.acquire(write));
  }

  renew(write: RenewWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('renew', options, () => this.#table.renew(write));
  }

  resign(write: ResignWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('other', options, () => this.#table.resign(write));
  }

  handOver(write: HandOverWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('hand over', options, () => this.#table.handOver(write));
  }

  expire(write: ExpireWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('other', options, () => this.#table.expire(write));
  }

  revoke(write: RevokeWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('other', options, () => this.#table.revoke(write));
  }

  challenge(write: ChallengeWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('other', options, () => this.#table.challenge(write));
  }

  withdraw(write: WithdrawWrite, options?: CallOptions): Promise<Reply> {
    return this.#call('other', options, () => this.#table.withdraw(write));
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

  #call<T>(kind: Kind, options: CallOptions | undefined, serve: () => T): Promise<T> {
    this.asked(kind);
    return this.#connection.request(kind, options?.cutOff, serve);
  }
}
