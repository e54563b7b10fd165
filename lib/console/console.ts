/** The live console: a page that shows elections as they go, and lets an operator act on them. */
import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import { bad } from '../election/options.js';
import { LOOPBACK, listening } from '../http/listen.js';
import { wholeNumber } from '../lease/timing.js';
import { consoleApp } from './app.js';
import { Guard } from './guard.js';
import { History } from './history.js';
import type { Source } from './source.js';

export { tableSource } from './table-source.js';

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
  const server = await listening('The console', app, host, port);
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
