/**
 * Which requests the servers of this machine answer, the agent and the console. They listen on this machine alone, but a
 * browser here runs pages of any origin: a page whose name was made to point here (DNS rebinding) shows in the Host
 * header, a page of another origin in the Origin header.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { show } from '../lease/errors.js';

/** A token is no shorter. */
export const LEAST_TOKEN_LENGTH = 16;

const STATUS = { WrongHost: 421, ForeignOrigin: 403, Unauthorised: 401, BodyTooLarge: 413 } as const;

export type RefusalCode = keyof typeof STATUS;
/** Makes the error that the server answers with. */
export type Refuse = (status: (typeof STATUS)[RefusalCode], code: RefusalCode, detail: string) => Error;

export interface GuardOptions {
  /** What the Host header may name: names and addresses, without ports. */
  readonly names: Iterable<string>;
  /** Whether it may be any address in numbers too: only names can be pointed elsewhere. Default `false`. */
  readonly anyAddress?: boolean;
  /** Whether pages of this very server alone may ask, instead of pages of all `names` on any port. Default `false`. */
  readonly ownPagesOnly?: boolean;
  /** Default: no request needs one. */
  readonly token?: string;
  readonly refuse: Refuse;
}

export class RequestGuard {
  readonly #names: ReadonlySet<string>;
  readonly #token: Buffer | undefined;

  constructor(private readonly options: GuardOptions) {
    this.#names = new Set([...options.names].map(asInUrls));
    this.#token = options.token === undefined ? undefined : digest(options.token);
  }

  /** Refuses requests that were meant for another host, and those of foreign pages. */
  get checkSource(): MiddlewareHandler {
    return async (c, next) => {
      const host = c.req.header('host');
      if (!this.#trustsHost(host)) {
        const names = [...this.#names].join(', ');
        throw this.#refusal('WrongHost', `The Host header must name this server (${names}), but is ${show(host)}.`);
      }
      const origin = c.req.header('origin');
      if (origin !== undefined && !this.#trustsOrigin(origin, host)) {
        throw this.#refusal('ForeignOrigin', `Web pages of ${show(origin)} may not send requests to this server.`);
      }
      await next();
    };
  }

  /** Refuses requests without the token in `Authorization: Bearer ...`, where there is one. */
  get checkToken(): MiddlewareHandler {
    return async (c, next) => {
      if (!this.accepts(/^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1])) {
        throw this.#refusal(
          'Unauthorised',
          'The header `Authorization: Bearer <token>` must carry the token of this server.',
        );
      }
      await next();
    };
  }

  accepts(token: string | undefined): boolean {
    return this.#token === undefined || (token !== undefined && timingSafeEqual(digest(token), this.#token));
  }

  #trustsHost(host: string | undefined): boolean {
    const name = nameIn(`http://${host ?? ''}`);
    if (name === undefined) return false;
    return this.#names.has(name) || (this.options.anyAddress === true && isIP(name.replace(/^\[|\]$/g, '')) > 0);
  }

  #trustsOrigin(origin: string, host: string | undefined): boolean {
    return this.options.ownPagesOnly ? origin === `http://${host}` : this.#names.has(nameIn(origin) ?? '');
  }

  #refusal(code: RefusalCode, detail: string): Error {
    return this.options.refuse(STATUS[code], code, detail);
  }
}

/** Refuses larger bodies, before they are read. */
export function limitBody(maxBytes: number, refuse: Refuse): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw refuse(STATUS.BodyTooLarge, 'BodyTooLarge', `The body must have at most ${maxBytes} bytes.`);
    },
  });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const asInUrls = (name: string): string => (name.includes(':') ? `[${name}]` : name.toLowerCase());

/** The name in a URL, without its port. */
function nameIn(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname || undefined : undefined;
}
