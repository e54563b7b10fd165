/** DynamoDB items: as plain values, from plain values, and their size as DynamoDB counts it. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, NumberValueImpl, unmarshall } from '@aws-sdk/util-dynamodb';

/** A raw DynamoDB item. */
export type Item = Record<string, AttributeValue>;

/** The item as plain values, for people; numbers beyond JavaScript's become text instead of an exception. */
export function plain(item: Item): Record<string, unknown> {
  return unmarshall(item, {
    wrapNumbers: (text) => {
      const number = Number(text);
      return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
    },
  });
}

/** A value as an attribute holds it: the same again when it is written, however large its numbers. */
export function exactValue(value: AttributeValue): unknown {
  const wrapNumbers = (text: string) => (String(Number(text)) === text ? Number(text) : NumberValueImpl.from(text));
  return (unmarshall({ value }, { wrapNumbers }) as { value: unknown }).value;
}

/** Plain values as an item; what is undefined is left out. */
export function toItem(values: Record<string, unknown>): Item {
  return marshall(values, { removeUndefinedValues: true });
}

/** The size of an item in bytes, as DynamoDB counts it (numbers: an upper bound). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

/** The size of one attribute's value in bytes. */
export function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.M !== undefined) return 3 + itemBytes(value.M) + Object.keys(value.M).length;
  if (value.L !== undefined) return 3 + value.L.reduce((sum, part) => sum + 1 + valueBytes(part), 0);
  if (value.SS !== undefined) return value.SS.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (value.NS !== undefined) return value.NS.reduce((sum, part) => sum + numberBytes(part), 0);
  if (value.BS !== undefined) return value.BS.reduce((sum, part) => sum + part.byteLength, 0);
  return 1; // BOOL, NULL
}

const numberBytes = (text: string): number => Math.ceil(text.replace(/[^0-9]/g, '').length / 2) + 2;
