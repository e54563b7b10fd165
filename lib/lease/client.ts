/**
 * How the lease reaches DynamoDB: by connections of its own, one attempt for each try, and settings that neither the
 * environment nor the application can change. What the SDK's client would hide (retries and their quota, a rate limiter, a
 * pool of connections shared with everything else) decides about no lease: see docs/sdk-client.md.
 */
import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TenureError } from './errors.js';
import { Gate } from './gate.js';
import { MAX_LEASE_MS, wholeMs } from './timing.js';

/** A client of the user's: the plain one, or the document client. */
export type AnyDynamoDBClient = DynamoDBClient | DynamoDBDocumentClient;

/** What the stores need of a client. */
export type Sender = Pick<DynamoDBClient, 'send'>;

/** How many requests to one table go at a time, and how many of them may be looks and bids. */
const AT_A_TIME = { most: 128, others: 32 };
/** How many connections are kept while nothing is sent. */
const KEPT_IDLE = 16;

/** How long one try of a request may take, in ms: half of what a whole call may, so that a second one has room. */
export const tryLimitMs = (requestTimeoutMs: number): number => Math.max(1, Math.floor(requestTimeoutMs / 2));

/**
 * The settings that a lease wants of its client: one attempt, because the election tries again by itself, and time-outs
 * that end the request instead of only logging. Nothing in the environment changes them.
 *
 * @param requestTimeoutMs the limit of one call with its tries, in milliseconds: 1 to 900 000
 * @throws TenureError `BadOption`
 * @example new DynamoDBClient({ ...leaseClientConfig(1500), region: 'eu-west-1' })
 */
export function leaseClientConfig(requestTimeoutMs: number): DynamoDBClientConfig {
  const tryMs = tryLimitMs(wholeMs('requestTimeoutMs', requestTimeoutMs, 1, MAX_LEASE_MS));
  return {
    maxAttempts: 1,
    // `AWS_RETRY_MODE=adaptive` would put a rate limiter before each request, which after some throttling lets nothing pass.
    retryMode: 'standard',
    requestHandler: { connectionTimeout: Math.min(500, tryMs), requestTimeout: tryMs, throwOnRequestTimeout: true },
  };
}

/** A client, what its elections share besides, and the way to say that it is not needed any more. */
export interface Lent {
  readonly client: Sender;
  /** The turns of all elections that use this client for this table. */
  readonly gate: Gate;
  /** Says why the client is not fit for a lease, where that can be seen; only of one that is used as it was given. */
  readonly unfit: Promise<TenureError | undefined>;
  /** Closes what is idle: the next request opens a new connection. */
  dropIdle(): void;
  release(): void;
}

/** What a lease asks for. */
export interface Wanted {
  readonly tableName: string;
  readonly requestTimeoutMs: number;
  /** The user's client. Default: a client of the library, by the SDK's own configuration. */
  readonly client?: AnyDynamoDBClient | undefined;
  /** Use the user's client as it is, connections, retries and all. */
  readonly asGiven?: boolean | undefined;
}

/** A client that elections share, until the last of them is closed. */
interface Shared {
  readonly client: Sender;
  readonly connections: Connections | undefined;
  readonly gates: Map<string, Gate>;
  readonly close: () => void;
  users: number;
}

const OURS = {};
/** By the user's client (or {@link OURS}), then by what makes a client differ. */
const shared = new WeakMap<object, Map<string, Shared>>();

/** The client for a lease: shared by all elections that want the same, and closed with the last of them. */
export function lendClient({ tableName, requestTimeoutMs, client, asGiven = false }: Wanted): Lent {
  const byKind = shared.get(client ?? OURS) ?? new Map<string, Shared>();
  shared.set(client ?? OURS, byKind);
  const kind = `${asGiven} ${requestTimeoutMs}`;
  const entry = byKind.get(kind) ?? make(client, requestTimeoutMs, asGiven);
  byKind.set(kind, entry);
  entry.users += 1;
  const gate = entry.gates.get(tableName) ?? new Gate(AT_A_TIME.most, AT_A_TIME.others);
  entry.gates.set(tableName, gate);
  let lent = true;
  return {
    client: entry.client,
    gate,
    unfit: entry.connections === undefined ? whyUnfit(entry.client) : Promise.resolve(undefined),
    dropIdle: () => entry.connections?.dropIdle(),
    release() {
      if (!lent) return;
      lent = false;
      entry.users -= 1;
      if (entry.users > 0) return;
      byKind.delete(kind);
      entry.close();
    },
  };
}

function make(client: AnyDynamoDBClient | undefined, requestTimeoutMs: number, asGiven: boolean): Shared {
  const gates = new Map<string, Gate>();
  if (client !== undefined && (asGiven || !canDerive(client))) {
    return { client: client as DynamoDBClient, connections: undefined, gates, close: () => {}, users: 0 };
  }
  const connections = new Connections();
  const config = leaseClientConfig(requestTimeoutMs);
  const handler = { ...(config.requestHandler as object), ...connections.agents };
  if (client === undefined) {
    const ours = new DynamoDBClient({ ...config, requestHandler: handler });
    return { client: watched(ours, connections), connections, gates, close: () => ours.destroy(), users: 0 };
  }
  return {
    client: watched(derived(client as DynamoDBClient, handler, connections), connections),
    connections,
    gates,
    close: () => connections.close(),
    users: 0,
  };
}

