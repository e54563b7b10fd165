/**
 * Who may ask the console. It listens on this machine, but a browser on this machine runs pages of anybody: a page whose
 * name was made to point here (DNS rebinding) shows in the Host header, a page of another origin in the Origin header.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { TenureError } from '../lease/errors.js';

const LEAST_TOKEN_LENGTH = 16;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export class Guard {
  readonly token: string;
  readonly #digest: Buffer;
  readonly #names: ReadonlySet<string>;

  /** @throws TenureError `BadOption` for a token that is too short. It is not shown: it may be a secret with a mistake. */
  constructor(token: string | undefined, names: readonly string[]) {
    if (
      token !== undefined &&
      !(typeof token === 'string' && /^[\w.~-]+$/.test(token) && token.length >= LEAST_TOKEN_LENGTH)
    ) {
      throw new TenureError(
        'BadOption',
        `The token must have ${LEAST_TOKEN_LENGTH} or more letters, digits, \`.\`, \`_\`, \`~\` or \`-\`. Leave it out to have one made.`,
      );
    }
    this.token = token ?? randomBytes(24).toString('base64url');
    this.#digest = digest(this.token);
    this.#names = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  }

  knows(token: string | undefined): boolean {
    return token !== undefined && timingSafeEqual(digest(token), this.#digest);
  }

  /** A number is an address that nobody can point elsewhere: only names can be rebound. */
  trustsHost(host: string | undefined): boolean {
    const name = nameIn(`http://${host ?? ''}`);
    return name !== undefined && (this.#names.has(name) || isIP(name.replace(/^\[|\]$/g, '')) > 0);
  }

  /** A page of the console's own, or no page at all. */
  trustsOrigin(origin: string | undefined, host: string | undefined): boolean {
    return origin === undefined || origin === `http://${host}`;
  }
}

function nameIn(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname || undefined : undefined;
}
