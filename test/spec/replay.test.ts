/** Traces of the Quint model on the shipping store; and proof that the replay sees it where the two disagree. */
import { describe, expect, inject, test } from 'vitest';
import { replay } from '../../spec/replay.js';
import { makeTraces } from '../../spec/traces.js';

const { endpoint } = inject('engines').main;

/** Quint starts again for each of these: on a busy machine that takes time. */
const PATIENCE_MS = 400_000;

describe('the model and the code', { timeout: PATIENCE_MS }, () => {
  test('say the same of every write, on traces of the protocol', async () => {
    const traces = await makeTraces({ traces: 12, seed: 7 });
    const { steps, differences } = await replay(traces, endpoint);
    expect(differences).toEqual([]);
    expect(steps).toBeGreaterThan(60);
  });

  // Three that change what a write does at the table; others change only what is sent, and the table does that faithfully.
  test.each([
    [1, 'renew without condition'],
    [5, 'release deletes the record'],
    [104, 'no renewal compares a mark'],
  ])('disagree on traces of variant %i, %s', async (variant) => {
    const traces = await makeTraces({ traces: 6, seed: 7, variants: [variant] });
    const { differences } = await replay(traces, endpoint);
    expect(differences).not.toEqual([]);
  });
});
