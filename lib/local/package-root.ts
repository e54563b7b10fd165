/** Finds the folder of this package, from the sources as from a build. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest folder above this file whose package.json is named "tenure". */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'tenure') return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json named "tenure" in ${start} or above it.`);
  }
}

/** The folder that pins the engines: kept apart, so that they are no dependencies of the published package. */
export function enginesFolder(): string {
  return join(packageRoot(), 'lib', 'local', 'engines');
}
