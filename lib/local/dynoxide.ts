/** dynoxide: the DynamoDB API on SQLite, one static binary that npm brings. Starts in milliseconds. */
import { accessSync, chmodSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EngineProbe } from './engine-server.js';
import { enginesFolder } from './package-root.js';

export async function findDynoxide(): Promise<EngineProbe> {
  const platform = `${process.platform}-${process.arch}`;
  const manifest = resolve(`@dynoxide/${platform}/package.json`);
  if (manifest === undefined) return { title: 'dynoxide', missing: `no dynoxide binary is installed for ${platform}` };

  const binary = join(dirname(manifest), 'dynoxide');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return {
    title: `dynoxide ${version}`,
    traits: 'in memory; starts in milliseconds',
    found: `npm brought the binary for ${platform}`,
    prepare: async () => {
      makeExecutable(binary);
      // Without --db-path it keeps everything in memory.
      return (port) => ({ file: binary, args: ['--host', '127.0.0.1', '--port', String(port)] });
    },
  };
}

function resolve(request: string): string | undefined {
  try {
    return createRequire(join(enginesFolder(), 'package.json')).resolve(request);
  } catch {
    return undefined;
  }
}

/** Some installers and archives drop the permission. */
function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
