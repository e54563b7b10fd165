/** The live console: a page that shows elections as they go, and lets an operator act on them. */

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { bad } from '../election/options.js';
import { checkAddress, LOOPBACK, listen } from '../http/http-server.js';
import { LEAST_TOKEN_LENGTH, RequestGuard } from '../http/request-guard.js';
import { TenureError } from '../lease/errors.js';
import { wholeNumber } from '../lease/timing.js';
import { consoleApp, refusal } from './app.js';
import type { ConsoleSource } from './console-source.js';
import { EventHistory } from './event-history.js';

export { tableSource } from './table-source.js';

export interface ConsoleOptions {
  /** What is shown: a {@link tableSource} or a {@link clusterSource}. Closed with the console. */
  readonly source: ConsoleSource;
  /** Default 7655; 0 for a free one. */
  readonly port?: number;
  /** Where it listens. Default `127.0.0.1`. Any other than this machine's own needs `beyondThisMachine`. */
  readonly host?: string;
  /** Lets other machines send requests: then looking on needs the token too. Default `false`. */
  readonly beyondThisMachine?: boolean;
  /** Names that the Host header may have, beside `host` and `localhost`. Addresses in numbers are always accepted. */
  readonly allowedHosts?: readonly string[];
  /** Required by the buttons: 16 characters or more. Default: a new one for each start. */
  readonly token?: string;
}

/** A console that listens. */
export interface Console {
  /** The address with the token, which the buttons need. */
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
  const { source, host = '127.0.0.1', beyondThisMachine = false, allowedHosts = [] } = options;
  if (typeof source?.start !== 'function') throw bad('`source`', 'a tableSource(...) or a clusterSource(...)', source);
  checkAddress(host, beyondThisMachine, 'it shows who leads, and changes it');
  const port = wholeNumber('port', options.port ?? 7655, 0, 65_535);
  const token = tokenOf(options);
  const names = ['localhost', ...(isIP(host) > 0 ? [] : [host]), ...allowedHosts];
  const guard = new RequestGuard({ names, anyAddress: true, ownPagesOnly: true, token, refuse: refusal });
  const history = new EventHistory();
  const closed = new AbortController();
  const readersNeedToken = !LOOPBACK.has(host);
  const app = consoleApp({ source, history, guard, readersNeedToken, closed: closed.signal });
  const { server, url, port: bound } = await listen('The console', app, host, port);
  source.start((event) => history.add(event));
  const viewUrl = `${url}/`;
  let closing: Promise<void> | undefined;
  return {
    url: `${viewUrl}?token=${token}`,
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

/** The given token, or a new one. What is given is not shown in the error: it may be a secret with a mistake in it. */
function tokenOf({ token }: ConsoleOptions): string {
  if (token === undefined) return randomBytes(24).toString('base64url');
  if (typeof token === 'string' && /^[\w.~-]+$/.test(token) && token.length >= LEAST_TOKEN_LENGTH) return token;
  throw new TenureError(
    'BadOption',
    `The token must have ${LEAST_TOKEN_LENGTH} or more letters, digits, \`.\`, \`_\`, \`~\` or \`-\`. Leave it out to have one made.`,
  );
}
