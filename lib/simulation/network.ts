/**
 * The way from one machine to the table and back: requests and answers are lost, late, repeated and out of order, and
 * each request is sent once.
 */
import { TenureError } from '../lease/errors.js';
import type { Once } from '../lease/latch.js';
import { count, type NetworkFault } from './faults.js';
import type { Machine } from './machine.js';
import type { Settings } from './settings.js';
import type { Table } from './table.js';
import type { World } from './world.js';

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
  /** The connection breaks after so long. */
  readonly breaksAfterMs?: number;
}

/** What all connections of a world share. */
export interface Networked {
  readonly world: World;
  readonly table: Table;
  readonly settings: Settings;
  /** True once faults have ceased. */
  readonly ceased: { readonly faults: boolean };
  /** How often each fault has struck. */
  readonly injected: Record<string, number>;
}

export class Connection {
  readonly world: World;
  readonly table: Table;
  readonly settings: Settings;
  readonly ceased: { readonly faults: boolean };
  readonly injected: Record<string, number>;

  constructor(
    { world, table, settings, ceased, injected }: Networked,
    readonly machine: Machine,
    private readonly link: Link,
  ) {
    this.world = world;
    this.table = table;
    this.settings = settings;
    this.ceased = ceased;
    this.injected = injected;
  }

  /** Asked about every request before all faults: for directed scenarios. */
  script: (kind: Kind) => Script | undefined = () => undefined;

  /** One request, sent once: the network may lose it, repeat it, or deliver it long after. */
  request<T>(kind: Kind, cutOff: Once | undefined, serve: () => T, heard?: (result: T) => void): Promise<T> {
    return new Promise((give, reject) => {
      let settled = false;
      const resolve = (result: T) => {
        heard?.(result);
        give(result);
      };
      const settle = (how: () => void) => {
        if (settled || cutOff?.isSet) return; // what was cut off may land all the same, but nobody listens
        settled = true;
        how();
      };
      const failed = () => this.machine.run(() => settle(() => reject(lost())));
      this.#transmit(kind, serve, (result) => this.machine.run(() => settle(() => resolve(result))), failed);
    });
  }

  #transmit<T>(kind: Kind, serve: () => T, answered: (result: T) => void, failed: () => void): void {
    const { random } = this.world;
    const { leaseMs, maxDelayMs, bias } = this.settings;
    const slow = this.happens('slow') ? leaseMs / 3 : 0;
    const delay = () => random.between(0.1, maxDelayMs + slow);
    const broken = () => this.world.after(delay() * 2, failed);
    const lands = (ms: number, then: (result: T) => void) => this.world.afterInertly(ms, () => then(serve()));
    const leans = !this.ceased.faults && bias !== undefined && LEANS[kind] === bias && random.chance(0.3);
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
    else if (this.happens('request lost') || this.happens('throttle')) broken();
    else if (leans || this.happens('late landing')) {
      if (leans) count(this.injected, bias);
      lands(random.between(0.05, 2) * leaseMs, () => {});
      if (random.chance(0.5)) broken(); // otherwise silence: the call's own limit ends it
    } else if (this.happens('error 500')) {
      if (random.chance(0.5)) lands(delay(), broken);
      else broken();
    } else {
      if (this.happens('duplicate')) lands(delay() + random.between(0, leaseMs), () => {});
      const lost = this.happens('reply lost') || !this.link.hears;
      lands(delay(), (result) => {
        if (lost) broken();
        else if (this.link.hears) this.world.after(delay(), () => answered(result));
      });
    }
  }

  happens(fault: NetworkFault, times = 1): boolean {
    const rate = this.settings.faults[fault];
    if (rate === 0 || this.ceased.faults || !this.world.random.chance(rate * times)) return false;
    count(this.injected, fault);
    return true;
  }
}

const lost = () => new TenureError('RequestFailed', 'simulated failure');

const LEANS: Partial<Record<Kind, Settings['bias']>> = {
  'hand over': 'late hand-overs',
  acquire: 'late acquires',
  renew: 'late heartbeats',
};
