/** The console beside the cluster of `npm start`, over HTTP: what may be done to a process, and what the page gets to know of it. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clusterSource, openClusterConsole } from '../../lib/console/cluster-source.js';
import { type Console, startConsole } from '../../lib/console/console.js';
import { Cluster } from '../../lib/local/cluster.js';
import { until } from '../support/until.js';
import { askOf, facts, type Message, readFrom } from './console-client.js';
import { startTestCluster, type TestCluster, TOKEN } from './test-cluster.js';

const PATIENT = { limitMs: 60_000 };
const TITLE = 'an engine of the tests';

let local: TestCluster;
let shown: Console;

/** The token is the console's own: it is in its address. */
const token = () => new URL(shown.url).searchParams.get('token') ?? '';
const act = (action: string, id: string) => askOf(shown, { action, election: local.election, id }, { token: token() });
const read = (enough: (seen: Message[]) => boolean) => readFrom(shown, `/events?token=${token()}`, enough);

/** What the stream last said of each candidate. */
const candidates = (seen: Message[]) =>
  new Map(facts(seen, 'candidate').map(({ data }) => [data.id as string, data] as const));

const standby = () => until('a standby', () => local.cluster.alive.find(({ status }) => status === 'standby'), PATIENT);

beforeAll(async () => {
  local = await startTestCluster({ candidates: 3, leaseMs: 4_000, endpoint: inject('engines').main.endpoint });
  const { cluster, client } = local;
  shown = await openClusterConsole({ cluster, client, title: TITLE });
  await until('a leader', () => cluster.leader, PATIENT);
});

afterAll(async () => {
  await shown?.close();
  await local?.close();
});

describe('the console beside the cluster', () => {
  test('has a port of its own, names the engine, and shows the processes that are there', async () => {
    const other = await openClusterConsole({ cluster: local.cluster, client: local.client, title: TITLE });
    try {
      expect(other.port).not.toBe(shown.port);
      expect(other.url).not.toContain(token());
    } finally {
      await other.close();
    }
    const seen = await read((all) => candidates(all).size === 3 && facts(all, 'heartbeat').length > 0);
    expect(seen[0]?.data).toMatchObject({ title: TITLE, mayAct: true });
    expect(seen[0]?.data.actions).toEqual(expect.arrayContaining(['kill', 'cut', 'join', 'end', 'add']));
    expect([...candidates(seen).keys()].sort()).toEqual(local.cluster.candidates.map(({ id }) => id).sort());
    const { leader } = local.cluster;
    expect(facts(seen, 'term').at(-1)?.data).toMatchObject({ election: local.election, holder: leader?.id });
  });

  test('closing it takes nothing from the cluster', async () => {
    const { cluster } = local;
    const before = cluster.listenerCount('report');
    const other = await openClusterConsole({ cluster, client: local.client, title: TITLE });
    expect(cluster.listenerCount('report')).toBe(before + 1);
    await other.close();
    expect(cluster.listenerCount('report')).toBe(before);
    const leader = await until('a leader', () => cluster.leader, PATIENT);
    const { heartbeats } = leader;
    await until('its heartbeats', () => leader.heartbeats > heartbeats, PATIENT);
  });
});

describe('what may be done to a process', () => {
  test('it is cut off and joined again, and each is shown', async () => {
    const member = await standby();
    const name = `${member.id} (process ${member.pid})`;
    expect(await act('cut', member.id)).toEqual({ status: 200, said: `${name} is cut off` });
    expect(member).toMatchObject({ isCutOff: true, isAlive: true });
    const cut = await read((all) => candidates(all).get(member.id)?.isCutOff === true);
    expect(facts(cut, 'note').map(({ data }) => data.text)).toContain(`${name} is cut off`);
    expect(await act('cut', member.id)).toEqual({ status: 409, error: `${member.id} is cut off already.` });
    expect(await act('join', member.id)).toEqual({ status: 200, said: `${name} is joined again` });
    await read((all) => candidates(all).get(member.id)?.isCutOff === false);
    expect(await act('join', member.id)).toEqual({ status: 409, error: `${member.id} is not cut off.` });
  });

  test('a process that is cut off has its first error shown, and not one for each request', async () => {
    const member = await standby();
    const complaints = (all: Message[]) =>
      facts(all, 'note').filter(({ data }) => data.text === `${member.id} reports an error`).length;
    // A tick comes after all that there is to report.
    const isAll = (all: Message[]) => all.some(({ event }) => event === 'tick');
    const before = complaints(await read(isAll));
    let errors = 0;
    const count = (_: unknown, report: { is: string }) => {
      if (report.is === 'error') errors += 1;
    };
    local.cluster.on('report', count);
    await act('cut', member.id);
    await until('three errors of the process', () => errors >= 3, PATIENT);
    local.cluster.off('report', count);
    expect(complaints(await read(isAll))).toBe(before + 1);
    await act('join', member.id);
    await until('a standby again', () => member.status === 'standby', PATIENT);
  });

  test('a process that is asked to end leaves in order, and then nothing can be done to it', async () => {
    const leader = await until('a leader', () => local.cluster.leader, PATIENT);
    await standby();
    const { said } = await act('end', leader.id);
    expect(said).toContain(`leader of term ${leader.term}, is asked to end`);
    const seen = await read((all) => candidates(all).get(leader.id)?.status === 'left');
    expect(facts(seen, 'vacancy').at(-1)?.data).toMatchObject({ term: leader.term, reason: 'resigned' });
    for (const action of ['cut', 'pause', 'kill']) {
      expect(await act(action, leader.id)).toEqual({ status: 409, error: `${leader.id} has ended already.` });
    }
    expect((await act('cut', 'nobody')).error).toContain('There is no candidate "nobody"');
  });

  test('where the engine is behind TLS there is no line to cut, and no button for it', async () => {
    const { options } = local.cluster;
    const cluster = new Cluster({ ...options, endpoint: 'https://dynamodb.eu-central-1.amazonaws.com' });
    const source = clusterSource({ cluster, client: local.client, title: TITLE });
    expect(source.actions).toContain('kill');
    expect(source.actions).not.toContain('cut');
    const other = await startConsole({ source, port: 0, token: TOKEN });
    try {
      const { status, error } = await askOf(other, { action: 'cut', election: options.election, id: 'ada' });
      expect(status).toBe(409);
      expect(error).toContain('"cut" cannot be done here');
    } finally {
      await other.close();
    }
  });
});
