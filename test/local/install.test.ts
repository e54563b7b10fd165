/** What `npm start` and `npm test` install by themselves: when, and what they say where it cannot be done. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ensureInstalled, nodeComplaint, whatIsMissing } from '../../bin/install.mjs';
import { packageRoot } from '../../lib/local/package-root.js';
import { eachOnItsOwn, PATIENT_MS, program, tempFolder } from './helpers.js';

eachOnItsOwn();

const WANTED = {
  '': { name: 'clone' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/elsewhere': { version: '1.0.0', optional: true },
};
const INSTALLED = { 'node_modules/a': { version: '1.0.0' } };

/** A clone of something small: `installed` is what npm noted last, if it ever came to its end. */
async function clone(installed?: object, folders: string[] = ['node_modules/a']): Promise<string> {
  const root = await tempFolder();
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'clone', engines: { node: '>=20.6.0' } }));
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: WANTED }));
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  if (installed !== undefined) {
    await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  }
  return root;
}

describe('what is missing', () => {
  test('nothing, when all is there but what belongs to other platforms', async () => {
    expect(whatIsMissing(await clone(INSTALLED))).toBeUndefined();
  });

  test('nothing, in the folder in which these tests run', () => {
    expect(whatIsMissing(packageRoot())).toBeUndefined();
  });

  test('everything, after an install that was interrupted', async () => {
    expect(whatIsMissing(await clone())).toBe('nothing is installed yet');
  });

  test('a package that was not installed, or was removed by hand, or is of another version', async () => {
    expect(whatIsMissing(await clone({}))).toBe('node_modules/a is missing');
    expect(whatIsMissing(await clone(INSTALLED, ['node_modules']))).toBe('node_modules/a is missing');
    const other = await clone({ 'node_modules/a': { version: '0.9.0' } });
    expect(whatIsMissing(other)).toBe('node_modules/a is 0.9.0, not 1.0.0');
  });

  test('a lock file that cannot be read is said to be missing', async () => {
    await expect(async () => whatIsMissing(await tempFolder())).rejects.toThrow(/no readable package-lock\.json/);
  });
});

describe('installing', () => {
  /** Has `npm` be this script. */
  const npm = async (script: string) => {
    const folder = await tempFolder();
    await program(folder, 'npm', script);
    vi.stubEnv('npm_execpath', undefined);
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
  };

  test('says nothing and does nothing when all is there', async () => {
    const say = vi.fn();
    expect(await ensureInstalled(await clone(INSTALLED), { say })).toBe(false);
    expect(say).not.toHaveBeenCalled();
  });

  test('says one line, and then all is there', { timeout: PATIENT_MS }, async () => {
    await npm(`echo 'npm warn Unknown user config' >&2
      mkdir -p node_modules/a && echo '${JSON.stringify({ packages: INSTALLED })}' > node_modules/.package-lock.json`);
    const said: string[] = [];
    const root = await clone(undefined, []);
    expect(await ensureInstalled(root, { say: (line: string) => said.push(line) })).toBe(true);
    expect(said).toEqual(['installing the dependencies (once, up to a minute) ...']);
  });

  test('one that fails ends with what to do, and npm’s last lines without its warnings', async () => {
    await npm(`echo 'npm warn Unknown user config' >&2; echo 'npm error network down' >&2; exit 3`);
    const failure: Error = await ensureInstalled(await clone(), { say: () => {} }).catch((error) => error);
    expect(failure.message).toMatch(/^Installing the dependencies failed: npm ci ended with 3\. It needs the network/);
    expect(failure.message).toMatch(/npm's last lines:\nnpm error network down$/);
    expect(failure.message).not.toMatch(/warn/);
  });

  test('an npm that reports success and installs nothing is not trusted', async () => {
    await npm('exit 0');
    await expect(ensureInstalled(await clone(), { say: () => {} })).rejects.toThrow(/nothing is installed yet/);
  });
});

test.each([
  ['18.19.1', /^This is Node 18\.19\.1, and Tenure needs Node 20\.6\.0 or later/],
  ['20.5.9', /needs Node 20\.6\.0/],
  ['20.6.0', undefined],
  ['24.1.0', undefined],
])('Node %s is judged', async (version, complaint) => {
  const found = nodeComplaint(await clone(), version);
  if (complaint === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(complaint);
});
