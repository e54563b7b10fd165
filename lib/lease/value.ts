/** What a leader proclaims: checked as DynamoDB checks it, before anything is sent, and copied. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { show, TenureError } from './errors.js';
import { exactValue, itemBytes, toItem, valueBytes } from './item.js';
import { FORMAT, type LeaseRecord, MAX_RECORD_BYTES, partitionKey } from './record.js';

/** How much a leader may proclaim, in bytes as DynamoDB counts them. */
const MAX_VALUE_BYTES = 400;
/** How deep DynamoDB nests lists and maps within an attribute. */
const MAX_LEVELS = 31;

/**
 * Checks a value, and copies it: what is done to the object afterwards changes nothing.
 * @throws TenureError `BadOption` for what DynamoDB cannot hold, `RecordTooLarge` over {@link MAX_VALUE_BYTES}
 */
export function copyValue(value: unknown): unknown {
  if (value === undefined) return undefined;
  const attribute = attributeOf(value);
  const bytes = valueBytes(attribute);
  if (bytes <= MAX_VALUE_BYTES) return exactValue(copyOf(attribute));
  throw new TenureError(
    'RecordTooLarge',
    `\`value\` takes ${bytes} bytes, and at most ${MAX_VALUE_BYTES} fit beside the lease: every heartbeat rewrites it. ` +
      'Proclaim an address or a key, and keep the rest in an item of its own.',
    { details: { bytes, most: MAX_VALUE_BYTES } },
  );
}

/** The SDK copies all but bytes. */
function copyOf(value: AttributeValue): AttributeValue {
  const { B, BS, L, M } = value;
  if (B !== undefined) return { B: Uint8Array.from(B) };
  if (BS !== undefined) return { BS: BS.map((bytes) => Uint8Array.from(bytes)) };
  if (L !== undefined) return { L: L.map(copyOf) };
  if (M !== undefined) return { M: Object.fromEntries(Object.entries(M).map(([name, part]) => [name, copyOf(part)])) };
  return value;
}

function attributeOf(value: unknown): AttributeValue {
  try {
    if (hasProto(value)) throw new TypeError('it has a key `__proto__`, which the SDK cannot send');
    const attribute = toItem({ value }).value;
    if (attribute === undefined) throw new TypeError('nothing is left of it');
    const obstacle = obstacleIn(attribute, MAX_LEVELS);
    if (obstacle !== undefined) throw new TypeError(obstacle);
    return attribute;
  } catch (cause) {
    throw new TenureError(
      'BadOption',
      `\`value\` must be what DynamoDB can hold (text, number, boolean, null, array, plain object), but is ${show(value)}: ` +
        `${cause instanceof Error ? cause.message : show(cause)}.`,
      { cause },
    );
  }
}

/** Looked for before the SDK translates the value: it loses such a key, or what lies under it. */
function hasProto(value: unknown, levelsLeft = MAX_LEVELS + 1): boolean {
  if (typeof value !== 'object' || value === null || levelsLeft === 0) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  const parts = value instanceof Map ? [...value.values()] : ArrayBuffer.isView(value) ? [] : Object.values(value);
  const isKey = value instanceof Map && value.has('__proto__');
  return isKey || parts.some((part) => hasProto(part, levelsLeft - 1));
}

/** What the SDK would send and DynamoDB would refuse, again and again. */
function obstacleIn(value: AttributeValue, levelsLeft: number): string | undefined {
  const { S, N, B, SS, NS, BS, L, M } = value;
  const texts = [...(S === undefined ? [] : [S]), ...(SS ?? []), ...Object.keys(M ?? {})];
  if (!texts.every(isUnicode)) return 'it has text that is not Unicode';
  const numbers = [...(N === undefined ? [] : [N]), ...(NS ?? [])];
  if (!numbers.every(isDynamoNumber)) return 'it has a number out of range, or with more than 38 digits';
  const members = SS ?? NS?.map(canonicalNumber) ?? BS?.map((bytes) => Buffer.from(bytes).toString('base64'));
  if (members !== undefined && new Set(members).size < members.length) return 'it has a set with equal members';
  if (members?.includes('')) return 'it has a set with an empty member';
  if (members?.length === 0) return 'it has an empty set';
  if (B !== undefined && !(B instanceof Uint8Array)) return 'it has bytes of an unknown kind';
  if (M !== undefined && Object.hasOwn(M, '')) return 'it has a key without a name';
  const parts = L ?? (M && Object.values(M));
  if (parts === undefined) return undefined;
  if (levelsLeft === 0) return `it is nested over ${MAX_LEVELS} levels deep`;
  for (const part of parts) {
    const obstacle = obstacleIn(part, levelsLeft - 1);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

/** Half of a surrogate pair cannot be sent, or comes back as another character. */
export const isUnicode = (text: string): boolean => Buffer.from(text).toString() === text;

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

function isDynamoNumber(text: string): boolean {
  if (!NUMBER.test(text)) return false;
  const size = Math.abs(Number(text));
  return digitsOf(text).length <= 38 && (size === 0 || (size >= 1e-130 && size < 1e126));
}

const digitsOf = (text: string): string =>
  text
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '');

/** The same text for the same number: `1`, `1.0` and `10e-1` are one member of a set. */
function canonicalNumber(text: string): string {
  const [, before = '', after = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const digits = digitsOf(text);
  if (digits === '') return '0';
  const trailing = (before + after).length - (before + after).replace(/0+$/, '').length;
  const scale = Number(exponent) - after.length + trailing;
  return `${text.startsWith('-') ? '-' : ''}${digits}e${scale}`;
}

/**
 * Checks that a record still fits into one write unit, before it is written.
 * @throws TenureError `RecordTooLarge`, with the bytes it would take
 */
export function checkFits(election: string, record: LeaseRecord): void {
  const bytes = itemBytes(toItem({ pk: partitionKey(election), sk: 'leader', format: FORMAT, ...record }));
  if (bytes < MAX_RECORD_BYTES) return;
  throw new TenureError(
    'RecordTooLarge',
    `The record of election ${show(election)} would take ${bytes} bytes; it must stay under ${MAX_RECORD_BYTES}, so that a ` +
      'heartbeat costs one write unit. Shorten the value, the ids of the candidates, or the reason of the challenge.',
    { details: { bytes, most: MAX_RECORD_BYTES } },
  );
}
