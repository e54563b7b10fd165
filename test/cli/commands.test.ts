/** The other commands, right and wrong: what they print, their JSON, and how they end. */
import { DeleteTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { engineClient } from '../../lib/local/engine.js';
import { OUTSIDE, type Scene, untilAborted } from '../support/scene.js';
import { freshTable } from '../support/table.js';
import { until } from '../support/until.js';
import { test } from './cli.js';

const json = (text: string) => JSON.parse(text);
const linesOfJson = (text: string) => text.trim().split('\n').filter(Boolean).map(json);
/** A leader of this process, patient with a noisy machine. */
const lead = async (scene: Scene, options: object = {}) => {
  const candidate = scene.candidate({ ...OUTSIDE, id: 'ada', value: { at: '10.0.0.7' }, ...options });
  return { candidate, leadership: await candidate.lead() };
};

describe.concurrent('commands', () => {
  test('what is unknown ends with 2 and a suggestion', async ({ cli }) => {
    const calls = [['help', 'status'], ['statsu'], ['status', '--tabel', 'x'], [], ['revoke', 'x'], ['--version']];
    const [help, wrong, option, nothing, noTerm, version] = await Promise.all(calls.map((args) => cli.run(args)));
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Usage: tenure status') });
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean status?') });
    expect(option).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean --table?') });
    expect(nothing?.code).toBe(2);
    expect(noTerm?.code).toBe(2);
    expect(version?.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('status: new, led, vacant', async ({ cli, scene }) => {
    const before = await cli.run(['status', scene.name]);
    expect(before.code).toBe(3);
    expect(before.out).toContain('nobody was ever elected');
    const { leadership } = await lead(scene);
    const led = await cli.run(['status', scene.name]);
    expect(led.code).toBe(0);
    expect(led.out).toMatch(/leader +ada, term 1\n/);
    expect(led.out).toMatch(/lease +about \d+(\.\d)? s left of 30 s/);
    expect(led.out).toContain('{"at":"10.0.0.7"}');
    const asJson = json((await cli.run(['status', scene.name, '--json'])).out);
    expect(asJson).toMatchObject({ election: scene.name, state: 'led', term: 1, holder: 'ada', leaseMs: 30_000 });
    expect(asJson.leaseLeftMs).toBeGreaterThan(0);
    expect(asJson.leaseLeftMs).toBeLessThanOrEqual(30_000);
    await leadership.resign({ to: 'ben' });
    // The changes are shown only where the stream was read in time: a busy machine is asked again.
    const vacant = await until('the changes', async () => {
      const shown = await cli.run(['status', scene.name]);
      return shown.out.includes('ada resigned') ? shown : undefined;
    });
    expect(vacant.code).toBe(3);
    expect(vacant.out).toMatch(/nobody: vacant after term 1/);
    expect(vacant.out).toContain('kept for ben');
    expect(vacant.out).toContain('ada: resigned');
    expect(vacant.out).toMatch(
      /changes +\S+ \S+ +term 1 +ada resigned, in favour of ben\n +\S+ \S+ +term 1 +ada is elected/,
    );
    const changes = await until('the changes as JSON', async () => {
      const { changes: found } = json((await cli.run(['status', scene.name, '--json'])).out);
      return found?.length === 2 && found;
    });
    expect(changes.map(({ type }: { type: string }) => type)).toEqual(['Leader Elected', 'Leader Resigned']);
  });

  test('status: a leader that is silent is said to be so', async ({ cli, scene }) => {
    const long = { N: `${Date.now() - 60_000}` };
    await scene.dead({ acquiredAt: long, renewedAt: long });
    const { out, code } = await cli.run(['status', scene.name]);
    expect(code).toBe(0);
    expect(out).toContain('nobody has taken the office yet');
    expect(json((await cli.run(['status', scene.name, '--json'])).out).state).toBe('silent');
  });

  test('ls, status and watch of all: each election of the table, and no other item', async ({ cli, scene }) => {
    const table = await freshTable(undefined, { stream: true });
    const env = { TENURE_TABLE: table.tableName };
    const none = await cli.run(['ls'], { env });
    expect({ code: none.code, out: none.out }).toEqual({ code: 0, out: '' });
    expect(json((await cli.run(['ls', '--json'], { env })).out)).toEqual([]);
    const item = await template(scene);
    await table.put('zeta', { ...item, term: { N: '7' } });
    await table.put('alpha', item);
    await table.put('alpha', { term: { N: '1' }, attempt: { S: 'x' } }, 'fence');
    const { code, out } = await cli.run(['ls'], { env });
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['ELECTION', 'alpha', 'zeta', '']);
    const all = json((await cli.run(['ls', '--json'], { env })).out);
    expect(all.map(({ election, term }: { election: string; term: number }) => [election, term])).toEqual([
      ['alpha', 1],
      ['zeta', 7],
    ]);
    expect(json((await cli.run(['status', '--json'], { env })).out)).toHaveLength(2);
    const watch = cli.start(['watch', '--json'], { env });
    await until('both', () => linesOfJson(watch.out).length === 2);
    watch.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    // One that cannot be read hides no other.
    await table.put('broken', { ...item, term: { S: 'one' } });
    const broken = await cli.run(['ls'], { env });
    expect(broken.code).toBe(1);
    expect(broken.out).toContain('zeta');
    expect(broken.err).toContain('`term` must be');
  });

  test('watch: a line for each change of office', async ({ cli, scene }) => {
    const watch = cli.start(['watch', scene.name]);
    const programs = cli.start(['watch', scene.name, '--json']);
    await watch.says('nobody was ever elected', 'out');
    await programs.says('"state":"new"', 'out');
    const { leadership } = await lead(scene);
    await watch.says('ada leads term 1 (the first)', 'out');
    await leadership.resign();
    await watch.says('vacant after term 1 of ada (resigned)', 'out');
    await until('the vacancy in JSON', () => linesOfJson(programs.out).some(({ state }) => state === 'vacant'));
    for (const one of [watch, programs]) one.kill('SIGINT');
    expect((await watch.ended).code).toBe(0);
    await programs.ended;
    const states = linesOfJson(programs.out).map(({ state }) => state);
    expect(states[0]).toBe('new');
    expect(states.at(-1)).toBe('vacant');
  });

  test('challenge and resign: the leader gives the office up', async ({ cli, scene }) => {
    const nobody = await cli.run(['challenge', scene.name]);
    expect(nobody.code).toBe(3);
    const { candidate, leadership } = await lead(scene, { leaseMs: 6_000, renewMs: 1_000, requestTimeoutMs: 1_000 });
    const resigning = leadership.signal;
    resigning.addEventListener('abort', () => void leadership.resign());
    const asked = await cli.run(['resign', scene.name, '--why', 'deploy', '--json']);
    expect(json(asked.out)).toMatchObject({ outcome: 'ended', office: { state: 'vacant', previous: 'ada' } });
    expect(asked.code).toBe(0);
    expect(candidate.seen('challenged')[0]!.challenger.why).toBe('deploy');
  });

  test('transfer: the leader gives the office up in favour of a candidate of the operator’s choice', async ({
    cli,
    scene,
  }) => {
    const to = (id: string, ...more: string[]) => cli.run(['transfer', scene.name, '--to', id, ...more]);
    expect((await to('ben')).code).toBe(3); // nobody leads
    expect((await cli.run(['transfer', scene.name])).code).toBe(2);
    const timings = { leaseMs: 6_000, renewMs: 1_000, requestTimeoutMs: 1_000, succession: 'seniority' as const };
    const [ada, ben, cleo] = ['ada', 'ben', 'cleo'].map((id) => scene.candidate({ ...timings, id }));
    const stop = new AbortController();
    const standing = [];
    for (const one of [ada!, ben!, cleo!]) {
      standing.push(one.election.run(untilAborted, { signal: stop.signal }));
      await until('it is listed', async () =>
        (await ada!.election.roster()).some(({ id, present }) => present && id === one.election.id),
      );
    }
    await until('ada leads', () => ada!.seen('elected').length === 1);
    const already = await to('ada');
    expect(already).toMatchObject({ code: 0, out: expect.stringContaining('leads') });
    const stranger = await to('dan');
    expect(stranger.code).toBe(3);
    expect(stranger.err).toContain('Who does: ben, cleo.');
    const moved = await to('cleo', '--json');
    expect(json(moved.out)).toMatchObject({ outcome: 'transferred', office: { holder: 'cleo', term: 2 } });
    expect(moved.code).toBe(0);
    expect(ada!.seen('challenged')[0]!.challenger).toMatchObject({ to: 'cleo', why: 'transfer' });
    expect((await to('ben', '--why', 'x'.repeat(65))).code).toBe(2);
    stop.abort();
    await Promise.all(standing);
  });

  test('transfer: a leader that does not answer is waited for only so long; asked again, the later wish counts', async ({
    cli,
    scene,
  }) => {
    await scene.dead();
    const late = await cli.run(['transfer', scene.name, '--to', 'ben', '--timeout', '300ms']);
    expect(late.code).toBe(4);
    expect(late.err).toContain('ben does not lead');
    expect((await cli.run(['status', scene.name])).out).toContain('; in favour of ben');
    const again = await cli.run(['transfer', scene.name, '--to', 'cleo', '--timeout', '300ms', '--json']);
    expect(json(again.out)).toMatchObject({ outcome: 'not transferred' });
    expect(again.code).toBe(4);
    expect((await cli.run(['status', scene.name])).out).toContain('; in favour of cleo');
  });

  test('challenge: one that does not answer is waited for only so long, and may be asked again', async ({
    cli,
    scene,
  }) => {
    await scene.dead();
    const first = await cli.run(['challenge', scene.name, '--why', 'deploy']);
    expect(first.code).toBe(0);
    expect(first.out).toContain('is asked to give the office up');
    const second = await cli.run(['challenge', scene.name, '--why', 'drain']);
    expect(second.out).toContain('is asked to give the office up');
    expect((await cli.run(['status', scene.name])).out).toContain('(an operator) asks for the office: drain');
    expect((await cli.run(['status', scene.name, '--json'])).out).not.toContain('attempt');
    const late = await cli.run(['resign', scene.name, '--timeout', '300ms']);
    expect(late.code).toBe(4);
    expect(late.err).toContain('still in office after 300 ms');
    const long = await cli.run(['challenge', scene.name, '--why', 'x'.repeat(65)]);
    expect(long.code).toBe(2);
  });

  test('revoke: the term named, asked about, and the proof of death later', async ({ cli, scene }) => {
    await scene.dead();
    const unasked = await cli.run(['revoke', scene.name, '--term', '1']);
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain('add --yes');
    const noTerms = ['0', 'one', '1.5', '-1'].map((term) => cli.run(['revoke', scene.name, `--term=${term}`, '--yes']));
    for (const { code } of await Promise.all(noTerms)) expect(code).toBe(2);
    const other = await cli.run(['revoke', scene.name, '--term', '2', '--yes']);
    expect(other.code).toBe(3);
    expect(other.err).toContain('term 2 is not in office; ghost leads term 1');
    expect((await scene.item())?.holder?.S).toBe('ghost');
    const revoked = await cli.run(['revoke', scene.name, '--term', '1', '--yes']);
    expect(revoked.code).toBe(0);
    expect(revoked.out).toContain('ghost is revoked in term 1');
    expect((await scene.item())?.dead).toBeUndefined();
    const dead = await cli.run(['revoke', scene.name, '--term', '1', '--dead', '--yes', '--json']);
    expect(json(dead.out)).toMatchObject({ outcome: 'revoked', office: { state: 'vacant', dead: true } });
    expect((await scene.item())?.dead?.BOOL).toBe(true);
  });

  test('history: the changes of office, in order and once each', async ({ cli, scene }) => {
    const none = await cli.run(['history', scene.name]);
    expect(none.code).toBe(0);
    expect(none.err).toContain('none in the last 24 hours');
    const one = await lead(scene);
    await one.leadership.proclaim('beat'); // heartbeats are no changes of office
    await one.leadership.resign();
    const two = await lead(scene, { id: 'ben' });
    await cli.run(['revoke', scene.name, '--term', '2', '--yes', '--dead']);
    const { code, out } = await cli.run(['history', scene.name, '--json']);
    expect(code).toBe(0);
    expect(json(out).map(({ type, term }: { type: string; term: number }) => `${type} ${term}`)).toEqual([
      'Leader Elected 1',
      'Leader Resigned 1',
      'Leader Elected 2',
      'Leader Revoked 2',
    ]);
    const text = (await cli.run(['history', scene.name])).out;
    expect(text).toMatch(/term 1 +ada is elected \(the first\)/);
    expect(text).toMatch(/term 2 +ben is elected \(after ada: resigned, .* without a leader\)/);
    expect(text).toMatch(/term 2 +ben was revoked, proved dead/);
    await two.leadership.resign();
  });

  // Caught: a reader of the stream that follows a leader's heartbeats for ever.
  test('history ends although a leader goes on', async ({ cli, scene }) => {
    const leadership = await scene.candidate({ leaseMs: 20_000, renewMs: 50, requestTimeoutMs: 50, id: 'ada' }).lead();
    const { code, out } = await cli.run(['history', scene.name]);
    expect(code).toBe(0);
    expect(out).toContain('ada is elected (the first)');
    await leadership.resign();
  });

  test('table create: made, left as it is, and its stream turned on; history says so where it is off', async ({
    cli,
    scene,
  }) => {
    const tableName = `${scene.table.tableName}-made`;
    const client = engineClient(scene.table.endpoint);
    const env = { TENURE_TABLE: tableName };
    const missing = await cli.run(['status', 'billing'], { env });
    expect(missing.code).toBe(1);
    expect(missing.err).toContain(`tenure table create --table ${tableName}`);
    const made = await cli.run(['table', 'create', '--json'], { env });
    expect(json(made.out)).toEqual({ tableName, stream: 'NEW_AND_OLD_IMAGES' });
    const StreamSpecification = { StreamEnabled: false };
    await client.send(new UpdateTableCommand({ TableName: tableName, StreamSpecification }));
    const blind = await cli.run(['history', 'billing'], { env });
    expect(blind.code).toBe(1);
    expect(blind.err).toContain(`tenure table create --table ${tableName} --stream`);
    expect(json((await cli.run(['table', 'create', '--json'], { env })).out).stream).toBeNull();
    expect(json((await cli.run(['table', 'create', '--stream', '--json'], { env })).out).stream).toBe(
      'NEW_AND_OLD_IMAGES',
    );
    await client.send(new DeleteTableCommand({ TableName: tableName }));
    client.destroy();
  });

  test('what is missing is said, with what to do about it', async ({ cli, scene }) => {
    const nowhere = ['--endpoint', 'http://127.0.0.1:1'];
    const unreachable = await cli.run(['status', scene.name, ...nowhere]);
    expect(unreachable.code).toBe(1);
    expect(unreachable.err).toContain('http://127.0.0.1:1 cannot be reached');
    expect((await cli.run(['ls', '--endpoint', 'localhost'])).code).toBe(2);
    expect((await cli.run(['status', 'no such name'])).code).toBe(2);
    const bare = {
      AWS_ENDPOINT_URL_DYNAMODB: undefined,
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      AWS_PROFILE: undefined,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    };
    const noRegion = await cli.run(['ls'], { env: bare });
    expect(noRegion.code).toBe(1);
    expect(noRegion.err).toContain('--region');
    const noKeys = await cli.run(['ls', '--region', 'eu-west-1'], { env: bare });
    expect(noKeys.code).toBe(1);
    expect(noKeys.err).toContain('AWS_PROFILE');
    for (const { err } of [unreachable, noRegion, noKeys]) expect(err).not.toContain('    at ');
    // An engine on this machine needs neither.
    const here = await cli.run(['ls', '--endpoint', scene.table.endpoint], { env: bare });
    expect(here.code).toBe(0);
  });

  test('a reader that goes away ends it quietly', async ({ cli, scene }) => {
    const { leadership } = await lead(scene);
    const watch = cli.start(['watch', scene.name]);
    await watch.says('ada leads', 'out');
    watch.child.stdout!.destroy();
    await leadership.resign();
    const { code, err } = await watch.ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });
});

/** An election's record as it stands in a table. */
async function template(scene: Scene) {
  await scene.dead();
  return (await scene.item())!;
}
