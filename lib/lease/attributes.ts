/**
 * The attributes of the items (section 2): name, type and bounds, said once. The parser below reads by this table, and
 * the condition of every write is made from it (`expression.ts`): what the one refuses, the other refuses, but for
 * fractions, which no condition can see.
 */
import { show, TenureError } from './errors.js';
import { exactValue, type Item, plain } from './item.js';
import {
  type Challenger,
  type FenceRecord,
  FORMAT,
  type LeaseRecord,
  MAX_ID_BYTES,
  MAX_RECORD_BYTES,
} from './record.js';

/** What one attribute may hold. Sizes of text are bytes of UTF-8. */
export type Bounds =
  | { readonly type: 'N'; readonly least: number; readonly most: number }
  | { readonly type: 'S'; readonly least: number; readonly most: number }
  | { readonly type: 'BOOL' }
  | { readonly type: 'M'; readonly of: Attributes }
  /** Any type: what users proclaim. */
  | { readonly type: 'any' };

export interface Attribute {
  readonly bounds: Bounds;
  readonly optional: boolean;
}

/** The attributes of an item, or of a map within one, by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

export const must = (bounds: Bounds): Attribute => ({ bounds, optional: false });
export const may = (bounds: Bounds): Attribute => ({ bounds, optional: true });
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Bounds => ({ type: 'N', least, most });
export const text = (least: number, most: number): Bounds => ({ type: 'S', least, most });
const flag: Bounds = { type: 'BOOL' };
export const any: Bounds = { type: 'any' };
const rank = whole(Number.MIN_SAFE_INTEGER);
const id = text(1, MAX_ID_BYTES);
const word = text(1, MAX_RECORD_BYTES);

const CHALLENGER: Attributes = {
  id: must(id),
  attempt: must(word),
  rank: must(rank),
  why: may(text(0, MAX_RECORD_BYTES)),
  stands: must(flag),
  to: may(id),
};

export const RECORD: Attributes = {
  format: must(whole(1, FORMAT)),
  term: must(whole(1)),
  beat: must(whole(0)),
  holder: may(id),
  attempt: must(word),
  mark: may(word),
  leaseMs: must(whole(1)),
  renewMs: must(whole(1)),
  priority: must(rank),
  acquiredAt: must(whole(0)),
  renewedAt: must(whole(0)),
  vacatedAt: may(whole(0)),
  value: may(any),
  previous: may(word),
  reason: may(word),
  dead: may(flag),
  successor: may(id),
  challenger: may({ type: 'M', of: CHALLENGER }),
  transition: may(word),
};

export const FENCE: Attributes = { term: must(whole(1)), attempt: must(word), mark: may(word) };

/**
 * Reads a record from its item.
 * @throws TenureError `NewerFormat` or `MalformedRecord`, with the item in `details.item`
 */
export function parseRecord(election: string, item: Item): LeaseRecord {
  refuseNewerFormat(election, item);
  const { format, ...record } = parse(`record of election ${show(election)}`, RECORD, item);
  const { challenger } = record as { challenger?: Challenger };
  if (challenger !== undefined) record.challenger = { ...challenger, why: challenger.why ?? '' };
  return record as unknown as LeaseRecord;
}

/**
 * Reads the fence from its item.
 * @throws TenureError `MalformedRecord`, with the item in `details.item`
 */
export function parseFence(election: string, item: Item): FenceRecord {
  return parse(`fence of election ${show(election)}`, FENCE, item) as unknown as FenceRecord;
}

/**
 * Reads the attributes that the table names; others are left alone.
 * @param what the item, for messages: `record of election "billing"`
 * @throws TenureError `MalformedRecord`, with the item in `details.item`
 */
export function parse(what: string, attributes: Attributes, item: Item): Record<string, unknown> {
  return parseMap(attributes, item, (path, expected) => malformed(what, item, path, expected));
}

type Refuse = (path: string, expected: string) => TenureError;

function parseMap(attributes: Attributes, from: Item, refuse: Refuse, path = ''): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const name of Object.keys(attributes)) {
    const { bounds, optional } = attributes[name]!;
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value === undefined && optional) continue;
    read[name] = parseValue(bounds, value, refuse, path + name);
  }
  return read;
}

function parseValue(bounds: Bounds, value: Item[string] | undefined, refuse: Refuse, path: string): unknown {
  switch (bounds.type) {
    case 'N': {
      const number = wholeNumberOf(value?.N);
      if (number !== undefined && number >= bounds.least && number <= bounds.most) return number;
      throw refuse(path, `a whole number${rangeOf(bounds.least)} (N)`);
    }
    case 'S': {
      const bytes = value?.S === undefined ? -1 : Buffer.byteLength(value.S);
      if (bytes >= bounds.least && bytes <= bounds.most) return value!.S;
      throw refuse(path, `a text of ${bounds.least} to ${bounds.most} bytes (S)`);
    }
    case 'BOOL':
      if (value?.BOOL !== undefined) return value.BOOL;
      throw refuse(path, 'true or false (BOOL)');
    case 'M':
      if (value?.M !== undefined) return parseMap(bounds.of, value.M, refuse, `${path}.`);
      throw refuse(path, `a map {${Object.keys(bounds.of).join(', ')}}`);
    case 'any':
      return value && exactValue(value);
  }
}

const rangeOf = (least: number) => (least === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${least}`);

/** Numbers are read as text: read as a number first, 1.00000000000000000001 would be 1, which no condition compares equal. */
function wholeNumberOf(text: string | undefined): number | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text ?? '');
  if (parts === null) return undefined;
  const [, sign, before, after = '', exponent = '0'] = parts as unknown as [string, string, string, string?, string?];
  const places = after.replace(/0+$/, '').length - Number(exponent);
  if (places > 0 && /[1-9]/.test((before + after.replace(/0+$/, '')).slice(-places))) return undefined;
  const number = Number(`${sign}${before}.${after}e${exponent}`);
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/** A newer format is not malformed: it is left to the version that knows it. */
function refuseNewerFormat(election: string, item: Item): void {
  const format = wholeNumberOf(item.format?.N);
  if (format === undefined || format <= FORMAT) return;
  throw new TenureError(
    'NewerFormat',
    `The record of election ${show(election)} has format ${format}, and this version of tenure knows format ${FORMAT}: ` +
      'it is left untouched. Run the version of tenure that wrote it, or a newer one.',
    { details: { election, item: plain(item) } },
  );
}

/** The error for an item whose attribute is not what it must be. */
export function malformed(what: string, item: Item, attribute: string, expected: string): TenureError {
  const found = attribute
    .split('.')
    .reduce<unknown>((at, name) => (Object.hasOwn(Object(at), name) ? (at as Item)[name] : undefined), plain(item));
  const text = found === undefined ? 'nothing' : show(found);
  return new TenureError(
    'MalformedRecord',
    `The ${what} is malformed: \`${attribute}\` must be ${expected}, but is ${text}. ` +
      'It is left untouched. Repair the item by hand, and the election goes on by itself. ' +
      `The item: ${show(plain(item))}`,
    { details: { attribute, expected, item: plain(item) } },
  );
}
