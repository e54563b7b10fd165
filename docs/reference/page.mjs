/** One page of the reference: an entry's exports, section by section. */
import { ReflectionKind } from 'typedoc';
import { blocks, commentOf, mentioned, mentionedBy, prose, signatureText, table, typeText } from './text.mjs';

/**
 * @param known.places the page of each exported name
 * @param known.words of a type that is a choice of words, the words
 */
export function pageOf({ name, page, about, sections }, { places, words }) {
  const link = (target) => addressOf(target, page, places);
  const contents = sections
    .map(
      ({ title, exports }) =>
        `- ${title}: ${exports.map((it) => `[${it.name}](#${it.name.toLowerCase()})`).join(', ')}`,
    )
    .join('\n');
  const body = sections.map(({ title, exports }) =>
    [`## ${title}`, ...exports.map((it) => exported(it, link, words.get(it)))].join('\n\n'),
  );
  return `# ${name}\n\n${about}\n\n${contents}\n\n${body.join('\n\n')}\n`;
}

/** The heading that tells of a reflection: its own, or that of what it belongs to. */
function addressOf(target, page, places) {
  const owner = [target, target?.parent, target?.parent?.parent].find((it) => places.has(it));
  if (owner === undefined) return undefined;
  const isMethod = target !== owner && target.kindOf?.(ReflectionKind.Method) && isClass(owner);
  const anchor = `${owner.name}${isMethod ? target.name : ''}`.toLowerCase();
  return `${places.get(owner) === page ? '' : places.get(owner)}#${anchor}`;
}

/** What is longer is no help to anybody: the words beside it say what is in there. */
const LONGEST_TYPE = 400;
/** Longer rows are told as a list: a table is for what fits side by side. */
const WIDEST_ROW = 150;

const joined = (...parts) => parts.filter((part) => part !== undefined && part !== '').join('\n\n');
/** What is declared; examples, which are checked, are marked `ts`. */
const code = (text) => `\`\`\`typescript\n${text}\n\`\`\``;
const summary = (it, link) => prose(commentOf(it)?.summary, link);

/** A class that is exported as a type alone has the shape of an interface. */
const isClass = (it) =>
  it.kindOf(ReflectionKind.Class) ||
  (it.kindOf(ReflectionKind.Interface) && methodsOf(it).some((method) => commentOf(method)?.blockTags.length > 0));
const methodsOf = (it) => it.children?.filter((child) => child.kindOf(ReflectionKind.Method)) ?? [];

function exported(it, link, words) {
  const title = `### ${it.name}`;
  if (isClass(it)) return joined(title, classText(it, link));
  if (it.kindOf(ReflectionKind.Function)) return joined(title, callable(it, it.name, link));
  if (it.kindOf(ReflectionKind.Interface)) {
    return joined(title, summary(it, link), ...blocks(it, '@example', link), members(it, link));
  }
  if (it.kindOf(ReflectionKind.Variable)) {
    const rows = constantTable(it);
    return joined(title, summary(it, link), rows ?? code(`const ${it.name}: ${typeText(it.type)}`));
  }
  return joined(
    title,
    summary(it, link),
    code(aliasText(it, words)),
    eachWord(it, link),
    types(words ? [] : mentioned(it.type), link),
    ...blocks(it, '@example', link),
  );
}

/** What each of a choice of words means, where each has words of its own. */
function eachWord({ type }, link) {
  if (type.elementSummaries === undefined) return '';
  return type.types
    .map((word, index) => `- \`${typeText(word)}\`: ${prose(type.elementSummaries[index], link)}`)
    .join('\n');
}

/** The declaration of a type; of a long union, a line for each. */
function aliasText(it, words) {
  const parameters = it.typeParameters?.map(({ name }) => name).join(', ');
  const head = `type ${it.name}${parameters ? `<${parameters}>` : ''} =`;
  const isPlain = words === undefined || (it.type.type === 'union' && !typeText(it.type).includes('typeof'));
  const written = it.type.type === 'union' ? it.type.types.map(typeText) : [typeText(it.type)];
  const parts = isPlain ? written : words;
  const text = `${head} ${parts.join(' | ')}`;
  const bar = parts.length === 1 ? '' : '| ';
  return text.length <= 100 ? text : [head, ...parts.map((part) => `  ${bar}${part}`)].join('\n');
}

function classText(it, link) {
  const made = it.children.find((child) => child.kindOf(ReflectionKind.Constructor));
  return joined(
    summary(it, link),
    ...blocks(it, '@example', link),
    ...blocks(it, '@throws', link).map((text) => `- **Throws** ${text}`),
    made && callable(made, `new ${it.name}`, link),
    members(it, link),
    ...methodsOf(it).map((method) => {
      const own = method.name.startsWith('[') ? `[Symbol.${method.name.slice(1)}` : method.name;
      const title = method.flags.isStatic || !own.startsWith('[') ? `${it.name}.${own}` : `${it.name}${own}`;
      return joined(`#### ${title}`, callable(method, method.flags.isStatic ? title : own, link));
    }),
  );
}

/** A function: its signature, what it does, what it takes, gives and throws, an example. */
function callable(it, name, link) {
  const [signature] = it.signatures;
  const points = [
    ...(signature.parameters ?? []).flatMap((parameter) => parameterPoints(parameter, link)),
    ...blocks(it, '@returns', link).map((text) => `- **Returns** ${text}`),
    ...blocks(it, '@throws', link).map((text) => `- **Throws** ${text}`),
  ];
  return joined(
    code(signatureText(signature, name)),
    summary(it, link),
    points.join('\n').replace(/\n *(?!- )/g, '\n  '),
    types(mentionedBy(signature), link),
    ...blocks(it, '@example', link),
  );
}

function parameterPoints(parameter, link) {
  const own = summary(parameter, link);
  const parts = parameter.type?.declaration?.children ?? [];
  const inner = parts
    .map((part) => [part, summary(part, link)])
    .filter(([, text]) => text !== '')
    .map(([part, text]) => `- \`${parameter.name}.${part.name}\`: ${text}`);
  return own === '' ? inner : [`- \`${parameter.name}\`: ${own}`, ...inner];
}

/** Links to the types that a piece of code speaks of. */
function types(found, link) {
  const links = [...found]
    .filter((it) => !it.kindOf(ReflectionKind.TypeParameter))
    .map((it) => [it, link(it)])
    .filter(([, to]) => to !== undefined);
  return links.length === 0 ? '' : `Types: ${links.map(([it, to]) => `[${it.name}](${to})`).join(', ')}`;
}

/** The fields of a class or an interface, and an interface's methods, as a table. */
function members(it, link) {
  const shown = it.children?.filter(
    (child) =>
      child.kindOf(ReflectionKind.Property | ReflectionKind.Accessor) ||
      (!isClass(it) && child.kindOf(ReflectionKind.Method)),
  );
  if (shown === undefined || shown.length === 0) return '';
  const needed = shown.filter((child) => !child.flags.isOptional);
  const rows = [...needed, ...shown.filter((child) => !needed.includes(child))].map((child) => {
    const [signature] = child.signatures ?? [];
    const type = child.type ?? child.getSignature?.type;
    const text = signature ? signatureText(signature, '', ' =>') : typeText(type);
    const found = signature ? mentionedBy(signature) : mentioned(type);
    const name = `\`${child.name}${child.flags.isOptional ? '?' : ''}\``;
    return [name, typeCell(text, found, link), summary(child, link) || wholeOf(child, link)];
  });
  if (Math.max(...rows.map((row) => row.join('').length)) <= WIDEST_ROW) {
    return table(['name', 'type', 'meaning'], rows);
  }
  const point = ([name, type, meaning]) => `- ${name} ${type}${meaning && `: ${meaning.replace(/\n/g, '\n  ')}`}`;
  return rows.map(point).join('\n');
}

/** What `@throws` and `@returns` of an interface's method say, where it has no words besides. */
const wholeOf = (child, link) => [...blocks(child, '@returns', link), ...blocks(child, '@throws', link)].join(' ');

/** A type in a table: a link where it is one exported name. */
function typeCell(text, found, link) {
  const [only] = found;
  const to =
    found.size === 1 && new RegExp(`^(readonly )?${only.name}(\\[\\])?( \\| undefined)?$`).test(text) && link(only);
  if (to) return `[\`${text}\`](${to})`;
  return text.length > LONGEST_TYPE ? '`object`' : `\`${text}\``;
}

/** A constant of like parts, as a table: `METRICS`. */
function constantTable(it) {
  const parts = it.type?.declaration?.children;
  const keys = parts?.[0]?.type?.declaration?.children?.map(({ name }) => name);
  if (keys === undefined) return undefined;
  const cell = (part, key) => {
    const { type } = part.type.declaration.children.find(({ name }) => name === key);
    return key === 'label' ? String(type.value) : `\`${type.value ?? typeText(type)}\``;
  };
  return table(
    ['name', ...keys],
    parts.map((part) => [`\`${part.name}\``, ...keys.map((key) => cell(part, key))]),
  );
}
