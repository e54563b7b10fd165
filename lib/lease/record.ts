/**
 * The record of an election (section 2): its shape, how it is read from a DynamoDB item, and what is refused.
 * A record that is malformed or of a newer format is never guessed at: it becomes an error that shows the item.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { show, TenureError } from './errors.js';

/** The format of the record that this version reads and writes. */
export const FORMAT = 1;
/** A heartbeat costs one write unit as long as the item is under this many bytes. */
export const MAX_RECORD_BYTES = 1024;
/** How much a leader may proclaim, in bytes as DynamoDB counts them. */
const MAX_VALUE_BYTES = 400;
/** How deep DynamoDB nests lists and maps within an attribute. */
const MAX_LEVELS = 31;
/** How long a candidate's id may be, in bytes of UTF-8. */
export const MAX_ID_BYTES = 128;

/** A raw DynamoDB item. */
export type Item = Record<string, AttributeValue>;

/** The pair that every write of the office raises; no state ever returns to an earlier one. */
export interface Version {
  readonly term: number;
  readonly beat: number;
}

/** Who asks the leader to hand over (section 6, challenge). */
export interface Challenger {
  /** The id of who asks. */
  readonly id: string;
  /** Random id of the challenge; the attempt of the term that it is handed. */
  readonly attempt: string;
  /** A stronger challenge replaces a weaker one. Operators are above all candidates. */
  readonly rank: number;
  /** For people. */
  readonly why: string;
  /** It is there to be handed the office; otherwise the leader only vacates. */
  readonly stands: boolean;
  /** Whom the vacancy is to be kept for, where the challenger does not stand. */
  readonly to?: string;
}

/** One election's record, as section 2 lays it down. Times end in `At` (epoch ms of the writer), durations in `Ms`. */
export interface LeaseRecord extends Version {
  readonly holder?: string;
  readonly attempt: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly priority: number;
  readonly acquiredAt: number;
  readonly renewedAt: number;
  readonly vacatedAt?: number;
  readonly value?: unknown;
  readonly previous?: string;
  /** How the last term ended: `resigned`, `yielded`, `expired`, `revoked`. Any other text never makes a vacancy free at once. */
  readonly reason?: string;
  readonly dead?: boolean;
  readonly successor?: string;
  readonly challenger?: Challenger;
  /** What changed the office (`elected`, `resigned`, `expired`, `revoked`), present only on the write that did. */
  readonly transition?: string;
}

/** The fence of an election: the newest term whose work has begun, and the attempt it belongs to. */
export interface FenceRecord {
  readonly term: number;
  readonly attempt: string;
}

/** The partition key of an election's items. */
export const partitionKey = (election: string): string => `election#${election}`;

/** Below zero if `a` is the older version, above zero if the newer one. */
export function compareVersions(a: Version, b: Version): number {
  return a.term - b.term || a.beat - b.beat;
}

/** Text that is equal for equal versions only. The attempt is part of it: a rewound table may repeat the numbers. */
export function versionKey(record: LeaseRecord | undefined): string {
  return record === undefined ? 'none' : `${record.term}.${record.beat}.${record.attempt}`;
}

/**
 * Reads a record from its item.
 * @throws TenureError `NewerFormat` or `MalformedRecord`, with the item in `details.item`.
 */
export function parseRecord(election: string, item: Item): LeaseRecord {
  const read = new Reader(`record of election ${show(election)}`, item);
  const format = read.integer('format', 1);
  if (format > FORMAT) {
    throw new TenureError(
      'NewerFormat',
      `The record of election ${show(election)} has format ${format}, and this version of tenure knows format ${FORMAT}: ` +
        'it is left untouched. Run the version of tenure that wrote it, or a newer one.',
      { details: { election, item: plain(item) } },
    );
  }
  return stripped({
    term: read.integer('term', 1),
    beat: read.integer('beat', 0),
    holder: read.optional('holder', () => read.id('holder')),
    attempt: read.text('attempt'),
    leaseMs: read.integer('leaseMs', 1),
    renewMs: read.integer('renewMs', 1),
    priority: read.integer('priority', Number.MIN_SAFE_INTEGER),
    acquiredAt: read.integer('acquiredAt', 0),
    renewedAt: read.integer('renewedAt', 0),
    vacatedAt: read.optional('vacatedAt', () => read.integer('vacatedAt', 0)),
    value: read.optional('value', () => plainValue(item.value!)),
    previous: read.optional('previous', () => read.text('previous')),
    reason: read.optional('reason', () => read.text('reason')),
    dead: read.optional('dead', () => read.flag('dead')),
    successor: read.optional('successor', () => read.id('successor')),
    challenger: read.optional('challenger', () => parseChallenger(election, item)),
    transition: read.optional('transition', () => read.text('transition')),
  });
}

/**
 * Reads the fence from its item.
 * @throws TenureError `MalformedRecord`, with the item in `details.item`.
 */
export function parseFence(election: string, item: Item): FenceRecord {
  const read = new Reader(`fence of election ${show(election)}`, item);
  return { term: read.integer('term', 1), attempt: read.text('attempt') };
}

function parseChallenger(election: string, item: Item): Challenger {
  const map = item.challenger?.M;
  const what = `record of election ${show(election)}`;
  if (map === undefined) throw malformed(what, item, 'challenger', 'a map {id, attempt, rank, why, stands}');
  const read = new Reader(what, map, item, 'challenger.');
  return stripped({
    id: read.id('id'),
    attempt: read.text('attempt'),
    rank: read.integer('rank', Number.MIN_SAFE_INTEGER),
    why: read.optional('why', () => read.text('why', 0)) ?? '',
    stands: read.flag('stands'),
    to: read.optional('to', () => read.id('to')),
  });
}

