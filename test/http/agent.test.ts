/** The agent: which requests it accepts, and the candidates that it keeps for the program beside it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect } from 'vitest';
import { type AgentOptions, startAgent } from '../../lib/http/agent.js';
import { OUTSIDE, type Scene, test } from '../support/scene.js';
import { until } from '../support/until.js';
import { agentHost } from './hosts.js';

/** A program that asks the agent beside it. */
class Program {
  readonly id = randomBytes(12).toString('hex');

  constructor(
    private readonly host: Awaited<ReturnType<typeof agentHost>>,
    private readonly election: string,
  ) {}

  campaign(wishes: object = {}) {
    return this.post('campaign', { leaseMs: 3_000, renewMs: 600, ...wishes });
  }

  leadership(waitMs = 0) {
    const query = `program=${this.id}&waitMs=${waitMs}`;
    return this.host.ask('GET', `/elections/${this.election}/leadership?${query}`);
  }

  post(what: string, body: object = {}) {
    return this.host.ask('POST', `/elections/${this.election}/${what}`, { program: this.id, ...body });
  }

  /** Asks until it may work; a candidacy that has ended never leads. */
  async lead() {
    const body = await until('the office', async () => {
      const { body } = await this.leadership(5_000);
      return (body.held || body.ended !== undefined) && body;
    });
    if (!body.held) throw new Error(`The candidacy has ended: ${body.ended}`);
    return body;
  }
}

