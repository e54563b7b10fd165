/** The table that an API serves: which elections, by which client, with what limits. Shared by all of its requests. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { bad, checkKeys, checkName } from '../election/options.js';
import { type AnyDynamoDBClient, lendClient, tryLimitMs } from '../lease/client.js';
import { type Clock, realClock } from '../lease/clock.js';
import { DynamoLeaseStore } from '../lease/dynamodb.js';
import { isTenureError, show, TenureError } from '../lease/errors.js';
import type { LeaseRecord } from '../lease/record.js';
import type { CallOptions, LeaseStore } from '../lease/store.js';
import { MAX_LEASE_MS, resolveTimings, wholeMs } from '../lease/timing.js';
import { officeAnswer } from './office-answer.js';
import { Problem } from './problem.js';
import type { Answer } from './routes.js';

/** What a lease API is made from. Only `tableName` is needed. */
export interface LeaseApiOptions {
  /** The DynamoDB table of the elections, or its ARN. */
  readonly tableName: string;
  /** A client that you keep: it is never closed. Default: one of the API's own, with the time-outs that a lease needs. */
  readonly client?: AnyDynamoDBClient | undefined;
  /** The elections that are served, and no others. Default: all of the table. */
  readonly elections?: readonly string[] | undefined;
  /** By what part of a lease a clock may err. **The same for all candidates**, those without HTTP too. Default 0.01. */
  readonly drift?: number | undefined;
  /** The limit of one request to the table with all its attempts, in ms: 5 to 900 000. Default 1 500. */
  readonly requestTimeoutMs?: number | undefined;
}

const KNOWN = ['tableName', 'client', 'elections', 'drift', 'requestTimeoutMs'] satisfies (keyof LeaseApiOptions)[];

/** The options, complete and checked, and what requests do with them. */
export class ApiTable {
  readonly tableName: string;
  /** For an election that is made from it: it is shared as it is. */
  readonly client: DynamoDBClient;
  readonly drift: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock = realClock;
  readonly #elections: ReadonlySet<string> | undefined;
  readonly #release: () => void;

  /** @throws TenureError `BadOption`: what was expected, what came, what to do */
  constructor(options: LeaseApiOptions) {
    checkKeys('A lease API', options, KNOWN);
    const { tableName, client, elections, drift, requestTimeoutMs = 1_500 } = options;
    if (typeof tableName !== 'string' || tableName === '') {
      throw bad('`tableName`', 'the name or ARN of a DynamoDB table', tableName);
    }
    if (client !== undefined && typeof (client as { send?: unknown } | null)?.send !== 'function') {
      throw bad('`client`', 'a DynamoDBClient or DynamoDBDocumentClient', client);
    }
    if (elections !== undefined && (!Array.isArray(elections) || elections.length === 0)) {
      throw bad('`elections`', 'the names of one or more elections', elections);
    }
    this.tableName = tableName;
    this.#elections = elections && new Set(elections.map(checkName));
    this.drift = resolveTimings({ drift }).drift;
    this.requestTimeoutMs = wholeMs('requestTimeoutMs', requestTimeoutMs, 5, MAX_LEASE_MS);
    const lent = lendClient({ tableName, requestTimeoutMs: this.requestTimeoutMs, client });
    this.client = lent.client as DynamoDBClient;
    this.#release = () => lent.release();
  }

  /** @throws Problem `NotFound` for an election that is not served */
  store(election: string): LeaseStore {
    this.checkServed(election);
    return new DynamoLeaseStore(this.client, this.tableName, election);
  }

  checkServed(election: string): void {
    if (this.#elections === undefined || this.#elections.has(election)) return;
    const served = [...this.#elections].map((name) => show(name)).join(', ');
    throw new Problem(404, 'NotFound', `Election ${show(election)} is not served here. Served are: ${served}.`);
  }

  /**
   * Sends one request to the table, and once more if it has no answer or may pass (section 4): each try has half of the
   * limit. A write that was applied, and is sent again, is answered with the record as it stands.
   */
  send<T>(request: (options: CallOptions) => Promise<T>): Promise<T> {
    return this.#try(request).catch((failure: unknown) => {
      if (!isTenureError(failure, 'RequestFailed')) throw failure;
      return this.#try(request);
    });
  }

  async #try<T>(request: (options: CallOptions) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const limitMs = tryLimitMs(this.requestTimeoutMs);
    const cancel = this.clock.after(limitMs, () => controller.abort());
    try {
      return await request({ signal: controller.signal });
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      const message = `No answer of the table within ${limitMs} ms: the outcome is unknown. Send the request again.`;
      throw new TenureError('RequestFailed', message, { cause: error });
    } finally {
      cancel();
    }
  }

  /** This machine's wall clock, for people and hints (section 2). */
  at(): number {
    return Math.round(this.clock.now().wall);
  }

  /** The office as clients see it now. */
  state(election: string, record: LeaseRecord | undefined): Answer<'OfficeState'> {
    return officeAnswer(election, record, { wall: this.at(), drift: this.drift });
  }

  /** Closes a client of its own. */
  close(): void {
    this.#release();
  }
}
