/**
 * Looks at an election's record every 50 ms, as nobody in the design does: to see each change of office when it happens,
 * and to prove that no moment passed without a valid lease.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { parseRecord } from '../../lib/lease/attributes.js';
import { type LeaseRecord, partitionKey, versionKey } from '../../lib/lease/record.js';
import { until } from '../support/until.js';

const EVERY_MS = 50;

/** A version of the record, and when a read showed it for the first time. */
export interface Sighting {
  /** When the read had returned, by the monotonic clock. */
  readonly at: number;
  readonly record: LeaseRecord;
}

/** A version that somebody holds. */
export type Held = Sighting & { readonly record: { readonly holder: string } };

/** A time in which no lease was valid, as far as the reads show. */
export interface Gap {
  readonly from: number;
  readonly ms: number;
  readonly why: string;
}

export class Watch {
  /** Every version that was seen, in order. */
  readonly sightings: Sighting[] = [];
  readonly gaps: Gap[] = [];
  /** The longest time between two reads that were answered. */
  longestPauseMs = 0;
  reads = 0;
  failures = 0;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #lastReadAt: number | undefined;
  /** Until when the lease of the last heartbeat seen is valid, counted from the read that showed it. */
  #coveredUntil: number | undefined;
  #open: { from: number; why: string } | undefined;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly election: string,
  ) {
    this.#done = this.#run();
  }

  get latest(): Sighting | undefined {
    return this.sightings.at(-1);
  }

  /** The first sighting that fits, of those from place `since` on, or of those to come. */
  until(
    what: string,
    fits: (record: LeaseRecord) => boolean,
    { since = 0, limitMs = 30_000 }: { since?: number; limitMs?: number } = {},
  ): Promise<Sighting> {
    const find = () => this.sightings.slice(since).find(({ record }) => fits(record));
    return until(`${this.election}: ${what}`, find, { limitMs, everyMs: 5 });
  }

  /** The first leader, and when it was seen; waits until there is one. */
  first(): Promise<Held> {
    const find = () => this.sightings.find((one): one is Held => one.record.holder !== undefined);
    return until(`${this.election}: the first leader`, find, { limitMs: 120_000, everyMs: 5 });
  }

  /** The present leader; waits until there is one, or one of `candidates` leads. */
  leader(candidates?: ReadonlyMap<string, unknown>): Promise<Held> {
    const held = () => {
      const holder = this.latest?.record.holder;
      if (holder === undefined || candidates?.has(holder) === false) return undefined;
      return this.latest as Held;
    };
    return until(`${this.election}: a leader`, held, { limitMs: 120_000, everyMs: 5 });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    this.#close(this.#lastReadAt ?? 0);
  }

  async #run(): Promise<void> {
    for (let next = performance.now(); !this.#stop.signal.aborted; ) {
      await this.#read();
      next = Math.max(next + EVERY_MS, performance.now());
      await sleep(next - performance.now());
    }
  }

  async #read(): Promise<void> {
    this.reads += 1;
    try {
      const Key = { pk: { S: partitionKey(this.election) }, sk: { S: 'leader' } };
      const command = new GetItemCommand({ TableName: this.tableName, Key, ConsistentRead: true });
      const { Item } = await this.client.send(command);
      const at = performance.now();
      if (this.#lastReadAt !== undefined) this.longestPauseMs = Math.max(this.longestPauseMs, at - this.#lastReadAt);
      this.#lastReadAt = at;
      if (Item !== undefined) this.#see(at, parseRecord(this.election, Item));
    } catch {
      this.failures += 1;
    }
  }

  #see(at: number, record: LeaseRecord): void {
    const last = this.latest?.record;
    if (this.#coveredUntil !== undefined && this.#coveredUntil < at) {
      this.#open ??= { from: this.#coveredUntil, why: `the lease of ${last?.holder} had run out` };
    }
    if (last !== undefined && versionKey(last) === versionKey(record)) return;
    this.sightings.push({ at, record });
    if (record.holder === undefined) {
      this.#coveredUntil = undefined;
      this.#open ??= { from: at, why: `vacant: ${record.reason}` };
      return;
    }
    // An office that was handed over gives no lease: until the newcomer's first heartbeat its predecessor's counts.
    if (record.reason === 'yielded' && record.beat === 0 && last !== undefined) return;
    this.#coveredUntil = at + record.leaseMs;
    this.#close(at);
  }

  #close(at: number): void {
    if (this.#open !== undefined) this.gaps.push({ ...this.#open, ms: at - this.#open.from });
    this.#open = undefined;
  }
}