describe.concurrent('its own candidates', () => {
  test('stands, leads, proclaims, resigns', async ({ scene }) => {
    const host = await agentHost(scene);
    const program = new Program(host, scene.name);
    expect((await program.campaign({ id: 'p', value: 'one' })).body).toMatchObject({
      id: 'p',
      held: false,
      contactMs: 3_000,
    });
    const led = await program.lead();
    expect(led).toMatchObject({ state: 'leading', term: 1 });
    expect(led.remainingMs).toBeLessThanOrEqual(2_700); // the lease less the drift and the time to step down
    expect((await program.campaign({ id: 'p', value: 'one' })).body).toMatchObject({ held: true, term: 1 });
    expect((await program.campaign({ id: 'q' })).body).toMatchObject({ code: 'Busy' });
    await program.lead();
    await program.post('leadership/proclaim', { term: 1, value: 'two' });
    const office = await host.ask('GET', `/elections/${scene.name}/leader`);
    expect(office.body).toMatchObject({ holder: 'p', value: 'two' });
    expect((await program.post('leadership/proclaim', { term: 7, value: 'x' })).body).toMatchObject({
      code: 'LeadershipLost',
    });
    expect(await host.ask('GET', `/leader?election=${scene.name}`)).toMatchObject({
      status: 200,
      body: { id: 'p', term: 1 },
    });
    expect((await program.post('leadership/resign')).body).toMatchObject({ id: 'p', released: true });
    expect(await host.ask('GET', `/leader?election=${scene.name}`)).toMatchObject({
      status: 503,
      body: { code: 'NotLeading' },
    });
    expect((await program.leadership()).body).toMatchObject({ held: false, ended: 'the program resigned' });
    expect((await scene.item())?.reason).toEqual({ S: 'resigned' });
  });

  test('resigns for a program that stops asking, and never before its promise is over', async ({ scene }) => {
    const host = await agentHost(scene);
    const program = new Program(host, scene.name);
    await program.campaign({ contactMs: 1_500 });
    await program.lead();
    const asked = performance.now();
    const { body } = await program.leadership();
    expect(body.remainingMs).toBeLessThanOrEqual(1_500);
    await until('the vacancy', async () => (await scene.item())?.holder === undefined);
    expect(performance.now() - asked).toBeGreaterThanOrEqual(body.remainingMs);
    expect((await program.leadership()).body).toMatchObject({
      held: false,
      ended: 'the program did not ask for 1500 ms',
    });
    const next = scene.candidate();
    expect((await next.lead()).term).toBe(2);
  });

  test('keeps the office while it is challenged until its promise to the program has run out', async ({ scene }) => {
    const host = await agentHost(scene);
    const program = new Program(host, scene.name);
    // The program is silent for longer than its promise: its silence must not end the candidacy, however slow the machine.
    await program.campaign({ contactMs: 60_000 });
    await program.lead();
    const operator = scene.candidate(OUTSIDE);
    // Before it is sent: the promise counts from then, and the answer takes its time.
    const asked = performance.now();
    const { body } = await program.leadership();
    expect((await operator.election.challenge()).challenged).toBe(true);
    await until('the office changing', async () => {
      const item = await scene.item();
      return item?.holder === undefined || Number(item.term?.N) > 1;
    });
    expect(performance.now() - asked).toBeGreaterThanOrEqual(body.remainingMs);
    // It goes on standing, and leads again in another term.
    expect((await program.lead()).term).toBe(2);
  });

  test('another run of the program does not share the first one’s leadership, and has it when that one is gone', async ({
    scene,
  }) => {
    const host = await agentHost(scene);
    const [first, second] = [new Program(host, scene.name), new Program(host, scene.name)];
    await first.campaign({ contactMs: 1_500 });
    await first.lead();
    expect(await second.campaign()).toMatchObject({ status: 409, body: { code: 'Busy' } });
    expect((await second.leadership()).body).toMatchObject({ code: 'Busy' });
    expect((await second.post('leadership/resign')).body).toMatchObject({ code: 'Busy' });
    await until('its turn', async () => (await second.campaign()).status === 200);
    expect((await second.lead()).term).toBe(2);
    expect((await first.leadership()).body).toMatchObject({ code: 'Busy' });
  });

  test('resigns when the program’s own health check fails', async ({ scene }) => {
    let healthy = true;
    const health = createServer((_, answer) => answer.writeHead(healthy ? 204 : 500).end());
    await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve));
    scene.afterwards(() => health.close());
    const host = await agentHost(scene);
    const program = new Program(host, scene.name);
    const { port } = health.address() as AddressInfo;
    await program.campaign({ healthUrl: `http://127.0.0.1:${port}/healthz` });
    expect((await program.lead()).term).toBe(1);
    healthy = false;
    await until('the end', async () => !(await program.leadership()).body.held);
    await program.leadership();
    await until('the vacancy', async () => (await scene.item())?.reason?.S === 'resigned');
  });

  test('a close of the agent gives the office back when the program has stopped', async ({ scene }) => {
    const host = await agentHost(scene);
    const program = new Program(host, scene.name);
    await program.campaign();
    await program.lead();
    const closing = host.close();
    await until('the program sees it', async () => (await program.leadership()).body.held === false);
    await program.post('leadership/resign');
    await closing;
    expect((await scene.item())?.holder).toBeUndefined();
    await expect(program.leadership()).rejects.toThrow();
  });

  test('says that there is no candidate before one was asked for', async ({ scene }) => {
    const program = new Program(await agentHost(scene), scene.name);
    expect(await program.leadership()).toMatchObject({ status: 404, body: { code: 'NoCandidate' } });
  });
});

/** A request with any Host header, which `fetch` does not let through. */
function status(port: number, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path: '/openapi.json', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.on('error', reject).end();
  });
}

const portOf = (url: string) => Number(new URL(url).port);

