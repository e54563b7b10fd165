/** The live console: a page that shows elections as they go, and lets an operator act on them. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { show, TenureError } from '../lease/errors.js';
import { wholeNumber } from '../lease/timing.js';
import { consoleApp } from './app.js';
import { Guard } from './guard.js';
import { History } from './history.js';
import type { Source } from './source.js';

export { tableSource } from './table-source.js';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

export interface ConsoleOptions {
  /** What is shown: a {@link tableSource} or a {@link clusterSource}. Closed with the console. */
  readonly source: Source;
  /** Default 7655; 0 for a free one. */
  readonly port?: number;
  /** Where it listens. Default `127.0.0.1`. Any other than this machine's own needs `beyondThisMachine`. */
  readonly host?: string;
  /** Lets others than this machine ask: who only looks then needs the token too. Default `false`. */
  readonly beyondThisMachine?: boolean;
  /** Names in the Host header to be taken, beside `host` and `localhost`. Addresses in numbers always are. */
  readonly allowedHosts?: readonly string[];
  /** What the buttons need: 16 characters or more. Default: a new one for each start. */
  readonly token?: string;
}

/** A console that listens. */
export interface Console {
  /** The address with the token: who has it may press the buttons. */
  readonly url: string;
  /** The address without it: for looking on. */
  readonly viewUrl: string;
  readonly port: number;
  /** Listens no more, and closes its source. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the console, and resolves when it listens.
 *
 * @throws TenureError `BadOption`: what was expected, what came, what to do
 * @example
 * const source = tableSource({ tableName: 'tenure', elections: ['billing'] });
 * const { url } = await startConsole({ source });
 * console.log(`Console: ${url}`);
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { source, host = '127.0.0.1', beyondThisMachine = false, allowedHosts = [], token } = options;
  if (typeof source?.start !== 'function') throw bad('`source`', 'a tableSource(...) or a clusterSource(...)', source);
  if (typeof host !== 'string' || host === '') throw bad('`host`', 'an address to listen on', host);
  if (!LOOPBACK.has(host) && beyondThisMachine !== true) {
    const expected =
      '127.0.0.1, localhost or ::1, unless `beyondThisMachine` is true: it shows who leads, and changes it';
    throw bad('`host`', expected, host);
  }
  const port = wholeNumber('port', options.port ?? 7655, 0, 65_535);
  const names = isIP(host) > 0 ? allowedHosts : [host, ...allowedHosts];
  const guard = new Guard(token, names);
  const history = new History();
  const closed = new AbortController();
  const readersNeedToken = !LOOPBACK.has(host);
  const app = consoleApp({ source, history, guard, readersNeedToken, closed: closed.signal });
  const server = await listening(app, host, port);
  source.start((fact) => history.add(fact));
  const bound = (server.address() as AddressInfo).port;
  const viewUrl = `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`;
  let closing: Promise<void> | undefined;
  return {
    url: `${viewUrl}?token=${guard.token}`,
    viewUrl,
    port: bound,
    close: () => {
      closing ??= (async () => {
        closed.abort();
        const over = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await Promise.all([over, source.close()]);
      })();
      return closing;
    },
  };
}

/** Resolves when it listens; a port that is taken is told as what it is. */
function listening(app: Hono, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, () => resolve(server)) as Server;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is taken: choose another, or 0 for a free one' : cause.message;
      const message = `The console cannot listen on ${hostname}, port ${port}: ${why}.`;
      reject(new TenureError('BadOption', message, { cause }));
    });
  });
}

function bad(what: string, expected: string, found: unknown): TenureError {
  return new TenureError('BadOption', `${what} must be ${expected}, but is ${show(found)}.`);
}
