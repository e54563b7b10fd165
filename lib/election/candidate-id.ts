/** A candidate's id: checked, drawn where none is given, and drawn anew for a process that turns out to be a clone. */
import { hostname } from 'node:os';
import { type Chance, kernelBytes } from '../lease/chance.js';
import { show, TenureError } from '../lease/errors.js';
import { MAX_ID_BYTES } from '../lease/record.js';
import { isUnicode } from '../lease/value.js';

/** Checks a candidate's id; `option` is what the message calls it. */
export function checkId(option: string, id: unknown): string {
  const isText = typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= MAX_ID_BYTES;
  if (isText && isUnicode(id)) return id;
  const expected = isText
    ? 'text of Unicode, without half of a surrogate pair'
    : `a text of 1 to ${MAX_ID_BYTES} bytes`;
  throw new TenureError('BadOption', `\`${option}\` must be ${expected}, but is ${show(id)}.`, {
    details: { expected, found: id },
  });
}

/** Host name, process id and four random bytes. */
export function ownId(): string {
  return `${hostname().slice(0, 64)}-${process.pid}-${kernelBytes(4).toString('hex')}`;
}

/** Separates an id from what was added to it when its process turned out to be a clone. */
const CLONE_MARK = '~';
const CLONE_SUFFIX_CHARS = 8;

/** Another id for a process whose id belongs to the one that it was copied from: the same, with a suffix of its own. */
export function freshId(id: string, chance: Chance): string {
  const suffix = CLONE_MARK + chance.attempt().slice(0, CLONE_SUFFIX_CHARS);
  let stem = id.replace(/~[\w-]{1,8}$/, '');
  while (Buffer.byteLength(stem + suffix) > MAX_ID_BYTES || !isUnicode(stem)) stem = stem.slice(0, -1);
  return stem + suffix;
}
