/** The one class of errors, and showing any value in one short line. */
import { expect, test } from 'vitest';
import { isTenureError, show, TenureError } from '../../lib/lease/errors.js';

test('an error carries code, details and cause, and is recognised by its code', () => {
  const cause = new Error('below');
  const error = new TenureError('TermFell', 'down', { cause, details: { was: 2 } });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'TenureError', message: 'down', code: 'TermFell', cause, details: { was: 2 } });
  expect([isTenureError(error), isTenureError(error, 'TermFell'), isTenureError(error, 'Busy')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([isTenureError(cause), isTenureError({ ...error }), isTenureError(undefined)]).toEqual([false, false, false]);
});

test('an error without a cause has none, and details of its own', () => {
  const details = { a: 1 };
  const error = new TenureError('Busy', 'x', { details });
  details.a = 2;
  expect(error).not.toHaveProperty('cause');
  expect(error.details).toEqual({ a: 1 });
  expect(new TenureError('Busy', 'x').details).toEqual({});
});

const circle: Record<string, unknown> = {};
circle.self = circle;
const thrower = {
  toJSON: () => {
    throw new Error('no');
  },
};
test.each<[unknown, string]>([
  ['text "quoted"', '"text \\"quoted\\""'],
  [12, '12'],
  [Number.NaN, 'NaN'],
  [5n, '5'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [{ a: 1n, b: [true] }, '{"a":"1n","b":[true]}'],
  [circle, '[object Object]'],
  [thrower, '[object Object]'],
  [{ toJSON: () => undefined }, '[object Object]'],
  [Object.create(null), '{}'],
])('shows %#', (value, text) => {
  expect(show(value)).toBe(text);
});

test('shows at most 300 characters', () => {
  expect(show('x'.repeat(298))).toHaveLength(300);
  expect(show('x'.repeat(299))).toHaveLength(300);
  expect(show('x'.repeat(299))).toMatch(/x\.\.\.$/);
});
