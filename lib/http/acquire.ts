/**
 * Taking the office for a client without a process here (sections 5 and 6). Whether a version has expired is watched by
 * the client (`seen`), by this one request (`waitMs`), or by both one after the other; never by a wall clock.
 *
 * To be in office is not yet to hold a lease: that begins with the client's first heartbeat. So it does not matter when an
 * acquire was sent, how often it was sent, or how long the server watched for it.
 */
import { Acquisition } from '../election/candidate/acquisition.js';
import { HoldOff } from '../election/candidate/hold-off.js';
import { type Context, contextOf } from '../election/context.js';
import { plan } from '../election/takeover-plan.js';
import { realChance } from '../lease/chance.js';
import { type Instant, sleep } from '../lease/clock.js';
import { firstOf, Latch } from '../lease/latch.js';
import { showsMine } from '../lease/outcome.js';
import { type LeaseRecord, versionKey } from '../lease/record.js';
import type { LeaseStore } from '../lease/store.js';
import { waitMs } from '../lease/timing.js';
import type { ApiTable } from './api-table.js';
import { lost, marksOf } from './holder-requests.js';
import { versionOf } from './office-answer.js';
import { Problem } from './problem.js';
import type { Answer, Asked } from './routes.js';

/** What a client says that it has seen. */
type Seen = NonNullable<Asked<'Acquire'>['seen']>;

/** How a look ended: in office, or not yet. */
type Looked =
  | { readonly taken: LeaseRecord }
  | { readonly record: LeaseRecord | undefined; readonly retryAfterMs: number };

/**
 * @param gone aborts when nobody listens for the answer any more: an office that was taken after that is given back
 * @throws Problem `Held`, `AttemptUsed`, `LeadershipLost`; TenureError `BadOption`, or `RequestFailed`: ask again
 */
export async function acquire(
  table: ApiTable,
  election: string,
  asked: Asked<'Acquire'>,
  gone: AbortSignal,
): Promise<Answer<'InOffice'>> {
  return new Bid(table, election, asked).win(gone);
}

class Bid {
  readonly #context: Context;
  readonly #store: LeaseStore;

  constructor(
    private readonly table: ApiTable,
    private readonly election: string,
    private readonly asked: Asked<'Acquire'>,
  ) {
    this.#store = table.store(election);
    const { id, attempt, leaseMs, renewMs, value } = asked;
    const { tableName, client, drift } = table;
    // One attempt for all that this bid sends; no priority, hence no challenge, which would need an attempt of its own.
    const chance = { unit: realChance.unit, attempt: () => attempt };
    const options = { name: election, tableName, client, drift, id, leaseMs, renewMs, value };
    this.#context = contextOf(options, { chance });
  }

  async win(gone: AbortSignal): Promise<Answer<'InOffice'>> {
    const { waitMs: mostMs = 0, seen } = this.asked;
    const began = this.table.clock.now();
    const first = await this.#look(seen);
    if ('taken' in first) return this.#enter(first.taken);
    if (mostMs === 0) throw this.#held(first);
    // With what the client has seen already, the version may expire sooner than this request alone could tell.
    const dueMs = seen?.version === versionOf(first.record) ? first.retryAfterMs : mostMs;
    const taken = await this.#stand(Math.min(mostMs, dueMs), gone);
    if (taken === undefined) {
      const last = await this.#look(seen && { ...seen, unchangedMs: seen.unchangedMs + this.#since(began) });
      if ('taken' in last) return this.#enter(last.taken);
      throw this.#held(last);
    }
    const entered = await this.#enter(taken);
    if (gone.aborted) await this.#giveBack(taken);
    return entered;
  }

