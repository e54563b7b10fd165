/** The pure parts: durations, columns, colours, explanations, and what to suggest. */
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { explainError } from '../../lib/cli/explain-error.js';
import { Failure } from '../../lib/cli/failure.js';
import { changeLine, leaseLeftMs, officeJson, stateOf, whenFree } from '../../lib/cli/office-state.js';
import { parseDurationMs } from '../../lib/cli/option-values.js';
import { makeProgram } from '../../lib/cli/program.js';
import { inColumns, styleOf } from '../../lib/cli/style.js';
import { officeOf } from '../../lib/election/office.js';
import { TenureError } from '../../lib/index.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import { showMs } from '../../lib/names/durations.js';

test.each([
  ['10s', 10_000],
  ['500ms', 500],
  ['1.5s', 1_500],
  ['15m', 900_000],
  ['250', 250],
])('the duration %s is %i ms', (text, ms) => {
  expect(parseDurationMs('--lease', text)).toBe(ms);
});

test.each(['', 's', '10 years', '-1s', '0.5ms', 'NaN', '1e3'])('the duration "%s" is refused', (text) => {
  expect(() => parseDurationMs('--lease', text)).toThrow(/--lease must be a duration such as 10s/);
});

test.each([
  [0, '0 ms'],
  [994, '994 ms'],
  [7_240, '7.2 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
  [99 * 3_600_000, '4 d 3 h'],
  [-1_000, '-1.0 s'],
])('%i ms are shown as %s', (ms, text) => {
  expect(showMs(ms)).toBe(text);
});

test('columns are in line, and colours take no room', () => {
  const rows = [
    ['a', 'bb', 'c'],
    ['aaa', 'b', ''],
  ];
  expect(inColumns(rows)).toEqual(['a    bb  c', 'aaa  b']);
  expect(inColumns(rows, (cell) => `<${cell}>`)[0]).toBe('<a  >  <bb>  <c>');
});

test('colours are for terminals, and not where they are unwanted', () => {
  const painted = (env: Record<string, string>, isTerminal = true, color = true) =>
    styleOf(env, isTerminal, color).red('x') !== 'x';
  expect(painted({})).toBe(true);
  expect(painted({ NO_COLOR: '1' })).toBe(false);
  expect(painted({ NO_COLOR: '' })).toBe(true); // as no-color.org has it
  expect(painted({ TERM: 'dumb' })).toBe(false);
  expect(painted({}, false)).toBe(false);
  expect(painted({}, true, false)).toBe(false);
});

test('each command has a help, with examples and the options that all share', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const shown = all(makeProgram({ exitCode: 0 })).filter((command) => command.name() !== 'complete');
  const names = shown.map((command) => command.name());
  for (const name of [
    'status',
    'ls',
    'watch',
    'history',
    'run',
    'challenge',
    'resign',
    'revoke',
    'create',
    'console',
    'agent',
    'simulate',
    'transfer',
    'completion',
  ]) {
    expect(names).toContain(name);
  }
  for (const command of shown) {
    let help = '';
    const writeOut = (text: string) => {
      help += text;
    };
    command.configureOutput({ writeOut }).outputHelp();
    expect(help).toContain('--endpoint');
    if (command.commands.length === 0) expect(help).toMatch(/Examples:\n {2}\$ \S/);
  }
});

describe('an office in words', () => {
  const record: LeaseRecord = {
    term: 4,
    beat: 2,
    holder: 'ada',
    attempt: 'a',
    leaseMs: 10_000,
    renewMs: 3_000,
    priority: 0,
    acquiredAt: 1_000,
    renewedAt: 5_000,
  };
  const office = (changes: Partial<LeaseRecord> = {}, wall = 7_000) =>
    officeOf('billing', { ...record, ...changes }, wall);
  const vacant = { holder: undefined, previous: 'ada', vacatedAt: 6_000 };

  test('its state, and what is left', () => {
    expect(stateOf(officeOf('billing', undefined, 0))).toBe('new');
    expect(stateOf(office())).toBe('led');
    expect(leaseLeftMs(office())).toBe(8_000);
    expect(stateOf(office({}, 15_000))).toBe('silent');
    expect(stateOf(office(vacant))).toBe('vacant');
    expect(leaseLeftMs(office(vacant))).toBeUndefined();
    expect(leaseLeftMs(office({ leaseMs: 10 ** 9 }, 5_000))).toBe(900_000); // an absurd record counts for no more
  });

  test.each([
    [{ reason: 'resigned' }, 'free at once'],
    [{ reason: 'expired' }, 'free at once'],
    [{ reason: 'revoked', dead: true }, 'free at once'],
    [{ reason: 'revoked' }, 'may be alive'],
    [{ reason: 'something else' }, 'may be alive'],
    [{ reason: 'resigned', successor: 'ben' }, 'kept for ben, for 6000 ms'],
    [{ reason: 'revoked', successor: 'ben' }, 'may be alive'],
  ])('when a vacancy after %j is free', (changes, text) => {
    expect(whenFree(office({ ...vacant, ...changes }))).toContain(text);
  });

  test('a change in a line', () => {
    expect(changeLine(office())).toBe('ada leads term 4 (the first)');
    expect(changeLine(office({ previous: 'ben', reason: 'revoked', dead: true, value: 1 }))).toBe(
      'ada leads term 4 (after ben: revoked, dead), proclaims 1',
    );
    expect(changeLine(office({ ...vacant, reason: 'resigned', successor: 'ben' }))).toBe(
      'vacant after term 4 of ada (resigned; kept for ben)',
    );
  });

  test('the attempt of a challenge is not shown', () => {
    const challenger = { id: 'ben', attempt: 'secret', rank: 1, why: '', stands: true };
    expect(JSON.stringify(officeJson(office({ challenger })))).not.toContain('secret');
  });
});

describe('errors explained', () => {
  const where = { tableName: 'elections', place: 'in eu-west-1' };
  const named = (name: string, message = 'because', more: object = {}) =>
    Object.assign(new Error(message), { name, ...more });
  test.each([
    [named('ResourceNotFoundException'), 'tenure table create --table elections', true],
    [named('AccessDeniedException', 'not authorized to perform dynamodb:Scan'), 'docs/cli.md', true],
    [named('ExpiredTokenException'), 'Sign in again', true],
    [named('CredentialsProviderError'), 'AWS_PROFILE', true],
    [new Error('Region is missing'), '--region', true],
    [named('Error', '', { code: 'ECONNREFUSED' }), 'in eu-west-1 cannot be reached', false],
    [named('TimeoutError'), 'did not answer in time', false],
    [named('ThrottlingException', 'slow down'), 'ThrottlingException: slow down', false],
  ])('%s', (cause, text, permanent) => {
    const wrapped = new TenureError('RequestFailed', 'The request failed.', { cause });
    for (const error of [cause, wrapped]) {
      const explained = explainError(error, where);
      expect(explained.message).toContain(text);
      expect(explained).toMatchObject({ exitCode: 1, permanent });
    }
  });

  test('a mistake of the user ends with 2, and a foreseen end as it says', () => {
    expect(explainError(new TenureError('BadOption', 'no'), where)).toMatchObject({ message: 'no', exitCode: 2 });
    expect(explainError(new TenureError('MalformedRecord', 'bad'), where)).toMatchObject({
      message: 'bad',
      exitCode: 1,
    });
    expect(explainError(new Failure('gone', 127), where)).toMatchObject({ message: 'gone', exitCode: 127 });
    expect(explainError('text', where)).toMatchObject({ message: 'text', exitCode: 1 });
  });
});
