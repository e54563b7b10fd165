/** Completion: a real bash asks the real program; for the other shells, the script and what it is answered. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';
import { type Cli, programPath, test } from './cli.js';

const exec = promisify(execFile);

/** A bash that has `tenure` in its PATH, and its completion; what it offers for a line whose last word is being written. */
async function bash(cli: Cli): Promise<(...words: string[]) => Promise<string[]>> {
  const folder = cli.file('.');
  writeFileSync(`${folder}/tenure`, `#!/bin/sh\nexec '${process.execPath}' '${programPath()}' "$@"\n`, { mode: 0o755 });
  const { out } = await cli.run(['completion', 'bash']);
  writeFileSync(`${folder}/completion`, out);
  // Sourced twice: a second shell startup must not complain.
  const script = `source "${folder}/completion"; source "${folder}/completion"
    COMP_WORDS=(tenure "$@"); COMP_CWORD=$#; _tenure
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...cli.env, PATH: `${folder}:${process.env.PATH}` };
  return async (...words) => {
    const { stdout, stderr } = await exec('bash', ['--norc', '-c', script, 'bash', ...words], { env });
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean);
  };
}

describe.concurrent('completion', () => {
  test('bash: commands, options, choices, names of elections', async ({ cli, scene }) => {
    await scene.dead();
    const offers = await bash(cli);
    // Each line starts a shell and the program: they are asked side by side.
    const lines: [string[], (found: string[]) => void][] = [
      [['re'], (found) => expect(found).toEqual(['resign', 'revoke'])],
      [['run', '--on'], (found) => expect(found).toEqual(['--once', '--on-lost'])],
      [['run', '--on-lost', ''], (found) => expect(found).toEqual(['restart', 'exit'])],
      [['status', 'office-'], (found) => expect(found).toContain(scene.name)],
      [['--table', 'no-such-table', 'status', ''], (found) => expect(found).toEqual([])],
      // The user's own command is not completed.
      [['run', 'billing', '--', 'st'], (found) => expect(found).toEqual([])],
      [['status', '--js'], (found) => expect(found).toEqual(['--json'])],
      [['table', ''], (found) => expect(found).toContain('create')],
    ];
    await Promise.all(lines.map(async ([words, check]) => check(await offers(...words))));
  });

  test('bash: the standbys of the election in which the office is transferred', async ({ cli, scene }) => {
    const listed = { leaseMs: 6_000, renewMs: 1_000, requestTimeoutMs: 1_000, succession: 'seniority' as const };
    const [ada, ben] = ['ada', 'ben'].map((id) => scene.candidate({ ...listed, id }));
    const stop = new AbortController();
    const standing = [ada!, ben!].map((one) => one.election.run(untilAborted, { signal: stop.signal }));
    await until(
      'both are listed',
      async () => (await ada!.election.roster()).filter((one) => one.present).length === 2,
    );
    await until('one leads', () => ada!.seen('elected').length + ben!.seen('elected').length === 1);
    const standby = ada!.seen('elected').length === 1 ? 'ben' : 'ada';
    const offers = await bash(cli);
    expect(await offers('transfer', scene.name, '--to', '')).toEqual([standby]);
    expect(await offers('transfer', 'no-such-office', '--to', '')).toEqual([]);
    expect(await offers('run', scene.name, '--succession', 's')).toEqual(['seniority']);
    stop.abort();
    await Promise.all(standing);
  });

  test('what a user has written is never run as a command', async ({ cli }) => {
    const offers = await bash(cli);
    await offers('status', `$(touch ${cli.file('victim')})`, '');
    expect(existsSync(cli.file('victim'))).toBe(false);
  });

  test.for(['zsh', 'fish', 'powershell'])('%s: a script that asks the program', async (shell, { cli }) => {
    const { code, out } = await cli.run(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toMatch(/\bcomplete \S*--/);
    expect(out).toContain('tenure');
  });

  test('another shell is refused with those that are known', async ({ cli }) => {
    const { code, err } = await cli.run(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(err).toContain('bash, zsh, fish, powershell');
  });
});
