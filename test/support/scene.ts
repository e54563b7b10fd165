/**
 * A test with a stage of its own: an election's name on the file's table, fault proxies in front of the engine, and
 * candidates whose events are written down. Whatever it opened is closed when the test ends.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { test as base } from 'vitest';
import {
  type CampaignOptions,
  type Effects,
  Election,
  type ElectionEvents,
  type ElectionOptions,
  type EventName,
  type Leadership,
  leaseClientConfig,
  type Office,
  type TenureError,
  type TenureErrorCode,
} from '../../lib/index.js';
import type { Item } from '../../lib/lease/item.js';
import { type FaultProxy, startProxy } from './fault-proxy.js';
import { freshTable, type TestTable } from './table.js';
import { until } from './until.js';

/**
 * Short enough for a test, and patient with a noisy machine: each of the SDK's two attempts has 250 ms.
 * A holder leads for 1,980 ms after a heartbeat, a standby waits for 2,020.
 */
export const TIMINGS = { leaseMs: 2_000, renewMs: 500, stepDownMs: 200, requestTimeoutMs: 500 };
export const HOLD_MS = 1_980;
export const WAIT_MS = 2_020;

const EVENTS: EventName[] = ['state', 'elected', 'lost', 'heartbeat', 'office', 'challenged', 'released', 'error'];

interface Noted<N extends EventName = EventName> {
  readonly name: N;
  readonly event: ElectionEvents[N];
  /** `performance.now()`. */
  readonly at: number;
}

/** For operators and observers, which have no lease to lose: patient with a single request. */
export const OUTSIDE = { leaseMs: 30_000, renewMs: 8_000, stepDownMs: 200, requestTimeoutMs: 8_000 };

/** An election, and all that it emitted. */
export interface Candidate {
  readonly election: Election;
  readonly log: Noted[];
  seen<N extends EventName>(name: N): ElectionEvents[N][];
  /** When each such event was emitted. */
  times(name: EventName): number[];
  /** Its requests, by operation and outcome. */
  readonly requests: ElectionEvents['request'][];
  /** The errors that it emitted, less those of a slow or faulty network: a noisy machine has them too. */
  troubles(): TenureErrorCode[];
  /** `leader()`, asked again where a noisy machine was too slow to answer. */
  office(): Promise<Office>;
  /** Campaigns, and resigns at the end of the test at the latest. */
  lead(options?: CampaignOptions): Promise<Leadership>;
}

export type CandidateOptions = Partial<ElectionOptions> & {
  /** Through this proxy instead of straight to the engine. */
  via?: FaultProxy;
  effects?: Partial<Effects>;
};

export class Scene {
  readonly name = `office-${randomBytes(4).toString('hex')}`;
  readonly #undo: (() => unknown)[] = [];
  readonly #leaderships: Leadership[] = [];
  readonly #elections: Election[] = [];
  #ids = 0;

  constructor(readonly table: TestTable) {}

  /** Has `undo` done at the end of the test, the latest first. */
  afterwards(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  async proxy(): Promise<FaultProxy> {
    const proxy = await startProxy({ target: this.table.endpoint });
    this.afterwards(() => proxy.stop());
    return proxy;
  }

  /** A client with the lease's own settings, so that the SDK's retries happen. */
  client(via?: FaultProxy, requestTimeoutMs = TIMINGS.requestTimeoutMs): DynamoDBClient {
    const client = this.table.clientAt(via?.endpoint ?? this.table.endpoint, leaseClientConfig(requestTimeoutMs));
    this.afterwards(() => client.destroy());
    return client;
  }

  /** For fenced writes to items of the user's own. */
  documents(via?: FaultProxy): DynamoDBDocumentClient {
    const client = this.table.clientAt(via?.endpoint ?? this.table.endpoint);
    this.afterwards(() => client.destroy());
    return DynamoDBDocumentClient.from(client);
  }

  /** One candidate: `a`, `b`, ... unless it is given an id. */
  candidate({ via, effects, ...options }: CandidateOptions = {}): Candidate {
    const { requestTimeoutMs = TIMINGS.requestTimeoutMs } = options;
    const id = String.fromCharCode(97 + this.#ids++);
    const client = options.client ?? this.client(via, requestTimeoutMs);
    const election = new Election(
      { name: this.name, tableName: this.table.tableName, id, ...TIMINGS, ...options, client },
      effects,
    );
    this.#elections.push(election);
    const log: Noted[] = [];
    const requests: ElectionEvents['request'][] = [];
    for (const name of EVENTS) election.on(name, (event) => log.push({ name, event, at: performance.now() }));
    election.on('request', (request) => requests.push(request));
    const of = (name: EventName) => log.filter((noted) => noted.name === name);
    return {
      election,
      log,
      requests,
      seen: <N extends EventName>(name: N) => of(name).map(({ event }) => event as ElectionEvents[N]),
      times: (name) => of(name).map(({ at }) => at),
      troubles: () =>
        of('error')
          .map(({ event }) => (event as TenureError).code)
          .filter((code) => code !== 'RequestFailed'),
      office: () => until('the leader', () => election.leader()),
      lead: async (how) => {
        const leadership = await election.campaign(how);
        this.#leaderships.push(leadership);
        return leadership;
      },
    };
  }

  /** The record (or the fence) as it stands in the table. */
  item(sk?: 'leader' | 'fence', name = this.name): Promise<Item | undefined> {
    return this.table.item(name, sk);
  }

  /** The record of a leader that died just now. */
  async dead(attributes: Item = {}): Promise<void> {
    const now = { N: `${Date.now()}` };
    await this.table.put(this.name, {
      format: { N: '1' },
      term: { N: '1' },
      beat: { N: '5' },
      holder: { S: 'ghost' },
      attempt: { S: 'ghost-attempt' },
      leaseMs: { N: `${TIMINGS.leaseMs}` },
      renewMs: { N: `${TIMINGS.renewMs}` },
      priority: { N: '0' },
      acquiredAt: now,
      renewedAt: now,
      ...attributes,
    });
  }

  async end(): Promise<void> {
    // Leaderships by hand are resigned first, for nobody else does it; proxies end after the elections that use them.
    await Promise.all(this.#leaderships.map((leadership) => leadership.resign()));
    await Promise.all(this.#elections.map((election) => election.close()));
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }
}

let table: Promise<TestTable> | undefined;

/** A table on which every kind of request was answered once: an engine that has just been started is slow at first. */
async function warmTable(stream: boolean): Promise<TestTable> {
  const fresh = await freshTable(undefined, { stream });
  const { tableName, client } = fresh;
  const patient = { ...TIMINGS, leaseMs: 60_000, renewMs: 15_000, requestTimeoutMs: 15_000 };
  for (let n = 0; n < 5; n += 1) {
    await using election = new Election({ name: 'warm-up', tableName, client, id: `${n}`, ...patient });
    const leadership = await election.campaign();
    await leadership.proclaim(n);
    await leadership.resign();
  }
  return fresh;
}

/** `test` with a `scene`; where changes are read, with `stream: true`. */
export const test = base.extend<{ stream: boolean; scene: Scene }>({
  stream: false,
  scene: async ({ stream }, use) => {
    table ??= warmTable(stream);
    const scene = new Scene(await table);
    await use(scene);
    await scene.end();
  },
});

/** Something that is held until it is opened. */
export function gate(): { readonly release: Promise<void>; open(): void } {
  let open = () => {};
  const release = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { release, open: () => open() };
}

/** Work that goes on until its signal is aborted. */
export function untilAborted({ signal }: { signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
