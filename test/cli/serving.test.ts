/** The commands that serve: they print where, answer there, and end at a signal. */
import { describe, expect } from 'vitest';
import { OUTSIDE } from '../support/scene.js';
import { until } from '../support/until.js';
import { test } from './cli.js';

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/?(\?token=\S+)?/;

describe.concurrent('commands that serve', () => {
  test('console: the page and its facts, until SIGTERM', async ({ cli, scene }) => {
    const leadership = await scene.candidate({ ...OUTSIDE, id: 'ada' }).lead();
    const serving = cli.start(['console', scene.name, '--port', '0']);
    await serving.says('Ctrl-C', 'out');
    const url = ADDRESS.exec(serving.out)![0];
    expect(url).toContain('token=');
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>');
    serving.kill('SIGTERM');
    expect((await serving.ended).code).toBe(0);
    await leadership.resign();
  });

  test('agent: the lease API, until SIGINT', async ({ cli, scene }) => {
    const leadership = await scene.candidate({ ...OUTSIDE, id: 'ada' }).lead();
    const serving = cli.start(['agent', scene.name, '--port', '0', '--json']);
    await serving.says('url', 'out');
    const { url } = JSON.parse(serving.out);
    const office = await until('the leader', async () => {
      const answer = await fetch(`${url}/elections/${scene.name}/leader`);
      return answer.ok && ((await answer.json()) as { holder?: string });
    });
    expect(office).toMatchObject({ holder: 'ada', term: 1 });
    expect((await fetch(`${url}/elections/another/leader`)).status).toBe(404);
    serving.kill('SIGINT');
    expect((await serving.ended).code).toBe(0);
    await leadership.resign();
  });

  test('what cannot be served says what to do', async ({ cli }) => {
    const port = await cli.run(['console', '--port', '70000']);
    expect(port.code).toBe(2);
    expect(port.err).toContain('from 0 to 65535');
    const missing = await cli.run(['console', '--table', 'no-such-table']);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('tenure table create');
    const beyond = await cli.run(['agent', '--host', '0.0.0.0']);
    expect(beyond.code).not.toBe(0);
    expect(beyond.err).toContain('beyondThisMachine');
  });

  test('status: which candidate comes next, where candidates are listed', async ({ cli, scene }) => {
    const patient = { ...OUTSIDE, succession: 'seniority', rosterMs: 2_000 } as const;
    const leadership = await scene.candidate({ ...patient, id: 'ada' }).lead();
    const stop = new AbortController();
    const ben = scene.candidate({ ...patient, id: 'ben' });
    const standing = ben.election.run(() => {}, { signal: stop.signal });
    await until('both are listed', async () => (await ben.election.roster()).length === 2);
    expect((await cli.run(['status', scene.name])).out).toMatch(/next +ben\n/);
    const { roster } = JSON.parse((await cli.run(['status', scene.name, '--json'])).out);
    expect(roster).toMatchObject([
      { id: 'ada', leads: true },
      { id: 'ben', leads: false, present: true },
    ]);
    stop.abort();
    await standing;
    await leadership.resign();
  });
});
