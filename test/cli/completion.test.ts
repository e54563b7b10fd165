/** Completion: a real bash asks the real program; for the other shells, the script and what it is answered. */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { type Cli, programPath, test } from './cli.js';

const exec = promisify(execFile);

/** What bash offers for a line whose last word is being written. */
async function offers(cli: Cli, words: string[]): Promise<string[]> {
  const script = `
    source <(tenure completion bash); source <(tenure completion bash)
    COMP_WORDS=(tenure "$@"); COMP_CWORD=$#; _tenure
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const folder = cli.file('.');
  writeFileSync(`${folder}/tenure`, `#!/bin/sh\nexec '${process.execPath}' '${programPath()}' "$@"\n`);
  chmodSync(`${folder}/tenure`, 0o755);
  const env = { ...cli.env, PATH: `${folder}:${process.env.PATH}` };
  const { stdout, stderr } = await exec('bash', ['--norc', '-c', script, 'bash', ...words], { env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('completion', () => {
  test('bash: commands, options, choices, names of elections', async ({ cli, scene }) => {
    await scene.dead();
    const [commands, options, choice, names, other, own, nothing] = await Promise.all([
      offers(cli, ['re']),
      offers(cli, ['run', '--on']),
      offers(cli, ['run', '--on-lost', '']),
      offers(cli, ['status', 'office-']),
      offers(cli, ['--table', 'no-such-table', 'status', '']),
      offers(cli, ['run', 'billing', '--', 'st']),
      offers(cli, ['status', '--js']),
    ]);
    expect(commands).toEqual(['resign', 'revoke']);
    expect(options).toEqual(['--once', '--on-lost']);
    expect(choice).toEqual(['restart', 'exit']);
    expect(names).toContain(scene.name);
    expect(other).toEqual([]);
    expect(own).toEqual([]); // the user's own command is not ours to complete
    expect(nothing).toEqual(['--json']);
    expect(await offers(cli, ['table', ''])).toContain('create');
  });

  test('what a user has written is never run as a command', async ({ cli, scene }) => {
    const file = cli.file('victim');
    await offers(cli, ['status', `$(touch ${file})`, '']);
    await expect(exec('test', ['-e', file])).rejects.toThrow();
    expect(scene.name).toBeTruthy();
  });

  test.for(['zsh', 'fish', 'powershell'])('%s: a script that asks the program', async (shell, { cli }) => {
    const { code, out } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toContain('complete --');
    expect(out).toContain('tenure');
  });

  test('another shell is refused with those that are known', async ({ cli }) => {
    const { code, err } = await cli.run(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(err).toContain('bash, zsh, fish, powershell');
  });
});
