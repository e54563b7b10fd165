/** Traces of the Quint model on the shipping store; and proof that the replay sees it where the two disagree. */
import { describe, expect, inject, test } from 'vitest';
import { replay } from '../../spec/replay.js';
import { makeTraces } from '../../spec/traces.js';

const { endpoint } = inject('engines').main;

describe('the model and the code', () => {
  test('say the same of every write, on traces of the protocol', async () => {
    const traces = await makeTraces({ traces: 20, seed: 7 });
    const { steps, differences } = await replay(traces, endpoint);
    expect(differences).toEqual([]);
    expect(steps).toBeGreaterThan(200);
  });

  test.each([
    [1, 'renew without condition'],
    [5, 'release deletes the record'],
    [7, 'takeover keeps the term'],
  ])('disagree on traces of variant %i, %s', async (variant) => {
    const traces = await makeTraces({ traces: 20, seed: 7, variants: [variant] });
    const { differences } = await replay(traces, endpoint);
    expect(differences).not.toEqual([]);
  });
});
