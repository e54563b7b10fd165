/** Following the office over HTTP: by requests that wait for the next change, or by a stream of events. */
import type { SSEStreamingApi } from 'hono/streaming';
import { Election } from '../election/election.js';
import { sleep } from '../lease/clock.js';
import { anySignal } from '../lease/latch.js';
import type { ApiTable } from './api-table.js';
import type { Answer, Asked } from './routes.js';

/** A stream without news says so much, so that nothing between takes it for dead. */
const KEEP_ALIVE_MS = 15_000;

export class Observers {
  readonly #elections = new Map<string, Election>();
  readonly #closed = new AbortController();

  constructor(private readonly table: ApiTable) {}

  /** The office as it stands: one strongly consistent read. */
  async now(election: string): Promise<Answer<'OfficeState'>> {
    const store = this.table.store(election);
    return this.table.state(election, await this.table.send((o) => store.read(o)));
  }

  /** The office as soon as its `change` is another one than `after`, or as it stands when the time is up. */
  async next(election: string, { after, waitMs = 0 }: Asked<'ObserveQuery'>, gone: AbortSignal) {
    const present = await this.now(election);
    if (present.change !== after || waitMs === 0) return present;
    const enough = new AbortController();
    const cancel = this.table.clock.after(waitMs, () => enough.abort());
    const until = anySignal(gone, enough.signal);
    try {
      for await (const state of this.#states(election, until.signal)) {
        if (state.change !== after) return state;
      }
      return await this.now(election);
    } finally {
      cancel();
      until.release();
    }
  }

  /** Writes an event for the present office, unless the client has seen it, and for every change from then on. */
  async stream(stream: SSEStreamingApi, election: string, after: string | undefined): Promise<void> {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const stop = anySignal(gone.signal, this.#closed.signal);
    const pulse = this.#pulse(stream, stop.signal);
    let last = after;
    try {
      for await (const state of this.#states(election, stop.signal)) {
        if (state.change === last) continue;
        last = state.change;
        await stream.writeSSE({ event: 'office', id: state.change, data: JSON.stringify(state) });
      }
    } finally {
      gone.abort();
      stop.release();
    }
    await pulse;
  }

  /** Ends all that waits. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#elections.values()].map((election) => election.close()));
  }

  /** All followers of one election share its reads; each then gets the change by a strongly consistent read. */
  async *#states(name: string, stop: AbortSignal): AsyncGenerator<Answer<'OfficeState'>, void, undefined> {
    const { tableName, client, drift } = this.table;
    const election = this.#elections.get(name) ?? new Election({ name, tableName, client, drift });
    this.#elections.set(name, election);
    for await (const _ of election.observe({ signal: stop })) yield await this.now(name);
  }

  async #pulse(stream: SSEStreamingApi, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(this.table.clock, KEEP_ALIVE_MS, stop);
      if (!stop.aborted) await stream.write(': still here\n\n');
    }
  }
}
