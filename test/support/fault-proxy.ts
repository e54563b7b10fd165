/**
 * A network that misbehaves on command, between an SDK client and an engine. It speaks HTTP: every request is read
 * whole, then forwarded, held, lost, repeated or refused, as the rules that a test has set say.
 *
 * Requests go on byte for byte, their headers too; what it does to each is in {@link FaultProxy.log}.
 */
import { setMaxListeners } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { carry, type Exchange, type Fault, type Partition, type Reply, refusal } from './faults.js';

export interface SeenRequest {
  /** 1 for the first request, and so on. */
  readonly n: number;
  /** The operation, e.g. `UpdateItem`; for what is no DynamoDB request, method and path. */
  readonly op: string;
  readonly body: Record<string, unknown>;
}

interface LoggedRequest extends SeenRequest {
  readonly fault: Fault | Partition | undefined;
  /** When it came, as of `performance.now()`, in ms. */
  readonly at: number;
  /** Resolves when the proxy forwards it no more, with the status of each answer of the engine, in order. */
  readonly landed: Promise<readonly number[]>;
  /** What went wrong that no fault asked for, such as an engine that is gone. */
  error?: unknown;
}

interface OneOff {
  /** Resolves when the fault has struck as often as asked: a lost reply once the write is applied, a hold once held. */
  readonly happened: Promise<void>;
  /** Resolves when, besides, all that the faults let through, however late, has landed. */
  readonly landed: Promise<void>;
  /** Takes the fault back, as far as it has not struck. */
  cancel(): void;
}

type Rule = (request: SeenRequest) => Fault | undefined;

export interface FaultProxy {
  /** Where clients connect instead of to the engine. */
  readonly endpoint: string;
  /** How many requests came, by operation. */
  readonly requests: Readonly<Record<string, number>>;
  readonly log: readonly LoggedRequest[];
  /** Asks `rule` about each request from now on; the oldest rule that names a fault wins. Returns its remover. */
  on(rule: Rule): () => void;
  /** Strikes the next `times` (default 1) requests that match. Goes before all rules set by `on`. */
  next(matches: (request: SeenRequest) => boolean, fault: Fault, options?: { times?: number }): OneOff;
  /** True: all connections are reset, and each request from then on, with no rule asked. What is held still lands. */
  partition(on: boolean): void;
  /** Ends every connection and timer; what is still held never lands. */
  stop(): Promise<void>;
}

interface Strike {
  readonly fault: Fault | Partition | undefined;
  readonly struck?: () => void;
  readonly entered?: (entry: LoggedRequest) => void;
}

/** Starts a proxy on a free port of 127.0.0.1 in front of the engine at `target`. */
export async function startProxy(options: { target: string }): Promise<FaultProxy> {
  const target = new URL(options.target);
  const sockets = new Set<Socket>();
  const agent = new Agent({ keepAlive: true });
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // one for each request that waits
  const rules: Rule[] = [];
  const oneOffs: ((request: SeenRequest) => Strike | undefined)[] = [];
  const requests: Record<string, number> = {};
  const log: LoggedRequest[] = [];
  let partitioned = false;

  const resetAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const choose = (seen: SeenRequest): Strike => {
    if (partitioned) return { fault: { kind: 'partition' } };
    for (const ask of oneOffs) {
      const strike = ask(seen);
      if (strike) return strike;
    }
    for (const rule of rules) {
      const fault = rule(seen);
      if (fault) return { fault };
    }
    return { fault: undefined };
  };

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const raw = await readAll(incoming);
    const seen: SeenRequest = { n: log.length + 1, op: operationOf(incoming), body: parse(raw) };
    requests[seen.op] = (requests[seen.op] ?? 0) + 1;
    const { fault, struck = () => {}, entered } = choose(seen);
    const statuses: number[] = [];
    const exchange: Exchange = {
      forward: async () => {
        stopping.signal.throwIfAborted();
        const reply = await forward(target, agent, incoming, raw);
        statuses.push(reply.status);
        return reply;
      },
      answer: (reply) => send(outgoing, reply),
      reset: () => incoming.socket.resetAndDestroy(),
      resetAll,
      wait: (delayMs) => sleep(delayMs, undefined, { signal: stopping.signal }),
      struck,
    };
    const carried = carry(exchange, fault).catch((error) => {
      if (!stopping.signal.aborted) entry.error = error;
      exchange.reset();
    });
    const entry: LoggedRequest = { ...seen, fault, at: performance.now(), landed: carried.then(() => statuses) };
    log.push(entry);
    entered?.(entry);
  };

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error) => {
      // A client that leaves in the middle of its request has sent none. Else a rule threw: its test is to see that,
      // so the refusal is one that the SDK does not retry.
      if (!incoming.complete) return incoming.socket.resetAndDestroy();
      send(outgoing, refusal(400, 'ValidationException', `a rule of the fault proxy threw: ${error}`));
    });
  });
  // Node's own limits would cut connections that no test asked to have cut.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);

  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    log,
    on: (rule) => addTo(rules, rule),
    next: (matches, fault, { times = 1 } = {}) => {
      let left = times;
      let toStrike = times;
      const entries: LoggedRequest[] = [];
      const { promise: happened, resolve } = deferred();
      const cancel = addTo(oneOffs, (seen) => {
        if (!matches(seen)) return undefined;
        if (--left === 0) cancel();
        const struck = () => {
          if (--toStrike === 0) resolve();
        };
        return { fault, struck, entered: (entry) => entries.push(entry) };
      });
      const landed = happened.then(async () => void (await Promise.all(entries.map((entry) => entry.landed))));
      return { happened, landed, cancel };
    },
    partition: (on) => {
      partitioned = on;
      if (on) resetAll();
    },
    stop: async () => {
      stopping.abort();
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(target: URL, agent: Agent, incoming: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = target;
    const { method, url: path, headers } = incoming;
    request({ agent, hostname, port, method, path, headers }, (response) => {
      readAll(response).then((body) => {
        // How long connections live and how bodies are cut is each hop's own affair; this one knows the whole body.
        const { connection, 'keep-alive': _, 'transfer-encoding': __, ...kept } = response.headers;
        resolve({ status: response.statusCode ?? 0, headers: { ...kept, 'content-length': `${body.length}` }, body });
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function send(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  outgoing.writeHead(status, headers).end(body);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function operationOf({ headers, method, url }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.slice(target.indexOf('.') + 1) : `${method} ${url}`;
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function addTo<T>(list: T[], item: T): () => void {
  list.push(item);
  return () => {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
