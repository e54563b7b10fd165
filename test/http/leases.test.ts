/** The lease calls, on both hosts: what each promises, what repeating it does, and when a client may take over. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { OPERATOR_RANK } from '../../lib/election/candidate/challenge-rules.js';
import { type Scene, test as staged, WAIT_MS } from '../support/scene.js';
import { until } from '../support/until.js';
import { agentHost, Client, type Host, lambdaHost } from './hosts.js';

const HOSTS = {
  agent: (scene: Scene) => agentHost(scene),
  lambda: (scene: Scene) => lambdaHost(scene.table),
};

describe.concurrent.each(Object.keys(HOSTS) as (keyof typeof HOSTS)[])('by the %s', (kind) => {
  const test = staged.extend<{ host: Host; client: (id: string) => Client }>({
    host: async ({ scene }, use) => use(await HOSTS[kind](scene)),
    client: async ({ scene, host }, use) => use((id) => new Client(host, scene.name, id)),
  });

  test('acquires, heartbeats, proclaims, resigns', async ({ scene, host, client }) => {
    const a = client('a');
    const leader = () => host.ask('GET', `/elections/${scene.name}/leader`);
    expect((await leader()).body).toMatchObject({ term: 0, version: 'none', change: 'none' });
    expect((await a.acquire()).body).toEqual({
      election: scene.name,
      id: 'a',
      term: 1,
      attempt: a.attempt,
      beat: 0,
      leaseMs: 2_000,
      renewMs: 500,
    });
    expect((await scene.item('fence'))?.term).toEqual({ N: '1' }); // raised before anybody gets an answer
    const beaten = await a.send('heartbeat');
    expect(beaten.body).toMatchObject({ term: 1, beat: 1, holdMs: 1_980, yields: false });
    expect((await a.send('proclaim', { value: { at: '10.0.0.1' } })).status).toBe(200);
    const office = (await leader()).body;
    expect(office).toMatchObject({ holder: 'a', term: 1, beat: 2, value: { at: '10.0.0.1' }, takeoverMs: WAIT_MS });
    expect((await a.send('proclaim')).status).toBe(200);
    expect((await leader()).body).not.toHaveProperty('value');
    expect((await a.send('resign', { to: 'b' })).body).toEqual({ election: scene.name, term: 1, released: true });
    expect((await leader()).body).toMatchObject({ term: 1, previous: 'a', reason: 'resigned', successor: 'b' });
  });

  test('a repeated acquire finds the same term, and one attempt never has two', async ({ client }) => {
    const a = client('a');
    const [first, second] = [await a.acquire(), await a.acquire()];
    expect(second.body).toEqual(first.body);
    await a.send('heartbeat');
    expect((await a.acquire()).body).toEqual({ ...first.body, beat: 1 });
    await a.send('resign');
    const third = await a.acquire();
    expect(third.status).toBe(409);
    expect(third.body).toMatchObject({ code: 'AttemptUsed', office: { term: 1, reason: 'resigned' } });
  });

  test('a heartbeat is answered 200 once: repeated, it extends nothing and ends nothing', async ({ client }) => {
    const a = client('a');
    await a.acquire();
    expect((await a.send('heartbeat', { beat: 3 })).status).toBe(200);
    for (const beat of [3, 2]) {
      const again = await a.send('heartbeat', { beat });
      expect(again.status).toBe(409);
      expect(again.body).toMatchObject({ code: 'BeatTaken', beat: 3 });
    }
    expect((await a.send('heartbeat', { beat: 4 })).status).toBe(200);
  });

  test('a resignation may be repeated, and ends the term for heartbeats on their way', async ({ client }) => {
    const a = client('a');
    await a.acquire();
    await a.send('heartbeat');
    expect((await a.send('resign', { beat: 1 })).body).toMatchObject({ code: 'BeatTaken', beat: 1 });
    for (const _ of [1, 2]) expect((await a.send('resign', { beat: 5 })).body).toMatchObject({ released: true });
    const late = await a.send('heartbeat', { beat: 6 });
    expect(late.body).toMatchObject({ code: 'LeadershipLost', reason: 'resigned' });
  });

  test('a held office is refused, with its holder; no client takes it that has not seen a lease run out', async ({
    client,
  }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire();
    const held = await b.acquire();
    expect(held.status).toBe(409);
    expect(held.body).toMatchObject({ code: 'Held', office: { holder: 'a', term: 1 } });
    expect(held.body.retryAfterMs).toBeGreaterThan(WAIT_MS - 200);
    const { version } = held.body.office;
    const early = await b.acquire({ seen: { version, unchangedMs: WAIT_MS - 1 } });
    expect(early.body).toMatchObject({ code: 'Held', retryAfterMs: 1 });
    await a.send('heartbeat');
    const other = await b.acquire({ seen: { version, unchangedMs: 60_000 } });
    expect(other.body).toMatchObject({ code: 'Held', office: { holder: 'a', beat: 1 } });
    // Another holder's beat of the same number is another version.
    const forged = other.body.office.version.replace(/\.[0-9a-f]+$/, '.00000000');
    expect((await b.acquire({ seen: { version: forged, unchangedMs: 60_000 } })).status).toBe(409);
  });

  test('a client that has seen the version unchanged for a lease takes over; the old term is refused everything', async ({
    client,
  }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire();
    const { version } = (await b.acquire()).body.office;
    const since = performance.now();
    await sleep(WAIT_MS + 5);
    const unchangedMs = Math.floor(performance.now() - since);
    expect((await b.acquire({ seen: { version, unchangedMs } })).body).toMatchObject({ term: 2, id: 'b' });
    expect((await a.send('heartbeat')).body).toMatchObject({ code: 'LeadershipLost', reason: 'superseded' });
    expect((await a.send('proclaim', { value: 1 })).body).toMatchObject({ code: 'LeadershipLost' });
    expect((await a.send('resign')).body).toMatchObject({ released: true });
    const check = (term: number, attempt?: string) => a.post('fence/check', { term, attempt });
    expect((await check(1)).body).toMatchObject({ code: 'LeadershipLost', fenceTerm: 2 });
    expect((await check(2, a.attempt)).status).toBe(409);
    expect((await check(2, b.attempt)).body).toMatchObject({ term: 2, passes: true });
    expect((await b.send('heartbeat')).status).toBe(200);
  });

  test('a request that waits watches the leader itself, and takes over when its lease has run out', async ({
    client,
  }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire();
    const began = performance.now();
    expect((await b.acquire({ waitMs: 20_000 })).body).toMatchObject({ term: 2, id: 'b' });
    expect(performance.now() - began).toBeGreaterThanOrEqual(WAIT_MS);
  });

  test('a request that waits is answered when its time is up, and outlives no live leader', async ({ client }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire({ leaseMs: 20_000, renewMs: 4_000 });
    const began = performance.now();
    const reply = await b.acquire({ waitMs: 700 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(700);
    expect(reply.body).toMatchObject({ code: 'Held', office: { holder: 'a' } });
  });

  test('what the client has seen counts together with what the request waits', async ({ client }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire({ leaseMs: 20_000, renewMs: 4_000 });
    const { version } = (await b.acquire()).body.office;
    const began = performance.now();
    // The client says that it has seen all but the last 600 ms of a long lease.
    const reply = await b.acquire({ seen: { version, unchangedMs: 20_200 - 600 }, waitMs: 10_000 });
    expect(reply.body).toMatchObject({ term: 2 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(599);
  });

  test('a vacancy is taken at once by a request that waits', async ({ client }) => {
    const [a, b] = [client('a'), client('b')];
    await a.acquire({ leaseMs: 60_000, renewMs: 1_000 });
    const waiting = b.acquire({ waitMs: 20_000 });
    await a.send('resign');
    expect((await waiting).body).toMatchObject({ term: 2, id: 'b' });
  });

  test('a vacancy that is kept for a candidate is left to it', async ({ client }) => {
    const [a, b, c] = [client('a'), client('b'), client('c')];
    await a.acquire({ leaseMs: 60_000, renewMs: 10_000 });
    await a.send('resign', { to: 'c' });
    const left = await b.acquire();
    expect(left.body).toMatchObject({ code: 'Held', office: { successor: 'c' } });
    expect(left.body.retryAfterMs).toBeGreaterThan(19_000);
    expect((await c.acquire()).status).toBe(200);
  });

  test('of many that ask at once one leads, and all others learn which', async ({ client }) => {
    const clients = Array.from({ length: 12 }, (_, n) => client(`c${n}`));
    const answers = await Promise.all(clients.map((one) => one.acquire()));
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
      expect({ status, code: body.code, holder: body.office.holder }).toEqual({
        status: 409,
        code: 'Held',
        holder: won[0]!.body.id,
      });
    }
  });

  test('terms go on above a fence that survived its record', async ({ scene, client }) => {
    await scene.table.put(scene.name, { term: { N: '41' }, attempt: { S: 'long-ago' } }, 'fence');
    expect((await client('a').acquire()).body).toMatchObject({ term: 42 });
  });

  test('an operator’s challenge reaches the leader, which yields to it', async ({ scene, client }) => {
    const a = client('a');
    await a.acquire({ leaseMs: 30_000, renewMs: 5_000 });
    const { election } = scene.candidate({ requestTimeoutMs: 500 });
    await until('the challenge', async () => (await election.challenge({ why: 'deploy' })).challenged);
    expect((await a.send('heartbeat')).body).toMatchObject({
      yields: true,
      challenger: { rank: OPERATOR_RANK, why: 'deploy' },
    });
  });

  test('lives beside candidates without HTTP: each waits for the other’s lease', async ({ scene, client }) => {
    const mine = scene.candidate();
    const leadership = await mine.lead();
    const a = client('a');
    expect((await a.acquire()).body).toMatchObject({ code: 'Held', office: { holder: mine.election.id } });
    await leadership.resign();
    expect((await a.acquire()).body).toMatchObject({ term: leadership.term + 1 });
    const began = performance.now();
    const next = await mine.lead();
    expect(next.term).toBe(leadership.term + 2);
    expect(performance.now() - began).toBeGreaterThanOrEqual(WAIT_MS - 500); // its watch may have begun with the acquire
    expect((await a.send('heartbeat')).body).toMatchObject({ code: 'LeadershipLost' });
  });

  test('the health check is 200 for the holder alone', async ({ scene, host, client }) => {
    await client('a').acquire();
    const health = (id: string) => host.ask('GET', `/leader?election=${scene.name}&id=${id}`);
    expect(await health('a')).toMatchObject({ status: 200, body: { id: 'a', term: 1 } });
    expect(await health('b')).toMatchObject({ status: 503, body: { code: 'NotLeading' } });
  });
});

staged(
  'a lost answer of the table is reported as unknown, and the same request again finds the term',
  async ({ scene }) => {
    const proxy = await scene.proxy();
    const host = await agentHost(scene, { client: scene.client(proxy, 2_000), requestTimeoutMs: 2_000 });
    const a = new Client(host, scene.name, 'a');
    // The first try is applied, the second one refused; neither answer comes.
    const lost = proxy.next(({ op }) => op === 'UpdateItem', { kind: 'lose-reply', by: 'hang' }, { times: 2 });
    const first = await a.acquire();
    expect(first).toMatchObject({ status: 503, body: { code: 'RequestFailed' } });
    await lost.landed;
    expect((await a.acquire()).body).toMatchObject({ term: 1, beat: 0 });
  },
);

staged(
  'a heartbeat whose first answer is lost is reported as taken, so that no stamp counts from too late',
  async ({ scene }) => {
    const proxy = await scene.proxy();
    const host = await agentHost(scene, { client: scene.client(proxy, 4_000), requestTimeoutMs: 4_000 });
    const a = new Client(host, scene.name, 'a');
    await a.acquire({ leaseMs: 60_000, renewMs: 10_000 });
    proxy.next(({ op }) => op === 'UpdateItem', { kind: 'lose-reply', by: 'reset' });
    expect((await a.send('heartbeat')).body).toMatchObject({ code: 'BeatTaken', beat: 1 });
    expect((await a.send('heartbeat')).status).toBe(200);
  },
);

staged('a client that has gone while it waited is given no office', async ({ scene }) => {
  const { url } = await agentHost(scene);
  const b = { id: 'b', attempt: 'bbbbbbbbbbbbbbbb', leaseMs: 2_000, renewMs: 500, waitMs: 20_000 };
  await scene.dead();
  const gone = new AbortController();
  const asking = fetch(`${url}/elections/${scene.name}/acquire`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(b),
    signal: gone.signal,
  });
  await sleep(300); // it is being watched for: too early, and the test is only weaker
  gone.abort();
  await expect(asking).rejects.toThrow();
  const next = scene.candidate();
  expect((await next.lead()).term).toBe(2); // nobody was in between
});
