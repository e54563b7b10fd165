/**
 * The charting library of the page: Observable Plot, and D3 that it stands on. Served from here, so that the page asks for
 * nothing elsewhere. A clone has them among its development dependencies; the published package carries copies.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../local/package-root.js';

const HERE = fileURLToPath(import.meta.url);
const COPIES = join(dirname(HERE), 'vendor');

/** By the names that the page knows them by. */
const SCRIPTS: Readonly<Record<string, string>> = {
  'd3.min.js': 'd3/dist/d3.min.js',
  'plot.umd.min.js': '@observablehq/plot/dist/plot.umd.min.js',
};
const LICENCES: Readonly<Record<string, string>> = {
  'd3.LICENSE': 'd3/LICENSE',
  'plot.LICENSE': '@observablehq/plot/LICENSE',
};

const installed = (path: string): string => join(packageRoot(), 'node_modules', path);

/** Where each script is, by its name. */
export function vendorFiles(): ReadonlyMap<string, string> {
  const isCopied = existsSync(COPIES);
  return new Map(
    Object.entries(SCRIPTS).map(([name, path]) => [name, isCopied ? join(COPIES, name) : installed(path)] as const),
  );
}

/** Makes the copies beside the built file, with their licences. */
export function copyVendor(): void {
  if (extname(HERE) !== '.js') throw new Error('The copies belong to a build, and this is a source: npm run build.');
  mkdirSync(COPIES, { recursive: true });
  for (const [name, path] of Object.entries({ ...SCRIPTS, ...LICENCES })) {
    copyFileSync(installed(path), join(COPIES, name));
  }
}