/** Takes typed attributes from an item; what is not of the type asked for is refused by name. */
export class Reader {
  constructor(
    private readonly what: string,
    private readonly from: Item,
    private readonly whole: Item = from,
    private readonly path = '',
  ) {}

  optional<T>(name: string, read: () => T): T | undefined {
    return this.from[name] === undefined ? undefined : read();
  }

  integer(name: string, least: number): number {
    const text = this.from[name]?.N;
    const value = text === undefined ? Number.NaN : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    const bound = least === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${least}`;
    throw malformed(this.what, this.whole, this.path + name, `a whole number${bound} (N)`);
  }

  text(name: string, least = 1): string {
    const value = this.from[name]?.S;
    if (value !== undefined && value.length >= least) return value;
    throw malformed(this.what, this.whole, this.path + name, 'a text (S) that is not empty');
  }

  id(name: string): string {
    const value = this.text(name);
    if (Buffer.byteLength(value) <= MAX_ID_BYTES) return value;
    throw malformed(this.what, this.whole, this.path + name, `a candidate id of at most ${MAX_ID_BYTES} bytes`);
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    const word = words.find((one) => one === this.from[name]?.S);
    if (word !== undefined) return word;
    throw malformed(this.what, this.whole, this.path + name, `one of ${words.map((one) => show(one)).join(', ')}`);
  }

  flag(name: string): boolean {
    const value = this.from[name]?.BOOL;
    if (value !== undefined) return value;
    throw malformed(this.what, this.whole, this.path + name, 'true or false (BOOL)');
  }
}

function malformed(what: string, item: Item, attribute: string, expected: string): TenureError {
  const found = attribute.split('.').reduce<unknown>((at, name) => (at as Item | undefined)?.[name], plain(item));
  const text = found === undefined ? 'nothing' : show(found);
  return new TenureError(
    'MalformedRecord',
    `The ${what} is malformed: \`${attribute}\` must be ${expected}, but is ${text}. ` +
      'It is left untouched; mend the item by hand, and the election goes on by itself. ' +
      `The item: ${show(plain(item))}`,
    { details: { attribute, expected, item: plain(item) } },
  );
}

export const plainValue = (value: AttributeValue): unknown => (plain({ value }) as { value: unknown }).value;

/** The item as plain values, for people; numbers beyond JavaScript's become text instead of an exception. */
export function plain(item: Item): Record<string, unknown> {
  return unmarshall(item, {
    wrapNumbers: (text) => {
      const number = Number(text);
      return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
    },
  });
}

/** Plain values as an item; what is undefined is left out. */
export function toItem(values: Record<string, unknown>): Item {
  return marshall(values, { removeUndefinedValues: true });
}

function stripped<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** The size of an item in bytes, as DynamoDB counts it (numbers: an upper bound). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(value: AttributeValue): number {
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

/**
 * Checks what a leader is to proclaim, before anything is sent.
 * @throws TenureError `BadOption` for what DynamoDB cannot hold, `RecordTooLarge` over {@link MAX_VALUE_BYTES}.
 */
export function checkValue(value: unknown): void {
  if (value === undefined) return;
  let bytes: number;
  try {
    const attribute = toItem({ value }).value;
    if (attribute === undefined) throw new TypeError('nothing is left of it');
    const obstacle = unholdable(attribute);
    if (obstacle !== undefined) throw new TypeError(obstacle);
    bytes = valueBytes(attribute);
  } catch (cause) {
    throw new TenureError(
      'BadOption',
      `\`value\` must be what DynamoDB can hold (text, number, boolean, null, array, plain object), but is ${show(value)}: ` +
        `${cause instanceof Error ? cause.message : show(cause)}.`,
      { cause },
    );
  }
  if (bytes > MAX_VALUE_BYTES) {
    throw new TenureError(
      'RecordTooLarge',
      `\`value\` takes ${bytes} bytes, and at most ${MAX_VALUE_BYTES} fit beside the lease: every heartbeat rewrites it. ` +
        'Proclaim an address or a key, and keep the rest in an item of your own.',
      { details: { bytes, most: MAX_VALUE_BYTES } },
    );
  }
}

/** What the SDK would send and DynamoDB would refuse, again and again: it is found here, before it stops an election. */
function unholdable(value: AttributeValue, levelsLeft = MAX_LEVELS): string | undefined {
  const { S, N, SS, NS, L, M } = value;
  const texts = [...(S === undefined ? [] : [S]), ...(SS ?? []), ...Object.keys(M ?? {})];
  if (texts.some((text) => Buffer.from(text).toString() !== text)) return 'it has text that is not Unicode';
  const numbers = [...(N === undefined ? [] : [N]), ...(NS ?? [])];
  if (!numbers.every(isDynamoNumber)) return 'it has a number out of range, or with more than 38 digits';
  if (M !== undefined && Object.hasOwn(M, '')) return 'it has a key without a name';
  const parts = L ?? Object.values(M ?? {});
  if ((L !== undefined || M !== undefined) && levelsLeft === 0) return `it is nested over ${MAX_LEVELS} levels deep`;
  return parts.map((part) => unholdable(part, levelsLeft - 1)).find((obstacle) => obstacle !== undefined);
}

function isDynamoNumber(text: string): boolean {
  const size = Math.abs(Number(text));
  const digits = text
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '');
  return digits.length <= 38 && (size === 0 || (size >= 1e-130 && size < 1e126));
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
