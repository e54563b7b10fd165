/** What the bench needs beside the repository: the others' packages, the candidates as plain JavaScript, and facts for the caption. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENGINES = join(ROOT, '.engines');

/** Exact, so that the same command measures the same. The last is what the second one needs. */
const PEERS = {
  '@deliveryhero/dynamodb-lock': '2.0.0',
  'dynamodb-lock-client': '0.7.3',
  'aws-sdk': '2.1693.0',
} as const;

/** Installs the others' packages beside the engines, once: the repository does not carry them. */
export async function installPeers(say: (line: string) => void): Promise<string> {
  const folder = join(ENGINES, 'peers');
  const wanted = JSON.stringify({ name: 'peers', private: true, dependencies: PEERS }, undefined, 2);
  const manifest = join(folder, 'package.json');
  const done = join(folder, '.installed');
  if (existsSync(done) && (await readFile(done, 'utf8')) === wanted) return folder;
  const names = Object.entries(PEERS).map(([name, version]) => `${name}@${version}`);
  say(`installing ${names.join(', ')} into ${folder} (npm, once)`);
  await mkdir(folder, { recursive: true });
  await writeFile(manifest, wanted);
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--workspaces=false'];
  await run('npm', ['install', '--prefix', folder, ...quiet], { cwd: folder });
  await writeFile(done, wanted);
  return folder;
}

/**
 * Bundles a program of the bench, and returns where it is. A process that is replaced starts in a fraction of the time
 * then, and disturbs the others less than one that has to be translated first.
 */
export async function bundle(program: string): Promise<string> {
  const outfile = join(ENGINES, 'bench', `${program}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'bench', `${program}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

/** Where and with what it was measured. */
export interface Setting {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly engine: string;
  readonly commit: string;
  /** The load average of the machine over a minute, just before and just after. */
  readonly load: { readonly before: number; after?: number };
}

export async function describeSetting(args: readonly string[], engineLine: string): Promise<Setting> {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const commit = await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT })
    .then(({ stdout }) => stdout.trim())
    .catch(() => 'unknown');
  return {
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: `${cpus().length} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}`,
    node: process.version,
    engine: /engine: (.*?) on /.exec(engineLine)?.[1] ?? engineLine,
    commit,
    load: { before: load() },
  };
}

export const load = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10;
