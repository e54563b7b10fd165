/** The record's shape: versions, sizes as DynamoDB counts them, and what a leader may proclaim. */

import { NumberValueImpl as NumberValue } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { parseFence, parseRecord } from '../../lib/lease/attributes.js';
import { type Item, itemBytes, plain, toItem } from '../../lib/lease/item.js';
import { compareVersions, type LeaseRecord, versionKey } from '../../lib/lease/record.js';
import { checkFits, copyValue } from '../../lib/lease/value.js';

const record: LeaseRecord = {
  term: 3,
  beat: 4,
  holder: 'a',
  attempt: 'x',
  leaseMs: 10_000,
  renewMs: 3_000,
  priority: 0,
  acquiredAt: 1,
  renewedAt: 2,
};

describe('versions', () => {
  test.each([
    [{ term: 1, beat: 9 }, { term: 2, beat: 0 }, -1],
    [{ term: 2, beat: 10 }, { term: 2, beat: 9 }, 1],
    [{ term: 10, beat: 0 }, { term: 9, beat: 99 }, 1],
    [{ term: 2, beat: 2 }, { term: 2, beat: 2 }, 0],
  ])('%o and %o', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  test('are distinguished by term, beat and attempt, and by nothing else', () => {
    const keys = [{}, { term: 4 }, { beat: 5 }, { attempt: 'y' }].map((change) => versionKey({ ...record, ...change }));
    expect(new Set([...keys, versionKey(undefined)]).size).toBe(5);
    expect(versionKey({ ...record, holder: undefined, renewedAt: 9 })).toBe(versionKey(record));
    expect(versionKey({ ...record, term: 1, beat: 12 })).not.toBe(versionKey({ ...record, term: 11, beat: 2 }));
  });
});

describe('an item', () => {
  test('is read as it was written, and what is absent stays absent', () => {
    const full: LeaseRecord = {
      ...record,
      vacatedAt: 3,
      value: { a: [1, 'x', null, true, { b: 2.5 }] },
      previous: 'p',
      reason: 'yielded',
      dead: false,
      successor: 's',
      challenger: { id: 'c', attempt: 'y', rank: -1, why: '', stands: false },
      transition: 'elected',
    };
    expect(parseRecord('e', toItem({ format: 1, ...full }))).toEqual(full);
    expect(Object.keys(parseRecord('e', toItem({ format: 1, ...record })))).toEqual(Object.keys(record));
    expect(parseFence('e', toItem({ term: 3, attempt: 'x' }))).toEqual({ term: 3, attempt: 'x' });
  });

  test('that is malformed is shown whole, with what was expected and found', () => {
    const item = { ...toItem({ format: 1, ...record }), leaseMs: { S: 'ten' } };
    expect(() => parseRecord('billing', item)).toThrow(
      expect.objectContaining({
        code: 'MalformedRecord',
        message: expect.stringMatching(
          /"billing".*`leaseMs` must be a whole number of at least 1 \(N\), but is "ten".*"holder":"a"/,
        ),
        details: expect.objectContaining({ attribute: 'leaseMs', item: expect.objectContaining({ leaseMs: 'ten' }) }),
      }),
    );
    const { attempt: _, ...without } = toItem({ format: 1, ...record });
    expect(() => parseRecord('billing', without)).toThrow(
      '`attempt` must be a text of 1 to 1024 bytes (S), but is nothing',
    );
  });

  test('of a newer format names both formats', () => {
    expect(() => parseRecord('billing', toItem({ format: 7 }))).toThrow(
      expect.objectContaining({ code: 'NewerFormat', message: expect.stringMatching(/format 7.*format 1.*untouched/) }),
    );
  });

  test('may hold numbers that JavaScript cannot: they are shown as text', () => {
    expect(plain({ n: { N: '9007199254740993' }, f: { N: '0.5' }, l: { L: [{ N: '-2' }] } })).toEqual({
      n: '9007199254740993',
      f: 0.5,
      l: [-2],
    });
  });
});

describe('sizes', () => {
  // From the developer guide: names and texts in UTF-8; a number half a byte a digit and one more; 3 bytes for a list or a
  // map, and 1 for each element in it; 1 for a boolean or null. Numbers here are an upper bound, by one byte.
  test.each<[string, Item, number]>([
    ['nothing', {}, 0],
    ['a text', { name: { S: 'abc' } }, 7],
    ['a text beyond ASCII', { é: { S: '€' } }, 5],
    ['an empty text', { a: { S: '' } }, 1],
    ['a number', { n: { N: '7' } }, 1 + 3],
    ['a time', { at: { N: '1800000000000' } }, 2 + 9],
    ['a fraction below zero', { n: { N: '-12.5' } }, 1 + 4],
    ['a boolean and a null', { a: { BOOL: true }, b: { NULL: true } }, 4],
    ['bytes', { b: { B: new Uint8Array(5) } }, 6],
    ['an empty list and map', { l: { L: [] }, m: { M: {} } }, 8],
    ['a list', { l: { L: [{ S: 'ab' }, { BOOL: true }] } }, 1 + 3 + (1 + 2) + (1 + 1)],
    ['a map', { m: { M: { k: { S: 'v' }, n: { NULL: true } } } }, 1 + 3 + (1 + 1 + 1) + (1 + 1 + 1)],
    [
      'sets',
      { s: { SS: ['a', 'bc'] }, n: { NS: ['1', '234'] }, b: { BS: [new Uint8Array(2)] } },
      1 + 3 + (1 + 3 + 4) + 3,
    ],
  ])('%s', (_, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  test('a record fits under 1 KB, or is refused with its bytes', () => {
    const longest = (bytes: number) => checkFits('e', { ...record, previous: 'p'.repeat(bytes) });
    const rest = 1024 - itemBytes(toItem({ pk: 'election#e', sk: 'leader', format: 1, ...record, previous: '' }));
    expect(() => longest(rest - 1)).not.toThrow();
    expect(() => longest(rest)).toThrow(
      expect.objectContaining({ code: 'RecordTooLarge', details: { bytes: 1024, most: 1024 } }),
    );
  });
});

describe('a value', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'http://10.0.0.1:80'],
    ['an empty text', ''],
    ['numbers', [0, -1.5, 1e-130, 2 ** 53 - 1, 10n ** 37n, 0.1]],
    ['an object with an undefined part', { a: 1, b: undefined }],
    ['31 levels', nested(31)],
    ['a set', new Set(['a', 'b'])],
    ['an emoji', '🗳'],
    ['400 bytes', 'x'.repeat(400)],
    ['400 bytes beyond ASCII', 'é'.repeat(200)],
  ])('may be %s', (_, value) => {
    expect(() => copyValue(value)).not.toThrow();
  });

  class Address {}
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['an instance of a class', new Address()],
    ['a date', new Date(0)],
    ['not a number', Number.NaN],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['an integer that JavaScript has rounded', 2 ** 53 + 2],
    ['a number too small', [1e-131]],
    ['a number too large', 10n ** 126n],
    ['a number of 39 digits', 10n ** 38n + 1n],
    ['32 levels', nested(32)],
    ['32 levels of maps', Array.from({ length: 32 }).reduce<unknown>((inner) => ({ a: inner }), 1)],
    ['itself within itself', circle],
    ['a key without a name', { a: { '': 1 } }],
    ['half a character', '\ud83d'],
    ['half a character in a key', { '\ud83d': 1 }],
    ['half a character in a set', new Set(['\ud83d'])],
    ['an empty set', new Set()],
    ['a set with an empty member', new Set([''])],
    ['a set of one number, written twice', new Set([1, NumberValue.from('1.0')])],
    ['a set of one number, in another scale', new Set([NumberValue.from('10e-1'), 1])],
    ['a set with zero twice', new Set([0, NumberValue.from('0.00')])],
    ['a set of equal bytes', new Set([Uint8Array.of(1), Uint8Array.of(1)])],
    ['bytes that are a buffer of their own', { a: new ArrayBuffer(1) }],
    ['a number that is none', NumberValue.from('1e')],
    ['a key that the SDK loses', JSON.parse('{"__proto__": 1}')],
    ['such a key in a list of a map', new Map([['a', [JSON.parse('{"__proto__": 1}')]]])],
    ['such a key of a map', new Map([['__proto__', 1]])],
    ['a set of all sorts', new Set([1, 'a'])],
  ])('is refused if it is %s: DynamoDB could not hold it', (_, value) => {
    expect(() => copyValue(value)).toThrow(
      expect.objectContaining({
        code: 'BadOption',
        message: expect.stringMatching(/`value` must be what DynamoDB can hold/),
      }),
    );
  });

  test.each<[string, unknown, number]>([
    ['text', 'x'.repeat(401), 401],
    ['text beyond ASCII', 'é'.repeat(201), 402],
    ['an object', { url: 'x'.repeat(400) }, 407],
  ])('over 400 bytes is refused with its bytes: %s', (_, value, bytes) => {
    expect(() => copyValue(value)).toThrow(
      expect.objectContaining({ code: 'RecordTooLarge', details: { bytes, most: 400 } }),
    );
  });
});
