/** A caller that finds the leader, stays with it, and finds the next one. Copy the class; it needs nothing else. */
// #region discovery-client
import { setTimeout as wait } from 'node:timers/promises';
import type { Election, Office } from 'tenure';

interface Leader {
  readonly term: number;
  readonly address: string | undefined;
}

export class LeaderClient {
  #leader: Leader = { term: 0, address: undefined };

  /** @param election only observes: it need not stand, and may be shared */
  constructor(
    private readonly election: Election,
    private readonly attemptMs = 1_000,
  ) {}

  /** The leader, as far as this client knows. */
  get leader(): Leader {
    return this.#leader;
  }

  /** Optional: follows changes of office between requests, with about one read per heartbeat. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const office of this.election.observe({ signal })) this.#learn(leaderOf(office));
  }

  /**
   * Sends a request to the present leader until it is answered or `signal` aborts. A request whose connection breaks is
   * sent again, and may have been carried out: send only what may come twice.
   */
  async request(path: string, { signal, ...init }: RequestInit & { signal: AbortSignal }): Promise<Response> {
    for (;;) {
      signal.throwIfAborted();
      const { address } = this.#leader;
      const response = address === undefined ? undefined : await this.#attempt(address + path, init, signal);
      if (response !== undefined && response.status !== 421 && response.status !== 503) return response;
      const redirect = response?.status === 421 ? ((await response.json()) as Leader) : undefined;
      if (redirect !== undefined && this.#learn(redirect)) continue;
      await wait(100, undefined, { signal });
      this.#learn(leaderOf(await this.election.leader()));
    }
  }

  /** Undefined if no answer came: the server is dead, or it was stopped and only its kernel accepts connections. */
  async #attempt(url: string, init: RequestInit, signal: AbortSignal): Promise<Response | undefined> {
    // A timer of its own: on Node 20, `AbortSignal.any` forgets an `AbortSignal.timeout` that nothing else holds.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.attemptMs);
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([signal, limit.signal]) });
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops what is older than what it knows: servers and reads may answer late. */
  #learn(seen: Leader): boolean {
    const isNews = seen.term > this.#leader.term || (seen.term === this.#leader.term && !this.#leader.address);
    if (isNews) this.#leader = seen;
    return isNews && seen.address !== undefined;
  }
}

function leaderOf({ term, holder, value }: Office): Leader {
  return { term, address: holder === undefined ? undefined : (value as { address?: string })?.address };
}
// #endregion
