/**
 * The words of condition expressions, and the placeholders behind them. Which conditions there are is said in
 * `dynamodb.ts` alone.
 */
import { MAX_RECORD_BYTES } from './record.js';

/** Placeholders, so that no attribute name can meet a reserved word. */
export class Names {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};

  name(path: string): string {
    return path
      .split('.')
      .map((part) => {
        this.names[`#${part}`] = part;
        return `#${part}`;
      })
      .join('.');
  }

  value(value: unknown): string {
    const known = Object.keys(this.values).find((placeholder) => this.values[placeholder] === value);
    if (known !== undefined) return known;
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }
}

/** One comparison of a condition; `path` is an attribute, or attribute and member. */
export type Fragment = (names: Names) => string;

export const is =
  (path: string, value: unknown): Fragment =>
  (n) =>
    `${n.name(path)} = ${n.value(value)}`;
export const below =
  (path: string, value: number): Fragment =>
  (n) =>
    `${n.name(path)} < ${n.value(value)}`;
export const absent =
  (path: string): Fragment =>
  (n) =>
    `attribute_not_exists(${n.name(path)})`;
export const present =
  (path: string): Fragment =>
  (n) =>
    `attribute_exists(${n.name(path)})`;
export const either =
  (a: Fragment, b: Fragment): Fragment =>
  (n) =>
    `(${a(n)} OR ${b(n)})`;
export const all =
  (...fragments: readonly Fragment[]): Fragment =>
  (n) =>
    `(${fragments.map((fragment) => fragment(n)).join(' AND ')})`;
export const typed =
  (path: string, type: 'S' | 'BOOL'): Fragment =>
  (n) =>
    `attribute_type(${n.name(path)}, ${n.value(type)})`;
export const number =
  (path: string, least: number): Fragment =>
  (n) =>
    `${n.name(path)} BETWEEN ${n.value(least)} AND ${n.value(Number.MAX_SAFE_INTEGER)}`;
export const text =
  (path: string, most = MAX_RECORD_BYTES): Fragment =>
  (n) =>
    `(attribute_type(${n.name(path)}, ${n.value('S')}) AND size(${n.name(path)}) BETWEEN ${n.value(1)} AND ${n.value(most)})`;
export const optional = (path: string, fragment: Fragment): Fragment => either(absent(path), fragment);