describe('which requests it accepts', () => {
  test('by the names of this machine alone: a page whose name points here is refused', async ({ scene }) => {
    const port = portOf((await agentHost(scene, { allowedHosts: ['Sidecar'] })).url);
    for (const host of ['127.0.0.1', `127.0.0.1:${port}`, 'localhost:1', '[::1]:80', 'sidecar:7654', 'LOCALHOST']) {
      expect(await status(port, { host }), host).toBe(200);
    }
    for (const host of ['example.com', `evil.example:${port}`, '127.0.0.1.example.com', '10.0.0.1']) {
      expect(await status(port, { host }), host).toBe(421);
    }
  });

  test('no page of another origin', async ({ scene }) => {
    const port = portOf((await agentHost(scene)).url);
    expect(await status(port, { origin: 'https://example.com' })).toBe(403);
    expect(await status(port, { origin: 'null' })).toBe(403);
    expect(await status(port, { origin: `http://localhost:${port}` })).toBe(200);
  });

  test('nobody without the token, where there is one', async ({ scene }) => {
    const token = 'a-token-of-some-length';
    const folder = mkdtempSync(join(tmpdir(), 'tenure-token-'));
    scene.afterwards(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'token'), `${token}\n`);
    for (const options of [{ token }, { tokenFile: join(folder, 'token') }]) {
      const port = portOf((await agentHost(scene, options)).url);
      expect(await status(port, {})).toBe(401);
      expect(await status(port, { authorization: 'Bearer another' })).toBe(401);
      expect(await status(port, { authorization: token })).toBe(401);
      expect(await status(port, { authorization: `Bearer ${token}` })).toBe(200);
    }
  });
});

describe('its options', () => {
  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['no table', { tableName: undefined }, /`tableName` must be the name or ARN of a DynamoDB table, but is undefined/],
    ['an unknown one', { ports: 1 }, /Unknown option `ports`. An agent knows: tableName, client,/],
    ['a port', { port: 70_000 }, /`port` must be a whole number from 0 to 65535, but is 70000/],
    [
      'a host of others',
      { host: '0.0.0.0' },
      /`host` must be 127.0.0.1, localhost or ::1, unless `beyondThisMachine` is/,
    ],
    [
      'others without a token',
      { host: '0.0.0.0', beyondThisMachine: true },
      /`token` or `tokenFile` must be given where/,
    ],
    ['a short token', { token: 'short' }, /The token must have 16 or more visible characters/],
    ['a token that is no text', { token: 7 }, /The token must have 16 or more/],
    [
      'a file that is not there',
      { tokenFile: '/nowhere/token' },
      /`tokenFile` must be a file that can be read, but is "\/nowh/,
    ],
    ['two tokens', { token: 'x'.repeat(16), tokenFile: '/x' }, /`tokenFile` must be left out beside `token`/],
    ['names of hosts', { allowedHosts: 'me' }, /`allowedHosts` must be names of hosts, without ports, but is "me"/],
    ['no elections', { elections: [] }, /`elections` must be the names of one or more elections, but is \[\]/],
    ['a name', { elections: ['a b'] }, /`name` must be 1 to 64 letters/],
    ['a drift', { drift: 1 }, /`drift` must be a number from 0.0001 to 0.25/],
    ['a report that is no function', { report: 'stderr' }, /`report` must be a function, but is "stderr"/],
    ['a flag', { multiRegion: 'yes' }, /`?multiRegion`? must be/],
    ['a time-out', { requestTimeoutMs: 1 }, /`requestTimeoutMs` must be a whole number of milliseconds from 5/],
    ['a client', { client: {} }, /`client` must be a DynamoDBClient or DynamoDBDocumentClient/],
  ];

  test.for(refused)('%s', async ([, options, message]) => {
    const all = { tableName: 'tenure', port: 0, ...options } as unknown as AgentOptions;
    await expect(startAgent(all)).rejects.toThrow(message);
    await expect(startAgent(all)).rejects.toMatchObject({ code: 'BadOption' });
  });

  test('a token with a mistake in it is not shown', async () => {
    const failed = await startAgent({ tableName: 'tenure', token: 'secret\nsecret secret' }).catch(
      (error: Error) => error,
    );
    expect(failed).toBeInstanceOf(Error);
    expect((failed as Error).message).not.toContain('secret');
  });

  test('a port that is taken is reported as that', async ({ scene }: { scene: Scene }) => {
    const port = portOf((await agentHost(scene)).url);
    await expect(startAgent({ tableName: 'tenure', port })).rejects.toThrow(/port \d+: it is taken/);
  });
});
