/**
 * The words of condition expressions, and the placeholders behind them. A placeholder is named after its attribute, so that
 * a write reads like the protocol: `#term = :term AND #beat = :beat`. Which conditions there are is said in `writes.ts`.
 */
import type { Attributes, Bounds } from './attributes.js';

/** One conditional update. */
export interface Update {
  /** What must hold: the comparison that decides comes first, the shape of the item last. */
  readonly when: readonly Comparison[];
  /** What is set; undefined sets nothing. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
}

/** One comparison of a condition. A path is an attribute, or attribute and member. */
export type Comparison = (names: Names) => string;

export const is =
  (path: string, value: unknown): Comparison =>
  (n) =>
    `${n.name(path)} = ${n.value(path, value)}`;
export const below =
  (path: string, value: number): Comparison =>
  (n) =>
    `${n.name(path)} < ${n.value(path, value)}`;
export const atMost =
  (path: string, value: number): Comparison =>
  (n) =>
    `${n.name(path)} <= ${n.value(path, value)}`;
export const absent =
  (path: string): Comparison =>
  (n) =>
    `attribute_not_exists(${n.name(path)})`;
export const present =
  (path: string): Comparison =>
  (n) =>
    `attribute_exists(${n.name(path)})`;
export const either =
  (a: Comparison, b: Comparison): Comparison =>
  (n) =>
    `(${a(n)} OR ${b(n)})`;
export const all =
  (...comparisons: readonly Comparison[]): Comparison =>
  (n) =>
    `(${comparisons.map((comparison) => comparison(n)).join(' AND ')})`;

/** The attribute is one of these; undefined stands for an absent one. */
export function oneOf(path: string, values: readonly (string | undefined)[]): Comparison {
  const there = values.filter((value) => value !== undefined);
  const isThere: Comparison = (n) => `${n.name(path)} IN (${there.map((value) => n.value(path, value)).join(', ')})`;
  if (there.length === values.length) return isThere;
  return there.length === 0 ? absent(path) : either(absent(path), isThere);
}

/** That an item, or a map within it, is of this shape: the same table by which it is parsed. */
export function shapeOf(attributes: Attributes, path = ''): Comparison[] {
  return Object.entries(attributes).flatMap(([name, { bounds, optional }]) => {
    const fits = fitting(path + name, bounds);
    if (fits === undefined) return [];
    return optional ? [either(absent(path + name), fits)] : [fits];
  });
}

function fitting(path: string, bounds: Bounds): Comparison | undefined {
  switch (bounds.type) {
    case 'N':
      return (n) => `${n.name(path)} BETWEEN ${n.number(bounds.least)} AND ${n.number(bounds.most)}`;
    case 'S':
      return (n) =>
        `(attribute_type(${n.name(path)}, ${n.type('S')}) AND ` +
        `size(${n.name(path)}) BETWEEN ${n.number(bounds.least)} AND ${n.number(bounds.most)})`;
    case 'BOOL':
      return (n) => `attribute_type(${n.name(path)}, ${n.type('BOOL')})`;
    case 'M':
      return all(...shapeOf(bounds.of, `${path}.`));
    case 'any':
      return undefined;
  }
}

/** Stands for "one more than the table has": the only value that is computed there. */
export const RAISED = Symbol('raised');

/** Placeholders, so that no attribute's name can meet a reserved word. */
class Names {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, unknown> = {};

  name(path: string): string {
    const parts = path.split('.');
    for (const part of parts) this.names[`#${part}`] = part;
    return parts.map((part) => `#${part}`).join('.');
  }

  /** `:term`; where another value has that name already, `:term2`. */
  value(path: string, value: unknown): string {
    const stem = `:${path.replace('.', '_')}`;
    for (let n = 1; ; n += 1) {
      const placeholder = n === 1 ? stem : `${stem}${n}`;
      if (Object.hasOwn(this.values, placeholder) && this.values[placeholder] !== value) continue;
      this.values[placeholder] = value;
      return placeholder;
    }
  }

  /** A bound: named by itself. */
  number(value: number): string {
    return this.value(`n${value < 0 ? 'minus' : ''}${Math.abs(value)}`, value);
  }

  type(name: 'S' | 'BOOL'): string {
    return this.value(name, name);
  }
}

/** The parameters of an `UpdateItem`. */
export function rendered({ when, set, remove }: Update) {
  const names = new Names();
  const condition = when.map((comparison) => comparison(names)).join(' AND ');
  const assignments = Object.entries(set)
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => {
      const name = names.name(path);
      return value === RAISED ? `${name} = ${name} + ${names.number(1)}` : `${name} = ${names.value(path, value)}`;
    });
  const removals = remove.map((path) => names.name(path));
  const clauses = [
    ...(assignments.length > 0 ? [`SET ${assignments.join(', ')}`] : []),
    ...(removals.length > 0 ? [`REMOVE ${removals.join(', ')}`] : []),
  ];
  return { condition, update: clauses.join(' '), names: names.names, values: names.values };
}
