/** Turns among the requests of many elections: leaders first, a limit for all, room kept for leaders, none forgotten. */
import { expect, test } from 'vitest';
import { Gate } from '../../lib/lease/gate.js';

/** Requests that the test ends. */
function requests(gate: Gate) {
  const sent: string[] = [];
  const end = new Map<string, (failed?: boolean) => void>();
  const send = (name: string, whose: 'leader' | 'other') =>
    gate
      .pass(whose, () => {
        sent.push(name);
        return new Promise<void>((resolve, reject) => {
          end.set(name, (failed) => (failed ? reject(new Error(name)) : resolve()));
        });
      })
      .catch(() => {});
  const settle = async (name: string, failed = false) => {
    end.get(name)!(failed);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sent, send, settle };
}

test('looks and bids wait for a turn in order, and a failure frees its turn as well', async () => {
  const { sent, send, settle } = requests(new Gate(3, 2));
  for (const name of ['a', 'b', 'c', 'd']) void send(name, 'other');
  expect(sent).toEqual(['a', 'b']);
  await settle('a', true);
  expect(sent).toEqual(['a', 'b', 'c']);
  await settle('c');
  expect(sent).toEqual(['a', 'b', 'c', 'd']);
});

test('a leader has room that looks cannot take, and goes before those that wait', async () => {
  const { sent, send, settle } = requests(new Gate(3, 2));
  for (const name of ['a', 'b', 'c']) void send(name, 'other');
  void send('beat 1', 'leader');
  void send('beat 2', 'leader');
  expect(sent).toEqual(['a', 'b', 'beat 1']);
  await settle('a');
  expect(sent).toEqual(['a', 'b', 'beat 1', 'beat 2']);
  await settle('beat 1');
  await settle('beat 2');
  expect(sent).toEqual(['a', 'b', 'beat 1', 'beat 2', 'c']);
});

test('without a limit nobody waits', () => {
  const { sent, send } = requests(new Gate());
  for (let n = 0; n < 200; n += 1) void send(`${n}`, n % 2 === 0 ? 'leader' : 'other');
  expect(sent).toHaveLength(200);
});

test('looks go on beside any number of heartbeats that leave them a place', async () => {
  const { sent, send, settle } = requests(new Gate(4, 1));
  for (const name of ['beat 1', 'beat 2', 'beat 3']) void send(name, 'leader');
  void send('look 1', 'other');
  void send('look 2', 'other');
  expect(sent).toEqual(['beat 1', 'beat 2', 'beat 3', 'look 1']);
  await settle('beat 1'); // the place that is free now is no look's
  expect(sent).toHaveLength(4);
  await settle('look 1');
  expect(sent.at(-1)).toBe('look 2');
});
