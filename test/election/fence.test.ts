/** Fenced writes as expressions (section 7): what check() and stamp() add to the user's own, and what they refuse. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { Fence, type StampableInput } from '../../lib/election/fence.js';

const fenceOf = (change = {}) =>
  new Fence({ tableName: 'tenure', election: 'billing', term: 10, attempt: 'x', multiRegion: false, ...change });
const fence = fenceOf();
const FREE = '(attribute_not_exists(#fence) OR #fence <= :fence)';

test('check() is a ConditionCheck of term and attempt on the fence item', () => {
  expect(fence.check()).toEqual({
    ConditionCheck: {
      TableName: 'tenure',
      Key: { pk: 'election#billing', sk: 'fence' },
      ConditionExpression: '#term = :term AND #attempt = :attempt',
      ExpressionAttributeNames: { '#term': 'term', '#attempt': 'attempt' },
      ExpressionAttributeValues: { ':term': 10, ':attempt': 'x' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  });
  expect(fence.term).toBe(10);
});

test('check() throws on a table that has no transactions, and says what to use; stamp() goes on', () => {
  const there = fenceOf({ multiRegion: true });
  expect(() => there.check()).toThrow(
    expect.objectContaining({ code: 'FenceUnsupported', message: expect.stringMatching(/"tenure".*fence\.stamp/) }),
  );
  expect(there.stamp({ Key: { id: 1 } }, { delete: true }).ConditionExpression).toBe(FREE);
});

describe('stamp()', () => {
  test('of a Put: the item carries the term', () => {
    const input = { TableName: 't', Item: { id: 'i', 'fence:billing': 3 } };
    expect(fence.stamp(input)).toEqual({
      TableName: 't',
      Item: { id: 'i', 'fence:billing': 10 },
      ConditionExpression: FREE,
      ExpressionAttributeNames: { '#fence': 'fence:billing' },
      ExpressionAttributeValues: { ':fence': 10 },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  test('of a Delete: the condition alone', () => {
    expect(fence.stamp({ TableName: 't', Key: { id: 'i' } }, { delete: true })).toEqual({
      TableName: 't',
      Key: { id: 'i' },
      ConditionExpression: FREE,
      ExpressionAttributeNames: { '#fence': 'fence:billing' },
      ExpressionAttributeValues: { ':fence': 10 },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  test.each([
    ['SET a = :a', 'SET #fence = :fence, a = :a'],
    ['set a = :a', 'set #fence = :fence, a = :a'],
    ['SET#a = :a', 'SET #fence = :fence,#a = :a'],
    ['REMOVE a', 'SET #fence = :fence REMOVE a'],
    ['ADD n :a', 'SET #fence = :fence ADD n :a'],
    ['REMOVE a SET b = :a', 'REMOVE a SET #fence = :fence, b = :a'],
    ['REMOVE l[0]SET b = :a', 'REMOVE l[0]SET #fence = :fence, b = :a'],
    ['ADD n :a\nSET\tb = :a', 'ADD n :a\nSET #fence = :fence,\tb = :a'],
    ['REMOVE #set, offset', 'SET #fence = :fence REMOVE #set, offset'],
    ['ADD n :set', 'SET #fence = :fence ADD n :set'],
  ])('of an Update: %j becomes %j', (expression, stamped) => {
    const { UpdateExpression } = fence.stamp({ Key: { id: 'i' }, UpdateExpression: expression });
    expect(UpdateExpression?.replace(/ +/g, ' ')).toBe(stamped);
  });

  test.each([
    ['(a = :a OR b = :b)', '(a = :a OR b = :b)'],
    [' ( a = :a ) ', '( a = :a )'],
    ['(a = :a) OR (b = :b)', '((a = :a) OR (b = :b))'],
    ['attribute_exists(a)', '(attribute_exists(a))'],
    ['NOT (a = :a)', '(NOT (a = :a))'],
    ['((a = :a) OR b = :b) AND size(c) < :d', '(((a = :a) OR b = :b) AND size(c) < :d)'],
  ])('a condition of %j is an operand as %j: DynamoDB refuses two pairs around one', (condition, operand) => {
    const { ConditionExpression } = fence.stamp({ Key: { id: 'i' }, ConditionExpression: condition }, { delete: true });
    expect(ConditionExpression).toBe(`${operand} AND ${FREE}`);
  });

  test("the user's condition is put in parentheses, so that its OR cannot pass the fence (known-bad variant 38)", () => {
    const { ConditionExpression } = fence.stamp(
      { Key: { id: 'i' }, ConditionExpression: 'a = :a OR b = :b' },
      { delete: true },
    );
    expect(ConditionExpression).toBe(`(a = :a OR b = :b) AND ${FREE}`);
  });

  test('keeps names and values of the user, and takes placeholders that are not in use', () => {
    const stamped = fence.stamp({
      Key: { id: 'i' },
      UpdateExpression: 'SET #fence = :fence',
      ExpressionAttributeNames: { '#fence': 'mine', '#fence1': 'too' },
      ExpressionAttributeValues: { ':fence': 'theirs' },
    });
    expect(stamped).toMatchObject({
      ConditionExpression: '(attribute_not_exists(#fence2) OR #fence2 <= :fence1)',
      ExpressionAttributeNames: { '#fence': 'mine', '#fence1': 'too', '#fence2': 'fence:billing' },
      ExpressionAttributeValues: { ':fence': 'theirs', ':fence1': 10 },
    });
    expect(stamped.UpdateExpression?.replace(/ +/g, ' ')).toBe('SET #fence2 = :fence1, #fence = :fence');
  });

  test('for two elections on one item keeps two stamps, which do not shut each other out', () => {
    const other = fenceOf({ election: 'reports', term: 3 });
    const stamped = other.stamp(fence.stamp({ Item: { id: 'i' } }));
    expect(stamped.Item).toEqual({ id: 'i', 'fence:billing': 10, 'fence:reports': 3 });
    expect(stamped.ConditionExpression).toBe(`${FREE} AND (attribute_not_exists(#fence1) OR #fence1 <= :fence1)`);
    expect(stamped.ExpressionAttributeValues).toEqual({ ':fence': 10, ':fence1': 3 });
  });

  test('keeps the term where its options say', () => {
    const { Item, ExpressionAttributeNames } = fence.stamp({ Item: { id: 1 } }, { attribute: 'epoch' });
    expect([Item, ExpressionAttributeNames]).toEqual([{ id: 1, epoch: 10 }, { '#fence': 'epoch' }]);
  });

  test('of an input that it has stamped: the same input, also once it was copied', () => {
    const once = fence.stamp({ TableName: 't', Key: { id: 'i' }, UpdateExpression: 'SET a = :a' });
    expect(fence.stamp(once)).toEqual(once);
    expect(fence.stamp({ ...once })).toEqual(once);
    const later = fenceOf({ term: 11 });
    expect(() => later.stamp(once)).toThrow(
      expect.objectContaining({ code: 'BadOption', message: expect.stringContaining('stamp of term') }),
    );
    expect(() => fence.stamp(once, { attribute: 'other' })).not.toThrow();
  });

  test.each([{ attribut: 'x' }, { delete: 'yes' }, { delete: 1 }])('refuses the options %o', (options) => {
    expect(() => fence.stamp({ Item: {} }, options as never)).toThrow(expect.objectContaining({ code: 'BadOption' }));
  });

  test('changes nothing of its input', () => {
    const freeze = <T extends object>(value: T): T => {
      for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) freeze(part);
      return Object.freeze(value);
    };
    const input = freeze({
      TableName: 't',
      Item: { id: 'i', nested: { a: 1 } },
      ConditionExpression: '#a = :a',
      ExpressionAttributeNames: { '#a': 'a' },
      ExpressionAttributeValues: { ':a': 1 },
    });
    const before = structuredClone(input);
    fence.stamp(input);
    expect(input).toEqual(before);
  });

  const client = new DynamoDBClient({ region: 'eu-west-1' });
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['text', 'Item', '"Item"'],
    ['neither item nor key', { TableName: 't' }, 'the keys TableName'],
    ['both', { Item: {}, Key: {} }, 'the keys Item,Key'],
    ['a command', new PutCommand({ TableName: 't', Item: { id: 1 } }), 'stamp its input'],
    ['a client', client, 'the keys'],
    ['a key alone, which may be an update that sets nothing', { Key: { id: 1 } }, '{ delete: true }'],
    ['an empty update', { Key: { id: 1 }, UpdateExpression: '  ' }, 'an empty UpdateExpression'],
    ['Expected', { Key: { id: 1 }, Expected: {} }, '`Expected`: use expressions'],
    ['AttributeUpdates', { Key: { id: 1 }, AttributeUpdates: {} }, '`AttributeUpdates`'],
    ['ConditionalOperator', { Item: { id: 1 }, ConditionalOperator: 'OR' }, '`ConditionalOperator`'],
  ])('refuses %s', (_, input, found) => {
    expect(() => fence.stamp(input as StampableInput)).toThrow(
      expect.objectContaining({ code: 'BadOption', message: expect.stringContaining(found) }),
    );
  });

  test.each(['', 7, null])('refuses the attribute %o', (attribute) => {
    expect(() => fence.stamp({ Item: {} }, { attribute: attribute as string })).toThrow(
      expect.objectContaining({ code: 'BadOption', message: expect.stringContaining('`attribute`') }),
    );
  });
});
