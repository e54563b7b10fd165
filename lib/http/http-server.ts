/** The HTTP servers of this machine, for the agent and the console: where they may listen, and that they do. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { bad } from '../election/options.js';
import { TenureError } from '../lease/errors.js';

/** The names of this machine that no other machine reaches. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * @param danger what could happen if other machines reach the address
 * @throws TenureError `BadOption` for an address that other machines reach, unless that is wanted
 */
export function checkAddress(host: unknown, beyondThisMachine: unknown, danger: string): void {
  if (typeof host !== 'string' || host === '') throw bad('`host`', 'an address to listen on', host);
  if (LOOPBACK.has(host) || beyondThisMachine === true) return;
  throw bad('`host`', `127.0.0.1, localhost or ::1, unless \`beyondThisMachine\` is true: ${danger}`, host);
}

export interface ListeningServer {
  readonly server: Server;
  /** Where it listens: `http://127.0.0.1:7654`. */
  readonly url: string;
  readonly port: number;
}

/**
 * Resolves when it listens; the error for a port in use says so.
 * @param title what the error calls it
 * @throws TenureError `BadOption`
 */
export function listen(title: string, app: Hono, host: string, port: number): Promise<ListeningServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, () => {
      const bound = (server.address() as AddressInfo).port;
      resolve({ server, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, port: bound });
    }) as Server;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is taken: choose another, or 0 for a free one' : cause.message;
      reject(new TenureError('BadOption', `${title} cannot listen on ${host}, port ${port}: ${why}.`, { cause }));
    });
  });
}
