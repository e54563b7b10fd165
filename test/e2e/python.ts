/** The emulator's programs: a Python environment within the clone, made once, with every version pinned. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../lib/local/package-root.js';

const run = promisify(execFile);
const LEAST = [3, 10] as const;
const INSTALL_LIMIT_MS = 10 * 60_000;
const REQUIREMENTS = join(packageRoot(), 'test', 'e2e', 'requirements.txt');
const FOLDER = join(packageRoot(), '.engines', 'ministack');
const PYTHON = join(FOLDER, 'bin', 'python');
/** Written last, so that an interrupted installation is started again. Lists what was installed. */
const MARK = join(FOLDER, 'installed');
/** Newest first after the plain name: some systems' `python3` is older than what they have besides. */
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** The end-to-end run cannot be made here, and that is nobody's mistake: what is missing, in one sentence. */
export class LeftOut extends Error {}

/**
 * Makes the environment, if it is not there yet.
 * @returns the Python that can run the emulator
 * @throws LeftOut if there is no fitting Python, or its registry does not answer
 */
export async function ensureEmulator(say: (line: string) => void): Promise<string> {
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted && (await works(PYTHON))) return PYTHON;
  const python = await findPython();
  say('installing the AWS emulator ministack 1.5.33 into .engines/ministack (once, up to two minutes) ...');
  rmSync(FOLDER, { recursive: true, force: true });
  await attempt('its environment could not be made', python, ['-m', 'venv', FOLDER]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', REQUIREMENTS];
  await attempt("Python's package registry did not give it", PYTHON, pip);
  if (!(await works(PYTHON))) throw new LeftOut('the emulator was installed, but cannot be loaded');
  writeFileSync(MARK, wanted);
  return PYTHON;
}

async function findPython(): Promise<string> {
  const seen: string[] = [];
  for (const name of NAMES) {
    const version = await versionOf(name);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return name;
    seen.push(`${name} is ${version}`);
  }
  const found = seen.length === 0 ? 'there is none on the PATH' : seen.join(', ');
  throw new LeftOut(`the AWS emulator needs Python ${LEAST.join('.')} or later, and ${found}`);
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
      timeout: 20_000,
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** The clone may have been moved, or the system's Python replaced, since the environment was made. */
async function works(python: string): Promise<boolean> {
  try {
    await run(python, ['-c', 'import ministack, hypercorn, botocore'], { timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

async function attempt(what: string, file: string, args: string[]): Promise<void> {
  try {
    await run(file, args, { timeout: INSTALL_LIMIT_MS, env: withoutAws() });
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').at(-1) || message;
    throw new LeftOut(`the AWS emulator could not be installed: ${what} (${said})`);
  }
}

/** This process's environment without anything that could lead to a real AWS account. */
export function withoutAws(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/.test(name)));
}
