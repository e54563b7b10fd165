/** An operator's challenge, and what comes between its being seen and the vacancy. */
import { describe, expect } from 'vitest';
import { test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

const SLOW = { leaseMs: 6_000, renewMs: 1_800, stepDownMs: 300, requestTimeoutMs: 900 };

describe.concurrent('a challenge to which nobody stands', () => {
  // Caught: a leader that has seen the first challenge vacates a whole period later, for the candidate that it named.
  test('may be corrected until the office is vacated', async ({ scene }) => {
    const a = scene.candidate(SLOW);
    const operator = scene.candidate(SLOW);
    const leading = a.election.run(untilAborted);
    await until('a leads', () => a.election.state === 'leading');
    await operator.election.challenge({ to: 'wrong' });
    await until('a has seen it', () => a.seen('challenged').length === 1, { everyMs: 2 });
    expect(await operator.election.challenge({ to: 'right' })).toMatchObject({ challenged: true });
    const office = await until('a vacancy', async () => {
      const found = await operator.election.leader();
      return found.holder === undefined && found;
    });
    expect(office).toMatchObject({ term: 1, successor: 'right', reason: 'resigned' });
    expect(a.troubles()).toEqual([]);
    await a.election.close();
    await leading;
  });

  // Caught: hundreds of refused writes, one at once after the other, until the lease had run out.
  test('and a vacancy that is refused again and again: it is tried less and less often', async ({ scene }) => {
    const client = scene.client();
    const send = client.send.bind(client) as (command: object, options: object) => Promise<unknown>;
    const stand = async (command: { input: Record<string, unknown> }, options: object) => {
      const isVacating = /#vacatedAt/.test(String(command.input.UpdateExpression));
      const refused = { ConditionExpression: `#holder = #beat AND ${command.input.ConditionExpression}` };
      if (isVacating) Object.assign(command.input, refused); // something in the item stands against it
      return send(command, options);
    };
    const a = scene.candidate({ client: Object.assign(client, { send: stand }) });
    const operator = scene.candidate(SLOW);
    const leading = a.election.run(untilAborted);
    await until('a leads', () => a.election.state === 'leading');
    await operator.election.challenge();
    await until('the lease has run out', () => a.seen('released').length > 0);
    expect(a.seen('released')[0]).toEqual({ term: 1, released: false });
    expect(a.requests.filter(({ operation }) => operation === 'resign').length).toBeLessThan(15);
    expect(a.troubles()).toContain('RefusedUnchanged');
    await a.election.close();
    await leading;
  });
});
