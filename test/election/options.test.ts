/** The options of an election: each kind of bad value is refused by name, and what is left out has its default. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { checkId } from '../../lib/election/candidate-id.js';
import { checkName, type ElectionOptions, resolveOptions } from '../../lib/election/options.js';

const LEAST = { name: 'billing', tableName: 'tenure' };
const resolve = (options: object) => resolveOptions({ ...LEAST, ...options } as ElectionOptions);
const refuse = (options: object, named: string, shown?: string) => {
  const words = shown === undefined ? [named] : [named, shown];
  for (const word of words) {
    expect(() => resolve(options), JSON.stringify(words)).toThrow(
      expect.objectContaining({ code: 'BadOption', message: expect.stringContaining(word) }),
    );
  }
};

test('what is left out, or undefined, has its default', () => {
  const { id, ...settings } = resolveOptions(LEAST);
  expect(settings).toEqual({
    ...LEAST,
    client: undefined,
    timings: { leaseMs: 10_000, renewMs: 3_000, stepDownMs: 1_000, requestTimeoutMs: 1_500, drift: 0.01 },
    value: undefined,
    priority: 0,
    staggerMs: 250,
    succession: undefined,
    rosterMs: 30_000,
    yieldTo: 'operator',
    healthCheck: undefined,
    multiRegion: false,
    sharedConnections: false,
    noticeQueueUrl: undefined,
    build: undefined,
  });
  expect(Buffer.byteLength(id)).toBeLessThanOrEqual(128);
  expect(resolveOptions(LEAST).id, 'two candidates of one process').not.toBe(id);
  const names = [
    'client',
    'leaseMs',
    'priority',
    'staggerMs',
    'succession',
    'rosterMs',
    'yieldTo',
    'healthCheck',
    'multiRegion',
    'sharedConnections',
    'drift',
    'value',
  ];
  expect(resolve(Object.fromEntries([...names, 'id'].map((name) => [name, undefined])))).toMatchObject(settings);
});

test('what is given is taken', () => {
  const client = new DynamoDBClient({ region: 'eu-west-1' });
  const documents = DynamoDBDocumentClient.from(client);
  const check = () => true;
  const given = {
    id: 'é',
    client,
    value: null,
    priority: 1_000_000,
    staggerMs: 60_000,
    succession: 'ring',
    rosterMs: 900_000,
    yieldTo: 'priority',
    multiRegion: true,
  };
  expect(resolve(given)).toMatchObject(given);
  expect(resolve({ client: documents }).client).toBe(documents);
  expect(resolve({ leaseMs: 1_000, healthCheck: check }).healthCheck).toEqual({ check, periodMs: 300, timeoutMs: 300 });
  const healthCheck = { check, periodMs: 10, timeoutMs: 900_000 };
  expect(resolve({ healthCheck }).healthCheck).toEqual(healthCheck);
});

describe('refused', () => {
  test.each([undefined, null, 'billing', 7])('options that are %o', (options) => {
    expect(() => resolveOptions(options as never)).toThrow(expect.objectContaining({ code: 'BadOption' }));
  });

  test('unknown options, with all that are known', () => {
    refuse(
      { leaseMS: 5_000 },
      'Unknown option `leaseMS`',
      'An Election knows: name, tableName, client, sharedConnections, id, leaseMs',
    );
    refuse({ ttl: 1, nodeId: 'x' }, '`ttl`, `nodeId`');
    refuse({ toString: 1 }, '`toString`');
  });

  const NOT_TEXT = [null, 7, true, {}, ['billing'], Symbol('billing'), () => 'billing', ''];
  const WHOLE = [null, '5', Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 5n, {}, [5], true, Symbol('5')];
  test.each<[string, unknown[]]>([
    ['name', [...NOT_TEXT, undefined, 'a b', 'a/b', 'a#b', 'é', 'n'.repeat(65), 'billing\n']],
    ['tableName', [...NOT_TEXT, undefined]],
    ['client', [null, 7, 'client', {}, { send: true }]],
    ['id', [...NOT_TEXT, 'i'.repeat(129), 'é'.repeat(65)]],
    ['leaseMs', [...WHOLE, 99, 900_001]],
    ['renewMs', [...WHOLE, 9]],
    ['stepDownMs', WHOLE],
    ['requestTimeoutMs', [...WHOLE, 4, 3_001]],
    ['drift', [null, '0.01', Number.NaN, 0, -0.01, 0.3, 1n, {}]],
    ['value', [() => 1, Symbol('v'), Number.NaN, new Date(0), new (class Address {})()]],
    ['priority', [...WHOLE, 1_000_001]],
    ['staggerMs', [...WHOLE, 60_001]],
    ['succession', ['', 'random', null, 1, ['ring']]],
    ['rosterMs', [...WHOLE, 99, 900_001]],
    ['yieldTo', [null, '', 'Operator', 'all', 7, {}]],
    ['healthCheck', [null, 7, 'check', {}, { check: 'check' }, { periodMs: 100 }, true]],
    ['multiRegion', [null, 'true', 1, 0, {}]],
    ['sharedConnections', [null, 'true', 1, 0, {}]],
    [
      'noticeQueueUrl',
      [null, 7, '', 'notices', 'ftp://x/y', 'https://sqs.eu-west-1.amazonaws.com/123456789012/notices.fifo'],
    ],
  ])('%s', (name, values) => {
    for (const value of values) refuse({ [name]: value }, `\`${name}\``);
  });

  test.each(['periodMs', 'timeoutMs'])('healthCheck.%s', (name) => {
    for (const value of [...WHOLE, 9, 900_001])
      refuse({ healthCheck: { check: () => true, [name]: value } }, `\`healthCheck.${name}\``);
  });

  test.each([
    [{ name: 'a b' }, '"a b"'],
    [{ tableName: 7 }, 'but is 7'],
    [{ priority: '5' }, 'but is "5"'],
    [{ yieldTo: 'all' }, "'operator' or 'priority', but is \"all\""],
    [{ client: { region: 'x' } }, '{"region":"x"}'],
    [{ drift: 0.3 }, 'from 0.0001 to 0.25'],
    [{ leaseMs: 5_000, renewMs: 4_000 }, '2 * 4000 + 2000 + 500 = 10500'],
  ])('and shows what came, and what was expected: %o', (options, shown) => {
    refuse(options, shown);
  });

  test('a value that is too large for the record, by its own code', () => {
    expect(() => resolve({ value: 'v'.repeat(401) })).toThrow(expect.objectContaining({ code: 'RecordTooLarge' }));
  });
});

test('limits are inclusive', () => {
  expect(checkName('n'.repeat(64))).toHaveLength(64);
  expect(checkName('A.b_C-9')).toBe('A.b_C-9');
  expect(checkId('id', 'é'.repeat(64))).toHaveLength(64);
  expect(() => checkId('holder', '')).toThrow('`holder`');
  for (const leaseMs of [100, 900_000]) expect(resolve({ leaseMs }).timings.leaseMs).toBe(leaseMs);
  for (const drift of [0.0001, 0.15]) expect(resolve({ drift }).timings.drift).toBe(drift);
});
