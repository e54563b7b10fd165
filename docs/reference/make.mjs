/**
 * Makes the reference from the docstrings of the package's three entries: `node docs/reference/make.mjs` writes the pages
 * beside this file, `node docs/reference/make.mjs DIR` elsewhere (the test compares). TypeDoc reads TypeScript through the
 * compiler that is installed here, older than the project's own, which has no interface for such tools.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { pageOf } from './page.mjs';
import { ENTRIES, sectionsOf } from './sections.mjs';
import { firstSentence, nameWords } from './text.mjs';

const INTRODUCTION = `# Reference

Made from the docstrings by \`npm run reference\`. Durations end in \`Ms\` and are milliseconds; times of a wall clock end in \`At\` and
are epoch milliseconds. Sections, and invariants as S1 or L1, are those of [the protocol](../protocol.md); what the words mean is told
in [the concepts](../concepts.md).`;

const here = fileURLToPath(new URL('./', import.meta.url));
const root = resolve(here, '../..');
const out = resolve(process.argv[2] ?? here);

const app = await Application.bootstrap({
  entryPoints: ENTRIES.map(({ file }) => join(root, file)),
  tsconfig: join(here, 'tsconfig.json'),
  logLevel: 'Warn',
  readme: 'none',
  skipErrorChecking: true, // the project's own compiler does that
  excludeExternals: true, // what every construct of CDK inherits
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  sort: ['source-order'],
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Method', 'Accessor'],
});
/** The words of a type that is made from others (`keyof typeof METRICS`): people want the words. In an order that stays. */
const words = new Map();
app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, it) => {
  if (!it.kindOf(ReflectionKind.TypeAlias)) return;
  const { types = [] } = context.checker.getDeclaredTypeOfSymbol(context.getSymbolFromReflection(it));
  if (types.length === 0 || !types.every((type) => type.isStringLiteral())) return;
  words.set(it, types.map(({ value }) => `'${value}'`).sort());
});

// A parameter that is taken apart has no name of its own, and docstrings call it so.
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const signature of project.getReflectionsByKind(ReflectionKind.SomeSignature)) {
    for (const it of signature.parameters ?? []) {
      if (it.name !== '__namedParameters') continue;
      it.name = signature.parameters.some(({ name }) => name === 'options') ? 'more' : 'options';
    }
  }
});

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);

const entries = ENTRIES.map((entry) => {
  const module = project.children.find((child) => child.name === entry.module);
  return { ...entry, sections: sectionsOf(entry, module.children) };
});
/** Which page and heading each exported name has. */
const places = new Map(
  entries.flatMap(({ page, sections }) => sections.flatMap(({ exports }) => exports.map((it) => [it, page]))),
);

for (const [{ name }, list] of words) nameWords(name, list);

mkdirSync(out, { recursive: true });
for (const entry of entries) writeFileSync(join(out, entry.page), pageOf(entry, { places, words }));
writeFileSync(join(out, 'README.md'), indexOf(entries));
if (app.logger.hasErrors()) process.exit(1);

/** The page that lists every name. */
function indexOf(entries) {
  const parts = entries.map(({ name, page, about, sections }) => {
    const lists = sections.map(({ title, exports }) => {
      const names = exports.map((it) => `- [\`${it.name}\`](${page}#${it.name.toLowerCase()}): ${firstSentence(it)}`);
      return `### ${title}\n\n${names.join('\n')}`;
    });
    return [`## [${name}](${page})`, about, ...lists].join('\n\n');
  });
  return [INTRODUCTION, ...parts].join('\n\n').concat('\n');
}
