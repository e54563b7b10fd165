/** What comes in from users, and reaches DynamoDB: values that an index refuses, bytes that change, half characters. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test as plain } from 'vitest';
import { checkId } from '../../lib/election/candidate-id.js';
import { resolveOptions } from '../../lib/election/options.js';
import { Election } from '../../lib/index.js';
import { copyValue } from '../../lib/lease/value.js';
import { test } from '../support/scene.js';
import { until } from '../support/until.js';

/** As DynamoDB answers where an index has `value` as its key: the engines for development do not look. */
function refusing(client: DynamoDBClient): DynamoDBClient {
  const send = client.send.bind(client) as (command: object, options: object) => Promise<unknown>;
  const stand = async (
    command: { input: { ExpressionAttributeValues?: Record<string, { M?: unknown }> } },
    options: object,
  ) => {
    if (command.input.ExpressionAttributeValues?.[':value']?.M === undefined) return send(command, options);
    const message =
      'One or more parameter values were invalid: Type mismatch for Index Key value Expected: S Actual: M IndexName: by-value';
    throw Object.assign(new Error(message), { name: 'ValidationException' });
  };
  return Object.assign(client, { send: stand });
}

describe.concurrent('a table with an index on `value`', () => {
  // Caught: an error that speaks of a key was taken for a table with another key; the value stayed wanted, no heartbeat landed
  // without it, and a healthy leader lost its term.
  test('refuses a value: the caller hears why, and the term goes on', async ({ scene }) => {
    const a = scene.candidate({ client: refusing(scene.client()) });
    const leadership = await a.lead();
    await expect(leadership.proclaim({ address: 'x' })).rejects.toMatchObject({
      code: 'RequestInvalid',
      permanent: false,
    });
    await leadership.proclaim('10.0.0.7');
    const beats = a.seen('heartbeat').length;
    await until('heartbeats go on', () => a.seen('heartbeat').length > beats + 1);
    leadership.assertHeld();
    expect((await a.office()).value).toBe('10.0.0.7');
    expect(a.seen('lost')).toEqual([]);
  });

  test('refuses what a candidate proclaims from the beginning: it leads without', async ({ scene }) => {
    const a = scene.candidate({ client: refusing(scene.client()), value: { address: 'x' } });
    const leadership = await a.lead();
    leadership.assertHeld();
    expect((await a.office()).value).toBeUndefined();
  });
});

// Caught: bytes that were sent as they stood at the next heartbeat, and not as they were proclaimed.
plain('bytes are copied, wherever they are', () => {
  const bytes = Buffer.from('abc');
  const copies = copyValue({ plain: bytes, list: [bytes], set: new Set([bytes]), map: { deep: bytes } });
  bytes.write('xyz');
  const abc = Uint8Array.from(Buffer.from('abc'));
  expect(copies).toEqual({ plain: abc, list: [abc], set: new Set([abc]), map: { deep: abc } });
});

// Caught: a candidate whose every request was refused, and said so only in `error` events.
plain('half a character is refused in an id', () => {
  expect(() => checkId('id', 'a\ud800')).toThrow(expect.objectContaining({ code: 'BadOption' }));
  expect(checkId('id', 'a🗳')).toBe('a🗳');
});

plain('`sharedConnections` without a client, and listeners of no event, are refused', () => {
  const options = { name: 'billing', tableName: 'tenure' };
  expect(() => resolveOptions({ ...options, sharedConnections: true })).toThrow(
    expect.objectContaining({ code: 'BadOption', message: expect.stringContaining('`client`') }),
  );
  const election = new Election(options);
  expect(() => election.off('electd' as 'elected', () => {})).toThrow(expect.objectContaining({ code: 'BadOption' }));
});