/** Anything that is not plainly the SDK's own client (a stand-in for tests, another runtime) is used as it is. */
function canDerive(client: AnyDynamoDBClient): boolean {
  const { config, middlewareStack } = client as Partial<DynamoDBClient>;
  const handler = config?.requestHandler as { metadata?: { handlerProtocol?: string } } | undefined;
  return typeof middlewareStack?.clone === 'function' && handler?.metadata?.handlerProtocol === 'http/1.1';
}

/**
 * The user's client with connections of the lease's own and without the SDK's retries: endpoint, Region, credentials, TLS
 * and middleware stay the user's.
 */
function derived(client: DynamoDBClient, options: object, connections: Connections): DynamoDBClient {
  const { requestHandler: theirs } = client.config;
  const own = async () => {
    // Their time-outs and pool are the application's; their TLS options and proxy say how to reach the table.
    const { httpAgent, httpsAgent } = await agentsOf(theirs);
    connections.adopt(httpAgent, httpsAgent);
    return {
      ...options,
      ...connections.agents,
      // Agents of other makes (for a proxy) know a way that ours do not: they are used as they are.
      ...(isForeign(httpAgent, HttpAgent) && { httpAgent }),
      ...(isForeign(httpsAgent, HttpsAgent) && { httpsAgent }),
    };
  };
  const Handler = theirs.constructor as new (options: () => Promise<object>) => typeof theirs;
  const requestHandler = isOfTheSdk(theirs) ? new Handler(own) : theirs;
  const middlewareStack = client.middlewareStack.clone();
  // In its place, because others are placed beside it: each request goes on as it comes, once.
  middlewareStack.add((next) => (args) => next(args), {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  return Object.create(client, {
    config: { value: { ...client.config, requestHandler, cacheMiddleware: false } },
    middlewareStack: { value: middlewareStack },
    handlers: { value: undefined, writable: true, configurable: true },
  }) as DynamoDBClient;
}

/** The SDK's own handler, which can be made again. What wraps or extends it is made in ways that are not known here. */
const isOfTheSdk = (handler: object): boolean =>
  'configProvider' in handler && Object.getPrototypeOf(handler.constructor.prototype) === Object.prototype;

/** The agents that the user's client connects by, as far as they can be seen. */
async function agentsOf(handler: object): Promise<{ httpAgent?: unknown; httpsAgent?: unknown }> {
  const { configProvider } = handler as { configProvider?: Promise<unknown> };
  const config = ((await configProvider) ?? {}) as {
    httpAgent?: unknown;
    httpsAgent?: unknown;
    httpAgentProvider?: () => Promise<unknown>;
  };
  return { httpAgent: config.httpAgent ?? (await config.httpAgentProvider?.()), httpsAgent: config.httpsAgent };
}

const isForeign = (agent: unknown, usual: unknown): boolean =>
  typeof agent === 'object' && agent !== null && agent.constructor !== usual && agent.constructor !== Object;

/** After a request that was not answered, what else is idle may be as dead as its connection was. */
function watched(client: DynamoDBClient, connections: Connections): Sender {
  const send = async (command: never, options?: { abortSignal?: AbortSignal }) => {
    try {
      return await client.send(command, options);
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      if (options?.abortSignal?.aborted || name === 'TimeoutError' || name === 'AbortError') connections.dropIdle();
      throw error;
    }
  };
  return { send } as Sender;
}

/** What is the lease's own in an agent. */
const OWN = { keepAlive: true, maxFreeSockets: KEPT_IDLE };

/** How an agent connects, without how many connections it keeps and for how long. */
function wayOf(agent: HttpAgent): AgentOptions {
  const { maxSockets, maxTotalSockets, timeout, ...way } = (agent as unknown as { options: AgentOptions }).options;
  return way;
}

/** The lease's own connections. There is no limit to them: the gate has one. */
class Connections {
  #http = new HttpAgent(OWN);
  #https = new HttpsAgent(OWN);

  get agents() {
    return { httpAgent: this.#http, httpsAgent: this.#https };
  }

  /** Connects as these agents do: with their certificates, and their way of looking up names. */
  adopt(http: unknown, https: unknown): void {
    if (http instanceof HttpAgent) this.#http = new HttpAgent({ ...wayOf(http), ...OWN });
    if (https instanceof HttpsAgent) this.#https = new HttpsAgent({ ...wayOf(https), ...OWN });
  }

  dropIdle(): void {
    for (const agent of [this.#http, this.#https]) {
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** What can be seen of a client that is used as it was given, and would cost a lease. */
async function whyUnfit(client: Sender): Promise<TenureError | undefined> {
  try {
    const { retryMode } = ((client as Partial<DynamoDBClient>).config ?? {}) as { retryMode?: unknown };
    if ((typeof retryMode === 'function' ? await retryMode() : retryMode) !== 'adaptive') return undefined;
    return new TenureError(
      'BadOption',
      '`client` retries in mode `adaptive`: after some seconds of throttling its rate limiter sends nothing for minutes, and ' +
        "the lease is lost meanwhile. Give it `retryMode: 'standard'`, or leave out `sharedConnections`.",
    );
  } catch {
    return undefined; // what the client cannot say of itself is not known
  }
}
