/** Servers on this machine, for the agent and the console. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { TenureError } from '../lease/errors.js';

/** The names of this machine that no other machine reaches. */
export const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/**
 * Resolves when it listens; a port that is taken is told as what it is.
 * @param who what the message calls it
 * @throws TenureError `BadOption`
 */
export function listening(who: string, app: Hono, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, () => resolve(server)) as Server;
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'it is taken: choose another, or 0 for a free one' : cause.message;
      reject(new TenureError('BadOption', `${who} cannot listen on ${hostname}, port ${port}: ${why}.`, { cause }));
    });
  });
}