  /** One look, and one write where the office is free. */
  async #look(seen: Seen | undefined): Promise<Looked> {
    const { table } = this;
    const { id, attempt } = this.asked;
    const record = await this.#read();
    if (showsMine(record, id, attempt)) return { taken: record! };
    if (record?.attempt === attempt) throw this.#used(record);
    const now = table.clock.now();
    const verdict = this.#plan(record, seen, now);
    if (verdict.do === 'wait') return { record, retryAfterMs: verdict.until - now.mono };
    // By courtesy: first the wait, then the read, then the write.
    await sleep(table.clock, verdict.courtesyMs);
    const again = await this.#read();
    if (versionKey(again) !== versionKey(record)) {
      return showsMine(again, id, attempt) ? { taken: again! } : { record: again, retryAfterMs: 0 };
    }
    return this.#write(again);
  }

  async #read(): Promise<LeaseRecord | undefined> {
    return this.table.send((o) => this.#store.read(o));
  }

  #plan(record: LeaseRecord | undefined, seen: Seen | undefined, now: Instant) {
    const { id, priority, staggerMs, chance } = this.#context;
    const unchangedMs = seen?.version === versionOf(record) ? seen.unchangedMs : 0;
    const since = { mono: now.mono - unchangedMs, wall: now.wall - unchangedMs };
    const me = { id, priority, staggerMs, place: undefined, drift: this.table.drift, holdOffUntil: 0 };
    return plan(record, since, now, me, chance.unit());
  }

  async #write(seen: LeaseRecord | undefined): Promise<Looked> {
    const { table } = this;
    const { id, attempt } = this.asked;
    const { timings, priority, value } = this.#context;
    const fence = await table.send((o) => this.#store.readFence(o));
    const office = { term: Math.max(seen?.term ?? 0, fence?.term ?? 0) + 1, attempt, holder: id };
    const declare = { leaseMs: timings.leaseMs, renewMs: timings.renewMs, priority, value };
    const at = table.at();
    const { applied, record } = await table.send((o) =>
      seen === undefined
        ? this.#store.create({ office, declare, at }, o)
        : this.#store.acquire({ seen, office, declare, at }, o),
    );
    if (record !== undefined && (applied || showsMine(record, id, attempt))) return { taken: record };
    return { record, retryAfterMs: record === undefined ? 0 : waitMs(record.leaseMs, table.drift) };
  }

  /** Stands as any candidate does, reads in the leader's rhythm, and watches with this machine's monotonic clock. */
  async #stand(mostMs: number, gone: AbortSignal): Promise<LeaseRecord | undefined> {
    const { clock } = this.table;
    const enough = new Latch();
    const cancel = clock.after(mostMs, () => enough.set());
    const stop = firstOf(gone, enough);
    try {
      const holdOff = new HoldOff(clock, this.#context.timings.leaseMs);
      const acquisition = new Acquisition(
        this.#context,
        undefined,
        holdOff,
        () => {},
        () => {},
      );
      const fence = await this.table.send((o) => this.#store.readFence(o));
      acquisition.fenceSeenAt(fence?.term ?? 0);
      return (await acquisition.win({ stop, keepTrying: true }))?.record;
    } finally {
      cancel();
      stop.release();
    }
  }

  /** Raises the fence before the answer says that the term has begun (section 6). */
  async #enter(record: LeaseRecord): Promise<Answer<'InOffice'>> {
    const { id, attempt } = this.asked;
    const { term, beat, leaseMs, renewMs } = record;
    const { applied, record: fence } = await this.table.send((o) =>
      this.#store.raise({ term, attempt, mark: attempt }, o),
    );
    if (!applied && !(fence?.term === term && fence.attempt === attempt)) {
      // The record was restored or edited, or another leads by now: the term is of no use to anybody.
      await this.#giveBack(record, id);
      throw lost(this.table, this.election, { term, attempt, holder: id }, 'superseded', await this.#read());
    }
    return { election: this.election, id, term, attempt, beat, leaseMs, renewMs };
  }

  /** Nobody will use this term: it is resigned, not abandoned. */
  async #giveBack({ term, beat }: LeaseRecord, successor?: string): Promise<void> {
    const { table, asked } = this;
    const office = { term, attempt: asked.attempt, holder: asked.id };
    const write = { office, marks: marksOf(office), beat: beat + 1, at: table.at(), successor };
    await table.send((o) => this.#store.resign(write, o));
  }

  #since(began: Instant): number {
    return Math.floor(this.table.clock.now().mono - began.mono);
  }

  #held({ record, retryAfterMs }: { record: LeaseRecord | undefined; retryAfterMs: number }): Problem {
    const { table, election } = this;
    const leads = record?.holder === undefined ? 'is not free for this candidate yet' : `is held by ${record.holder}`;
    const detail =
      `Election "${election}" ${leads}, term ${record?.term ?? 0}. Ask again with \`waitMs\`, so that the server watches, or ` +
      'with `seen`, once your own monotonic clock has seen this version unchanged for `takeoverMs`.';
    const extensions = { retryAfterMs: Math.max(0, Math.ceil(retryAfterMs)), office: table.state(election, record) };
    return new Problem(409, 'Held', detail, extensions);
  }

  #used(record: LeaseRecord): Problem {
    const detail =
      `The attempt has had its term, ${record.term}, in election "${this.election}". A term that is over is never taken up ` +
      'again: acquire with a new `attempt`.';
    return new Problem(409, 'AttemptUsed', detail, { office: this.table.state(this.election, record) });
  }
}
