/**
 * Brings the dependencies that are missing, so that `npm start` and `npm test` need no step before them. Plain
 * JavaScript without a dependency: it runs when there is nothing but Node yet.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TAIL_LINES = 15;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Says in one sentence what is wrong with this Node, or nothing.
 * @param {string} root the package's folder
 * @param {string} [version] the version to judge: default: this process's own
 * @returns {string | undefined}
 */
export function nodeComplaint(root, version = process.versions.node) {
  const { engines } = readJson(join(root, 'package.json')) ?? {};
  const needed = /\d+(\.\d+)*/.exec(engines?.node ?? '')?.[0] ?? '0';
  if (!isBelow(version, needed)) return undefined;
  return `This is Node ${version}, and Tenure needs Node ${needed} or later: get one from https://nodejs.org, then try again.`;
}

/**
 * Why the dependencies have to be installed, or nothing if all that the lock file asks for is there. What is optional
 * may be missing, for most of it belongs to other platforms.
 * @param {string} root the package's folder
 * @returns {string | undefined}
 */
export function whatIsMissing(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (wanted === undefined)
    throw new Error(`There is no readable package-lock.json in ${root}: is the clone complete?`);
  // npm writes this at the end of an install, so that an interrupted one has none.
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (installed === undefined) return 'nothing is installed yet';
  for (const [place, { version, optional, link }] of Object.entries(wanted)) {
    if (place === '') continue;
    const found = installed[place];
    if (found === undefined && optional) continue;
    if (found === undefined || !existsSync(join(root, place))) return `${place} is missing`;
    if (!link && found.version !== version) return `${place} is ${found.version}, not ${version}`;
  }
  return undefined;
}

/**
 * Installs what the lock file asks for, if anything of it is missing. One line says so; of npm's own words only the
 * last are shown, and only where it fails.
 * @param {string} root the package's folder
 * @param {{ say?: (line: string) => void }} [options] where the line goes, by default standard error
 * @returns {Promise<boolean>} whether something had to be installed
 */
export async function ensureInstalled(root, { say = console.error } = {}) {
  const complaint = nodeComplaint(root);
  if (complaint !== undefined) throw new Error(complaint);
  if (whatIsMissing(root) === undefined) return false;
  say('installing the dependencies (once, up to a minute) ...');
  const { ended, output } = await installLocked(root);
  const missing = ended === undefined ? whatIsMissing(root) : undefined;
  if (ended === undefined && missing === undefined) return true;
  throw new Error(
    `Installing the dependencies failed: ${missing ?? ended}. It needs the network once, or a registry named in .npmrc ` +
      `that can be reached. To see it by itself: npm ci --ignore-scripts\n${tail(output)}`,
  );
}

/** Development dependencies are what the programs run on: they come along even where NODE_ENV is "production". */
async function installLocked(root) {
  const script = process.env.npm_execpath ?? '';
  const [file, ...before] = script.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm'];
  const wishes = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const child = spawn(file, [...before, 'ci', ...wishes, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && file === 'npm',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-20_000);
    });
  }
  let interrupted;
  const pass = (signal) => {
    interrupted = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(`npm could not be started (${error.message})`));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `npm ci ended with ${signal ?? code}`));
  });
  for (const signal of SIGNALS) process.off(signal, pass);
  // Now that npm is gone, the signal does to this process what it was meant to.
  if (interrupted !== undefined) process.kill(process.pid, interrupted);
  return { ended, output };
}

/** npm's last lines, without its advice on the user's own settings. */
function tail(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/^npm warn/i.test(line));
  return lines.length === 0 ? 'npm said nothing.' : `npm's last lines:\n${lines.slice(-TAIL_LINES).join('\n')}`;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether version `a` is lower than `b`; what is not given counts as 0. */
function isBelow(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map((part) => Number.parseInt(part, 10)));
  for (let place = 0; place < 3; place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
