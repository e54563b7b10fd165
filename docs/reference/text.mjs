/** Text of the reference: comments as Markdown, types as TypeScript, tables in line. */
import { ReflectionKind } from 'typedoc';

/** A table with its columns in line. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replace(/\s*\n\s*/g, ' ').replace(/(?<!\\)\|/g, '\\|')),
  );
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => [...row[column]].length)));
  const line = (row) =>
    `| ${row.map((cell, column) => cell + ' '.repeat(widths[column] - [...cell].length)).join(' | ')} |`;
  return [
    line(cells[0]),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...cells.slice(1).map(line),
  ].join('\n');
}

const PROTOCOL_SECTIONS = [
  '',
  '1-words',
  '2-the-records',
  '3-the-writes',
  '4-clocks',
  '5-when-the-answer-is-lost',
  '6-the-candidate',
  '7-fencing',
  '8-failure-detection-without-a-process',
  '9-what-is-promised',
];

/** Sections of the protocol, and its invariants, as links. Not within code, and not within other links. */
const cited = (text) =>
  text
    .replace(/\b([Ss]ection) ([1-9])\b/g, (_, word, n) => `[${word} ${n}](../protocol.md#${PROTOCOL_SECTIONS[n]})`)
    .replace(/\b[Ss]ections ([1-9]) to [1-9]\b/g, (whole, n) => `[${whole}](../protocol.md#${PROTOCOL_SECTIONS[n]})`)
    .replace(/\b(?:S\d{1,2}|L[1-6])\b/g, (name) => `[${name}](../protocol.md#${PROTOCOL_SECTIONS[9]})`);

/** What a reflection says of itself: of a function, its signature does. */
export const commentOf = (it) => it?.comment ?? it?.signatures?.[0]?.comment ?? it?.getSignature?.comment;

/** A comment's text as Markdown. `link(reflection)` gives the address of what is exported. */
export function prose(parts = [], link = () => undefined) {
  return parts
    .map((part) => {
      if (part.kind === 'text') return cited(part.text);
      if (part.kind === 'code') return part.text;
      // From any depth below lib/, the way to the root; the pages are two folders below it.
      if (part.kind === 'relative-link') return part.text.replace(/^(\.\.\/)+/, '../../');
      const label = `\`${part.text}\``;
      const to = typeof part.target === 'object' ? link(part.target) : undefined;
      return to === undefined ? label : `[${label}](${to})`;
    })
    .join('')
    .trim();
}

/** The blocks of one tag: `@throws`, `@returns`, `@example`. */
export const blocks = (it, tag, link) =>
  (commentOf(it)?.blockTags ?? []).filter((block) => block.tag === tag).map((block) => prose(block.content, link));

export function firstSentence(it) {
  const text = prose(commentOf(it)?.summary)
    .replace(/\s+/g, ' ')
    .replace(/\]\(\.\.\//g, '](../');
  return /^.*?[.:](?= [A-Z`[]|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

const parameters = (signature) =>
  (signature.parameters ?? [])
    .map(
      (it) =>
        `${it.flags.isRest ? '...' : ''}${it.name}${it.flags.isOptional || it.defaultValue ? '?' : ''}: ${typeText(it.type)}`,
    )
    .join(', ');

const generics = (signature) => {
  const list = (signature.typeParameters ?? []).map(
    (it) =>
      it.name + (it.type ? ` extends ${typeText(it.type)}` : '') + (it.default ? ` = ${typeText(it.default)}` : ''),
  );
  return list.length === 0 ? '' : `<${list.join(', ')}>`;
};

/** A function or method as one would write its declaration. */
export function signatureText(signature, name, arrow = ':') {
  const result = signature.kind === ReflectionKind.ConstructorSignature ? '' : `${arrow} ${typeText(signature.type)}`;
  return `${name}${generics(signature)}(${parameters(signature)})${result}`;
}

const member = (it) => {
  const optional = it.flags.isOptional ? '?' : '';
  if (it.signatures?.length > 0) return `${it.name}${optional}${signatureText(it.signatures[0], '')}`;
  return `${it.flags.isReadonly ? 'readonly ' : ''}${it.name}${optional}: ${typeText(it.type)}`;
};

/** The exported names of choices of words: the compiler gives some types by their words, people want the name. */
const namesOfWords = new Map();
const keyOfWords = (list) => [...list].sort().join(' ');
export const nameWords = (name, list) => namesOfWords.set(keyOfWords(list), name);
const nameOfWords = ({ types }) => namesOfWords.get(keyOfWords(types.map(typeText)));

/** A type as TypeScript, on one line. */
export function typeText(type) {
  switch (type?.type) {
    case undefined:
      return 'unknown';
    case 'reflection': {
      const { signatures, children = [] } = type.declaration;
      if (signatures?.length > 0) return `(${parameters(signatures[0])}) => ${typeText(signatures[0].type)}`;
      return children.length === 0 ? '{}' : `{ ${children.map(member).join('; ')} }`;
    }
    case 'union':
      return nameOfWords(type) ?? type.types.map(operand).join(' | ');
    case 'intersection':
      return type.types.map(operand).join(' & ');
    case 'array':
      return `${operand(type.elementType)}[]`;
    case 'typeOperator':
      return `${type.operator} ${typeText(type.target)}`;
    case 'literal':
      return typeof type.value === 'string' ? `'${type.value}'` : String(type.value);
    case 'reference': {
      const args = type.typeArguments ?? [];
      return type.name + (args.length === 0 ? '' : `<${args.map(typeText).join(', ')}>`);
    }
    default:
      return type.toString();
  }
}

/** In parentheses where it would be read otherwise. */
function operand(type) {
  const text = typeText(type);
  const isFunction = type.type === 'reflection' && type.declaration.signatures?.length > 0;
  return isFunction || (type.type === 'union' && type.types.length > 1) ? `(${text})` : text;
}

/** The exported types that a type speaks of. */
export function mentioned(type, found = new Set()) {
  if (type === undefined) return found;
  if (type.type === 'reference' && type.reflection) found.add(type.reflection);
  for (const part of [...(type.types ?? []), ...(type.typeArguments ?? [])]) mentioned(part, found);
  for (const part of [type.elementType, type.target]) if (part?.type) mentioned(part, found);
  const inner = type.type === 'reflection' ? type.declaration : undefined;
  for (const child of inner?.children ?? []) mentioned(child.type, found);
  for (const signature of inner?.signatures ?? []) mentionedBy(signature, found);
  return found;
}

/** The exported types that a signature speaks of. */
export function mentionedBy(signature, found = new Set()) {
  for (const it of signature.parameters ?? []) mentioned(it.type, found);
  return mentioned(signature.type, found);
}
