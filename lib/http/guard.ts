/**
 * Who may ask an agent. It listens on this machine, but a browser on this machine runs pages of anybody: a page whose name
 * was made to point here (DNS rebinding) shows in the Host header, a page of another origin in the Origin header.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { show } from '../lease/errors.js';
import { Problem } from './problem.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * @param hosts the names by which the agent may be asked, without ports
 * @param token asked for in `Authorization: Bearer ...`, if there is one
 */
export function guard(hosts: ReadonlySet<string>, token: string | undefined): MiddlewareHandler {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`);
  return async (c, next) => {
    const host = hostOf(`http://${c.req.header('host') ?? ''}`);
    if (host === undefined || !hosts.has(host)) {
      const detail = `The Host header must name this agent (${[...hosts].join(', ')}), but is ${show(c.req.header('host'))}.`;
      throw new Problem(421, 'WrongHost', detail);
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && !hosts.has(hostOf(origin) ?? '')) {
      throw new Problem(403, 'ForeignOrigin', `Web pages of ${show(origin)} may not ask this agent.`);
    }
    if (expected !== undefined && !timingSafeEqual(digest(c.req.header('authorization') ?? ''), expected)) {
      const detail = 'The header `Authorization: Bearer <token>` must carry the token of this agent.';
      throw new Problem(401, 'Unauthorised', detail, {}, { 'www-authenticate': 'Bearer' });
    }
    await next();
  };
}

/** The name in an address, without its port. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname || undefined : undefined;
}
