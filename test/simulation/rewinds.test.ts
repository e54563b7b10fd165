/** Worlds whose table goes back, whose clocks jump, or whose outages a term must survive: what is still asked in them. */
import { describe, expect, test } from 'vitest';
import type { Leadership } from '../../lib/election/candidate/leadership.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import { type CandidateHistory, Checker } from '../../lib/simulation/checker.js';
import type { Fault } from '../../lib/simulation/faults.js';
import { Machine } from '../../lib/simulation/machine.js';
import { simulate } from '../../lib/simulation/run.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import { Table } from '../../lib/simulation/table.js';
import { World } from '../../lib/simulation/world.js';
import { CALM } from './scenarios.js';

const LEASE_MS = CALM.leaseMs;

describe('worlds in which nothing else happens', () => {
  const kinds: readonly (readonly Fault[])[] = [
    ['table restored'],
    ['record deleted'],
    ['table restored', 'record deleted', 'partition', 'freeze'],
    ['monotonic ahead', 'partition', 'freeze'],
    ['short outage'],
    ['clone'],
    ['clone', 'partition', 'freeze', 'kill', 'reply lost', 'late landing', 'clock drift'],
  ];
  test.each(kinds.map((only) => [only] as const))('%s: no promise is broken', async (only) => {
    let struck = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const { violations, injected } = await simulate(seed, { only });
      expect(violations, `npm run simulate -- --seeds 1 --from ${seed} --timeline --fault '${only[0]}'`).toEqual([]);
      struck += injected[only[0]!] ?? 0;
    }
    expect(struck).toBeGreaterThan(40);
  });
});

/** A world in which a checker is shown what happens, and no candidate runs. */
function staged(faults: Partial<Record<Fault, number>> = {}) {
  const world = new World(new SeededRandom(1));
  const checker = new Checker(world, { ...CALM, faults: { ...CALM.faults, ...faults } }, () => {});
  const table = new Table(world, (was, is) => checker.changed(was, is));
  const records = (record: Partial<LeaseRecord>) => table.update((r) => ({ ...r!, ...record }));
  const pass = (ms: number) => world.runUntil(world.now + ms, () => {});
  return { world, checker, table, records, pass };
}

const TERM: LeaseRecord = {
  term: 1,
  beat: 0,
  holder: 'a',
  attempt: 'of a',
  leaseMs: LEASE_MS,
  renewMs: LEASE_MS / 4,
  priority: 0,
  acquiredAt: 1,
  renewedAt: 1,
};

/** A leadership that passes for ever, as a bad election would give it. */
function leads(world: World, { holder = 'nobody', term, attempt }: LeaseRecord) {
  const check = () => ({ ConditionCheck: { ExpressionAttributeValues: { ':attempt': attempt } } });
  const leadership = {
    id: holder,
    term,
    signal: new AbortController().signal,
    remainingMs: () => 1,
    assertHeld: () => {},
    fence: { check },
  };
  const machine = new Machine(world, 1, 0);
  return {
    id: holder,
    machine,
    leadership: leadership as unknown as Leadership,
    leaseMs: 10_000,
    attempt,
    working: true,
    settled: false,
  };
}

const history = (id: string): CandidateHistory => ({
  id,
  lead: undefined,
  observed: { term: 0, beat: 0 },
  rewindReported: false,
});

describe('a leader from before a rewind', () => {
  async function overlapped(afterMs: number): Promise<readonly string[]> {
    const { world, checker, table, records, pass } = staged();
    records(TERM);
    table.raise({ term: 1, attempt: 'of a', mark: 'm' });
    const a = leads(world, TERM);
    checker.led(a, table);
    const was = table.record;
    table.deleteRecord();
    checker.rewound(was, table, false);
    const second = { ...TERM, term: 2, holder: 'b', attempt: 'of b' };
    records(second);
    table.raise({ term: 2, attempt: 'of b', mark: 'm' });
    checker.led(leads(world, second), table);
    await pass(afterMs);
    checker.ask(table);
    return checker.violations;
  }

  test('may stand beside a later one for its lease', async () => {
    expect(await overlapped(LEASE_MS - 1)).toEqual([]);
  });

  test('and no longer', async () => {
    const violations = await overlapped(LEASE_MS + 1);
    expect(violations.join()).toMatch(/S1: .*at once/);
    expect(violations.join()).toMatch(/S2: a passes in term 1, but the record says 2 b/);
  });
});

test('two leaders of one age are never excused', async () => {
  const { world, checker, table, records } = staged();
  table.deleteRecord();
  checker.rewound(undefined, table, false);
  for (const record of [TERM, { ...TERM, term: 2, holder: 'b', attempt: 'of b' }]) {
    records(record);
    table.raise({ term: record.term, attempt: record.attempt, mark: 'm' });
    checker.led(leads(world, record), table);
  }
  checker.ask(table);
  expect(checker.violations.join()).toMatch(/S1: .*at once/);
});

test('work begins in no term that the fence was not raised to by that very attempt', () => {
  const { world, checker, table, records } = staged();
  records(TERM);
  table.raise({ term: 1, attempt: 'of another', mark: 'm' });
  checker.led(leads(world, TERM), table);
  expect(checker.violations.join()).toMatch(/a began the work of term 1, to which it never raised the fence/);
});

test('who says that the table went back is right', () => {
  const { checker } = staged();
  checker.rewindReported(history('a'), 'TermFell');
  expect(checker.violations.join()).toMatch(/S8: a reported TermFell, but the table never went back/);
});

test('a rewind that nobody reports is a violation, where nothing else happens', async () => {
  const { checker, table, records, pass } = staged({ 'record deleted': 1 });
  records(TERM);
  await pass(2 * LEASE_MS);
  const was = table.record;
  table.deleteRecord();
  checker.rewound(was, table, false);
  await pass(3 * LEASE_MS);
  checker.end();
  expect(checker.violations.join()).toMatch(/S8: nobody reported that the table had gone back at 20000.0 ms/);
});

test('an observer goes back only after a report of its own', () => {
  const { checker, table } = staged();
  const node = history('a');
  checker.observed(node, { term: 5, beat: 1 });
  checker.rewound(TERM, table, false);
  checker.rewindReported(node, 'TermFell');
  checker.observed(node, { term: 4, beat: 1 });
  expect(checker.violations).toEqual([]);
  checker.observed(node, { term: 3, beat: 1 });
  expect(checker.violations.join()).toMatch(/S8: a observed 3.1 after 4.1/);
});

test('a term that is lost to a short outage is a violation, and one that is lost to another fault is not', () => {
  const lost = { term: 1, id: 'a', reason: 'expired' };
  for (const [faults, found] of [
    [{ 'short outage': 1 }, 1],
    [{ 'short outage': 1, kill: 1 }, 0],
  ] as const) {
    const { checker, table } = staged(faults);
    checker.lost({ ...history('a'), lead: 'elected' }, lost, table);
    expect(checker.violations.length).toBe(found);
  }
});

test('a table that is restored goes back by that many writes, with its fence or without', () => {
  for (const withFence of [true, false]) {
    const { table, records } = staged();
    records(TERM);
    table.raise({ term: 1, attempt: 'of a', mark: 'm' });
    for (const beat of [1, 2, 3]) records({ beat });
    table.updateFence(() => ({ term: 2, attempt: 'of b' }));
    records({ term: 2, attempt: 'of b', beat: 0 });
    records({ beat: 1 });
    table.restore(4, withFence);
    expect(table.record).toMatchObject({ term: 1, beat: 1 });
    expect(table.fence?.term).toBe(withFence ? 1 : 2);
    expect(table.restorable).toBe(2);
  }
});
