/** A caller of a deployed lease API, by the URL of its function: signed, as somebody else, or not signed at all. */
import { randomBytes } from 'node:crypto';
import type { Cloud } from '../cloud.js';
import { type Credentials, exchange, sign } from '../signed.js';

/** An answer, read as JSON where it is. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export class Caller {
  constructor(
    private readonly cloud: Cloud,
    private readonly url: string,
    private readonly credentials?: Credentials,
  ) {}

  get(path: string): Promise<Answer> {
    return this.#ask('GET', path, undefined);
  }

  post(path: string, body: object): Promise<Answer> {
    return this.#ask('POST', path, body);
  }

  /** By the host's own name, as on AWS: the emulator finds the function by it. */
  async #ask(method: string, path: string, body: object | undefined): Promise<Answer> {
    const { host } = new URL(this.url);
    const headers = { host, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const asked = { method, path, headers, body: body === undefined ? '' : JSON.stringify(body) };
    const sent = this.credentials === undefined ? asked : sign(asked, 'lambda', this.credentials);
    const { status, text } = await exchange(this.cloud.account, sent);
    try {
      return { status, body: JSON.parse(text) };
    } catch {
      return { status, body: { text } };
    }
  }
}

/** A candidate that is nothing but its requests: it sends each write with the next beat. */
export class Candidate {
  readonly attempt = randomBytes(12).toString('hex');
  term = 0;
  #beat = 0;

  constructor(
    private readonly caller: Caller,
    private readonly election: string,
    readonly id: string,
  ) {}

  async acquire(wishes: object): Promise<Answer> {
    const { id, attempt } = this;
    const answer = await this.caller.post(`/elections/${this.election}/acquire`, { id, attempt, ...wishes });
    if (answer.status === 200) {
      this.term = Number(answer.body.term);
      this.#beat = Number(answer.body.beat);
    }
    return answer;
  }

  heartbeat(): Promise<Answer> {
    return this.#write('heartbeat');
  }

  resign(): Promise<Answer> {
    return this.#write('resign');
  }

  /** Whether a write of its term may go, as far as a question can show. */
  check(): Promise<Answer> {
    const { term, attempt } = this;
    return this.caller.post(`/elections/${this.election}/fence/check`, { term, attempt });
  }

  #write(what: string): Promise<Answer> {
    this.#beat += 1;
    const { id, term, attempt } = this;
    return this.caller.post(`/elections/${this.election}/${what}`, { id, term, attempt, beat: this.#beat });
  }
}
