/** Random histories of one record, written by several actors whose knowledge is old: the invariants S3, S4 and S7 hold in each. */
import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { compareVersions, type LeaseRecord, versionKey } from '../../lib/lease/record.js';
import type { LeaseStore, Reply, Tenancy } from '../../lib/lease/store.js';
import { AT, by, challengerOf, DECLARED, Stage } from '../support/lease.js';
import { freshTable } from '../support/table.js';

const RUNS = 200;
/** Another seed: `LEASE_SEED=123 npx vitest run test/lease/properties.test.ts`. */
const seed = Number(process.env.LEASE_SEED ?? 20_261_101);

/** An actor remembers what it saw last, and the office and beat that it believes to have: any of it may be wrong. */
class Actor {
  seen: LeaseRecord | undefined;
  office: Tenancy | undefined;
  beat = 0;
  #bids = 0;

  constructor(readonly id: string) {}

  attempt(): string {
    this.#bids += 1;
    return `${this.id}${this.#bids}`;
  }
}

const KINDS = [
  ...['look', 'look', 'create', 'acquire', 'acquire', 'renew', 'renew', 'repeat', 'resign'],
  ...['expire', 'revoke', 'dead', 'challenge', 'withdraw', 'handOver'],
] as const;
const step = fc.record({ actor: fc.nat(2), kind: fc.constantFrom(...KINDS), number: fc.nat(3) });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Does a step on what the actor believes; undefined if it has seen nothing yet. */
async function act(store: LeaseStore, actor: Actor, { kind, number }: Step): Promise<Reply | undefined> {
  const { id, seen, office } = actor;
  const at = AT;
  switch (kind) {
    case 'look':
      actor.seen = await store.read();
      return undefined;
    case 'create':
    case 'acquire': {
      if (kind === 'acquire' && seen === undefined) return undefined;
      const next = {
        term: (kind === 'create' ? 0 : seen!.term + (number === 3 ? 5 : 0)) + 1,
        attempt: actor.attempt(),
        holder: id,
      };
      const write = { office: next, declare: { ...DECLARED, value: number || undefined }, at };
      const reply = await (kind === 'create' ? store.create(write) : store.acquire({ ...write, seen: seen! }));
      if (reply.applied) Object.assign(actor, { office: next, beat: 0 });
      return reply;
    }
    case 'renew':
    case 'repeat': // a duplicate of an earlier heartbeat that lands late
      if (office === undefined) return undefined;
      if (kind === 'renew') actor.beat += 1 + number;
      return store.renew({ ...by(office), beat: Math.max(0, actor.beat - (kind === 'repeat' ? number : 0)), at });
    case 'resign':
      if (office === undefined) return undefined;
      actor.beat += 1;
      return store.resign({ ...by(office), beat: actor.beat, at, successor: number === 1 ? 'actor-0' : undefined });
    case 'expire':
      return seen && store.expire({ seen, at });
    case 'revoke':
    case 'dead':
      return seen && store.revoke({ seen, dead: kind === 'dead', at });
    case 'challenge': {
      if (seen?.holder === undefined) return undefined;
      const challenger = { ...challengerOf(id, number), attempt: actor.attempt() };
      return store.challenge({ term: seen.term, holder: seen.holder, challenger });
    }
    case 'withdraw':
      return seen?.challenger && store.withdraw({ attempt: seen.challenger.attempt });
    case 'handOver':
      if (office === undefined || seen?.challenger === undefined) return undefined;
      return store.handOver({ ...by(office), challenger: seen.challenger, at });
  }
}

/** What may follow what, by any writer. */
function check(before: LeaseRecord | undefined, kind: Step['kind'], reply: Reply, attempts: Map<number, string>): void {
  const { applied, record } = reply;
  if (!applied) {
    expect(record, 'a refusal shows the record as it stands, and changes nothing (S7)').toEqual(before);
    return;
  }
  expect(record, 'the record never disappears (S4)').toBeDefined();
  if (kind === 'challenge' || kind === 'withdraw') {
    expect(versionKey(record), 'a challenge, or its end, leaves the version alone').toBe(versionKey(before));
    return;
  }
  if (before !== undefined) expect(compareVersions(record!, before), 'versions rise (S4, S7)').toBeGreaterThan(0);
  if (before?.attempt !== record!.attempt && before !== undefined) {
    expect(record!.term, 'a new attempt means a later term (S3)').toBeGreaterThan(before.term);
  }
  const known = attempts.get(record!.term) ?? record!.attempt;
  expect(record!.attempt, 'one attempt for one term, for ever (S3)').toBe(known);
  attempts.set(record!.term, known);
}

test(`${RUNS} random histories`, async () => {
  const { dynoxide, main } = inject('engines');
  const table = await freshTable(dynoxide.endpoint ?? main.endpoint);
  const done = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
      const stage = new Stage(table);
      const actors = [0, 1, 2].map((n) => new Actor(`actor-${n}`));
      const attempts = new Map<number, string>();
      let record: LeaseRecord | undefined;
      // Somebody leads at first, and everybody has seen it: else most of a history would be refused for want of a record.
      for (const one of [{ actor: 0, kind: 'create', number: 0 }, ...steps] as Step[]) {
        const actor = actors[one.actor]!;
        const reply = await act(stage.store, actor, one);
        if (reply === undefined) continue;
        check(record, one.kind, reply, attempts);
        record = reply.record;
        actor.seen = record; // every reply is a sighting
        if (reply.applied) done.set(one.kind, (done.get(one.kind) ?? 0) + 1);
      }
      expect(await stage.store.read()).toEqual(record);
    }),
    { numRuns: RUNS, seed, verbose: 1 }, // a failure prints seed, path and the shortest history
  );
  // A history in which a kind of write is never applied would prove nothing of it.
  expect([...done.keys()].sort()).toEqual(
    [...new Set(KINDS)].filter((kind) => kind !== 'look' && kind !== 'repeat').sort(),
  );
});
