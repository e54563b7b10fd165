/** The schedule comes from its seed alone, and leaves somebody in peace to lead. */
import { expect, it } from 'vitest';
import { type Act, type Field, schedule, TO_LEADERS, TO_PROCESSES } from './schedule.js';

const field: Field = { seed: 7, seconds: 600, processes: 6, elections: 32, leaseMs: 1_800, skewed: [0, 3] };
const onProcesses = (acts: readonly Act[]) => acts.flatMap((act) => ('slot' in act ? [act] : []));

it('gives the same faults for the same seed, and others for another', () => {
  expect(schedule(field)).toEqual(schedule(field));
  expect(schedule(field)).not.toEqual(schedule({ ...field, seed: 8 }));
});

it('has every kind of fault, in order and in time', () => {
  const acts = schedule(field);
  expect(new Set(acts.map(({ fault }) => fault))).toEqual(new Set([...TO_PROCESSES, ...TO_LEADERS]));
  expect(acts.map(({ atMs }) => atMs)).toEqual(acts.map(({ atMs }) => atMs).sort((a, b) => a - b));
  expect(acts.every(({ atMs }) => atMs >= 0 && atMs < 600_000)).toBe(true);
});

it('leaves half of the processes alone at any time, and does one thing at a time to each', () => {
  const lasting = onProcesses(schedule(field)).filter(({ fault }) => fault !== 'clock step');
  for (const { atMs, slot } of lasting) {
    const busy = lasting
      .filter((other) => other.atMs <= atMs && atMs < other.atMs + other.ms)
      .map((other) => other.slot);
    expect(busy.length).toBeLessThanOrEqual(3);
    expect(busy.filter((each) => each === slot)).toHaveLength(1);
  }
});

it('has faults that outlast a lease and faults that do not', () => {
  const stops = onProcesses(schedule(field)).filter(({ fault }) => fault === 'stop');
  expect(stops.some(({ ms }) => ms > field.leaseMs)).toBe(true);
  expect(stops.some(({ ms }) => ms < field.leaseMs)).toBe(true);
});

it('steps only the clocks that can step', () => {
  const stepped = onProcesses(schedule(field)).filter(({ fault }) => fault === 'clock step');
  expect(new Set(stepped.map(({ slot }) => slot))).toEqual(new Set(field.skewed));
  expect(onProcesses(schedule({ ...field, skewed: [] })).some(({ fault }) => fault === 'clock step')).toBe(false);
});
