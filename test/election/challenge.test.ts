/** Which challenge makes a leader hand over: an operator's always, that of a relay of the same candidate always, a higher rank's where that is the rule. */
import { expect, test } from 'vitest';
import { judge, OPERATOR_RANK, RELAY_RANK } from '../../lib/election/candidate/challenge-rules.js';

const challenger = (rank: number, id = 'c') => ({ id, attempt: 'x', rank, why: '', stands: true });

test.each([
  ['an operator', OPERATOR_RANK, 'c', 'operator', true],
  ['an operator above all others', OPERATOR_RANK + 1, 'c', 'priority', true],
  ['a newer runner of the same candidate', RELAY_RANK, 'me', 'operator', true],
  ['a relay of another candidate', RELAY_RANK, 'c', 'priority', false],
  ['a higher priority, where that is the rule', 6, 'c', 'priority', true],
  ['a higher priority, where it is not', 6, 'c', 'operator', false],
  ['the same priority', 5, 'c', 'priority', false],
  ['a lower priority', 4, 'c', 'priority', false],
  ['the highest priority there is', 1_000_000, 'c', 'priority', true],
] as const)('%s', (_, rank, id, yieldTo, yields) => {
  expect(judge(challenger(rank, id), { id: 'me', priority: 5, yieldTo })).toBe(yields);
});
