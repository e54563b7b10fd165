/**
 * The promise of section 5: an outage of the table that is shorter than `leaseMs - stepDownMs - renewMs - requestTimeoutMs`
 * loses no term, whatever its phase. In virtual time, for outages in which requests hang and such in which they fail at once.
 */
import { describe, expect, test } from 'vitest';
import { Election } from '../../lib/election/election.js';
import { Machine } from '../../lib/simulation/machine.js';
import { SeededRandom } from '../../lib/simulation/seeded-random.js';
import { SimulatedStore } from '../../lib/simulation/store.js';
import { Table } from '../../lib/simulation/table.js';
import { World } from '../../lib/simulation/world.js';
import { CALM } from '../simulation/scenarios.js';

const TIMINGS = [
  { leaseMs: 10_000, renewMs: 3_000, stepDownMs: 1_000, requestTimeoutMs: 1_500 },
  { leaseMs: 60_000, renewMs: 18_000, stepDownMs: 6_000, requestTimeoutMs: 9_000 },
  { leaseMs: 10_000, renewMs: 1_000, stepDownMs: 500, requestTimeoutMs: 1_000 },
];
const PHASES = 30;

/** A leader that meets one outage: the reasons for which it lost its term, and when its heartbeats landed. */
async function outageOf(timings: (typeof TIMINGS)[number], ms: number, phase: number, how: 'hangs' | 'fails') {
  const world = new World(new SeededRandom(1 + phase));
  const table = new Table(world, () => {});
  const machine = new Machine(world, 1, 0);
  const network = { world, table, settings: CALM, ceased: { faults: true }, injected: {} };
  const store = new SimulatedStore(network, machine, { sends: true, hears: true });
  const election = new Election(
    { name: 'outage', tableName: 'none', id: 'a', ...timings },
    { store, clock: machine.clock, chance: machine.chance },
  );
  const lost: string[] = [];
  const landed: number[] = [];
  election.on('lost', ({ reason }) => lost.push(reason));
  election.on('heartbeat', () => landed.push(world.now));
  void election.campaign();
  const beginsAt = 3 * timings.renewMs + (phase / PHASES) * timings.renewMs;
  await world.runUntil(beginsAt, () => {});
  store.script = () => (how === 'hangs' ? { answers: false } : { answers: false, breaksAfterMs: 1 });
  await world.runUntil(beginsAt + ms, () => {});
  store.script = () => undefined;
  await world.runUntil(beginsAt + ms + 2 * timings.leaseMs, () => {});
  return { lost, landed, endsAt: beginsAt + ms };
}

const promised = ({ leaseMs, renewMs, stepDownMs, requestTimeoutMs }: (typeof TIMINGS)[number]) =>
  leaseMs - stepDownMs - renewMs - requestTimeoutMs;

describe.each(TIMINGS)('with $leaseMs / $renewMs ms', (timings) => {
  test.each(['hangs', 'fails'] as const)(
    'a table that %s for just less than is promised costs no term, in any phase',
    async (how) => {
      for (let phase = 0; phase < PHASES; phase += 1) {
        const { lost, landed, endsAt } = await outageOf(timings, promised(timings) - 1, phase, how);
        expect(landed.at(-1)).toBeGreaterThan(endsAt);
        expect(lost, `phase ${phase} of ${PHASES}`).toEqual([]);
      }
    },
  );

  test('one that lasts as long as a lease costs the term: the promise is not empty', async () => {
    expect((await outageOf(timings, timings.leaseMs, 0, 'hangs')).lost).toEqual(['expired']);
  });

  test('heartbeats go on in their places after it: what standbys have learned stays true', async () => {
    const { landed, endsAt } = await outageOf(timings, promised(timings) - 1, 7, 'fails');
    const places = landed.map((at) => at % timings.renewMs);
    const after = places.filter((_, n) => landed[n]! > endsAt + timings.renewMs);
    expect(after.length).toBeGreaterThan(0);
    for (const place of after) expect(Math.abs(place - places[0]!)).toBeLessThan(20);
  });
});
