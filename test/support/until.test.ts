/** The helper that all waiting tests stand on. */
import { expect, test } from 'vitest';
import { until } from './until.js';

test('probes until the answer is truthy, and returns it', async () => {
  const answers = [undefined, 0, 'here'];
  expect(await until('an answer', () => answers.shift(), { everyMs: 1 })).toBe('here');
  expect(answers).toEqual([]);
});

test('asks a probe that threw again', async () => {
  let tries = 0;
  const probe = async () => {
    if (++tries < 3) throw new Error('not yet');
    return tries;
  };
  expect(await until('the third try', probe, { everyMs: 1 })).toBe(3);
});

test('gives up with what was awaited and what was seen last', async () => {
  const limits = { limitMs: 20, everyMs: 5 };
  await expect(until('a leader', () => false, limits)).rejects.toThrow('waited 20 ms for a leader; last seen: false');
  await expect(until('a leader', () => Promise.reject(new Error('no table')), limits)).rejects.toThrow(
    /a leader; last seen: Error: no table/,
  );
});
