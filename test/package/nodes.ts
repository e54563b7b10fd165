/**
 * The releases of Node that the package is tried on. npm brings each as a package of its own, with nothing but the binary;
 * they stay in a folder of the installed packages, so that each is fetched once.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../lib/local/package-root.js';

const run = promisify(execFile);

/** One of each line that is maintained, the lowest first. */
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0'];

export interface NodeRelease {
  readonly version: string;
  /** The binary. */
  readonly file: string;
}

/** @param say prints, in one line each, what has to be fetched */
export async function nodeReleases(say: (line: string) => void): Promise<NodeRelease[]> {
  const name = `node-${process.platform}-${process.arch}`;
  return Promise.all(
    VERSIONS.map(async (version) => {
      const folder = join(packageRoot(), 'node_modules', '.cache', 'tenure-nodes', `${name}-${version}`);
      const file = join(folder, 'node_modules', name, 'bin', 'node');
      if (!existsSync(file)) {
        say(`fetching Node ${version} from npm's registry (once; about 45 MB) ...`);
        await fetchInto(folder, `${name}@${version}`);
      }
      return { version, file };
    }),
  );
}

/** The folder appears whole or not at all: an interrupted fetch leaves none that looks complete. */
async function fetchInto(folder: string, spec: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await writeFile(join(unfinished, 'package.json'), '{ "private": true }');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', spec], {
      cwd: unfinished,
    });
    if (!existsSync(folder)) await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
