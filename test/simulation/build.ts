/**
 * Bundles the simulation with the shipping code for its workers; for a known-bad variant, with one place of the code
 * changed on the way. The switches exist in that build alone: the code that ships has none.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** One change to one file: `find` stands there exactly once. */
export interface Patch {
  /** Relative to the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Bundle {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * @param entry the module to bundle, relative to the repository
 * @throws Error for a patch whose place is not there, or there more than once: the code has moved on, the patch must too
 */
export async function bundle(entry: string, patches: readonly Patch[] = []): Promise<Bundle> {
  // Within the repository, so that packages are found; and where nobody looks.
  const cache = join(ROOT, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'tenure-simulation-'));
  const file = join(folder, 'bundle.mjs');
  const texts = new Map<string, string>();
  for (const { file: name, find, replace } of patches) {
    const path = join(ROOT, name);
    const text = texts.get(path) ?? (await readFile(path, 'utf8'));
    const places = text.split(find).length - 1;
    if (places !== 1) throw new Error(`In ${name}, this text stands ${places} times instead of once: ${find}`);
    texts.set(
      path,
      text.replace(find, () => replace),
    );
  }
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [
      {
        name: 'patches',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const contents = texts.get(path);
            return contents === undefined ? undefined : { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
