/**
 * The network between the processes and the engine: a fault proxy for each process, so that one can be cut off alone. It
 * harms single requests by chance, and all of one process's while that is cut off, one way or both ways.
 */
import { type FaultProxy, type SeenRequest, startProxy } from '../support/fault-proxy.js';
import type { Fault as Harm } from '../support/faults.js';
import { between, type Random } from './random.js';
import { TO_REQUESTS } from './schedule.js';

type Kind = (typeof TO_REQUESTS)[number];

/** Of the requests, so many are harmed. */
const RATES: Record<Kind, number> = {
  'lost reply': 0.01,
  'late landing': 0.01,
  duplicate: 0.01,
  reset: 0.001,
  slow: 0.02,
  refused: 0.01,
};
/** In a storm, so many times as often. */
const STORM = 12;
const EMPTIED_EVERY_MS = 50;

/**
 * What happens to all requests of a process. `partition`: its connections are reset, and every new one. `deaf`: what it
 * sends is applied, and no answer comes. `half-open`: nothing comes through, and no error says so.
 */
export type Cut = 'partition' | 'deaf' | 'half-open' | 'storm';

export class Network {
  /** How often each kind struck a request. */
  readonly struck: Partial<Record<Kind, number>> = {};
  requests = 0;
  readonly #proxies: FaultProxy[] = [];
  readonly #cuts = new Map<number, Cut>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #emptying: NodeJS.Timeout;
  #calm = true;

  private constructor(
    private readonly chance: Random,
    private readonly leaseMs: number,
  ) {
    this.#emptying = setInterval(() => this.#emptyLogs(), EMPTIED_EVERY_MS);
  }

  /** @param target the engine's endpoint */
  static async open(target: string, slots: number, leaseMs: number, chance: Random): Promise<Network> {
    const network = new Network(chance, leaseMs);
    for (let slot = 0; slot < slots; slot += 1) {
      const proxy = await startProxy({ target });
      proxy.on((request) => network.#harm(slot, request));
      network.#proxies.push(proxy);
    }
    return network;
  }

  endpoint(slot: number): string {
    return this.#proxies[slot]!.endpoint;
  }

  /** Cuts a process off, or (undefined) no more. */
  cut(slot: number, how: Cut | undefined): void {
    if (how === undefined) this.#cuts.delete(slot);
    else this.#cuts.set(slot, how);
    this.#proxies[slot]!.partition(how === 'partition');
  }

  /** True, as it is at first: no faults; what is held still lands. */
  calm(on: boolean): void {
    this.#calm = on;
    for (const slot of this.#cuts.keys()) this.cut(slot, undefined);
  }

  /** Resolves when all that is held has landed. */
  async settled(): Promise<void> {
    this.#emptyLogs();
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    clearInterval(this.#emptying);
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
  }

  #harm(slot: number, { op }: SeenRequest): Harm | undefined {
    this.requests += 1;
    if (this.#calm) return undefined;
    const cut = this.#cuts.get(slot);
    if (cut === 'deaf') return { kind: 'lose-reply', by: 'hang' };
    if (cut === 'half-open') return { kind: 'hang' };
    const often = cut === 'storm' ? STORM : 1;
    let left = this.chance();
    for (const kind of TO_REQUESTS) {
      left -= RATES[kind] * often;
      if (left >= 0) continue;
      this.struck[kind] = (this.struck[kind] ?? 0) + 1;
      return this.#harmOf(kind, op);
    }
    return undefined;
  }

  #harmOf(kind: Kind, op: string): Harm {
    const { chance, leaseMs } = this;
    switch (kind) {
      case 'lost reply':
        return { kind: 'lose-reply', by: chance() < 0.5 ? 'reset' : 'hang' };
      case 'late landing':
        // Long after its sender has given up: within the lease, or beyond it.
        return { kind: 'hold', release: after(between(chance, 0.2, 2.5) * leaseMs) };
      case 'duplicate':
        return { kind: 'duplicate', delayMs: between(chance, 0, 2) * leaseMs };
      case 'reset':
        return { kind: 'reset' };
      case 'slow':
        return { kind: 'delay', beforeMs: chance() * 0.2 * leaseMs, afterMs: chance() * 0.2 * leaseMs };
      case 'refused':
        // A 5xx may be of a write that was applied.
        if (chance() < 0.4) return { kind: 'throttle' };
        return { kind: 'error500', applied: op === 'UpdateItem' && chance() < 0.5 };
    }
  }

  /** Remembers what has not landed yet, and forgets the rest: the logs of a long run would not fit in memory. */
  #emptyLogs(): void {
    for (const { log } of this.#proxies) {
      for (const { landed } of log) {
        this.#underWay.add(landed);
        void landed.finally(() => this.#underWay.delete(landed));
      }
      (log as unknown as { length: number }).length = 0;
    }
  }
}

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
