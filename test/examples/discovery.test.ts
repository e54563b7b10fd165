/** Discovery with real servers: found, lost by kill and by pause, found again; and an old leader that sends callers on. */
import { afterEach, expect, test } from 'vitest';
import { LeaderClient } from '../../examples/discovery/client.js';
import { Election } from '../../lib/index.js';
import { freshTable } from '../support/table.js';
import { until } from '../support/until.js';
import { endPrograms, Program } from './program.js';

interface Server {
  readonly program: Program;
  readonly id: string;
  readonly address: string;
}
interface Answer {
  readonly id: string;
  readonly term: number;
}

afterEach(endPrograms);

// Caught: a client that stays with a dead or stopped leader, and a server that answers from a lease that is over.
test('a client follows the office through kill, pause and SIGTERM; an old leader answers 421 with the new address', async () => {
  const table = await freshTable();
  const { tableName, client } = table;
  const start = async (): Promise<Server> => {
    const env = { TENURE_TABLE: tableName, LEASE_MS: '4000', ROSTER_MS: '500' };
    const program = new Program('discovery/server.ts', table.endpoint, env);
    const { id, address } = await program.line<Server>('its address', (line) => line.address !== undefined);
    return { program, id, address };
  };
  const servers = await Promise.all([start(), start(), start()]);
  const byId = (id: string) => servers.find((server) => server.id === id)!;

  await using election = new Election({ name: 'catalogue', tableName, client });
  const roster = await until('all are listed', async () => {
    const members = await election.roster();
    const all = members.length === 3 && members[0]!.leads && members.every(({ present }) => present);
    return all ? members : undefined;
  });
  expect(roster.map(({ value }) => value)).toEqual(roster.map(({ id }) => ({ address: byId(id).address })));

  const caller = new LeaderClient(election);
  const stop = new AbortController();
  const following = caller.follow(stop.signal);
  const ask = async (): Promise<Answer> => {
    const response = await caller.request('/', { signal: AbortSignal.timeout(60_000) });
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  };

  const first = await ask();
  expect(roster.map(({ id }) => id)).toContain(first.id);
  byId(first.id).program.child.kill('SIGKILL');
  const second = await ask();
  expect(second.id).not.toBe(first.id);
  expect(second.term).toBeGreaterThan(first.term);

  const paused = byId(second.id);
  paused.program.child.kill('SIGSTOP');
  const third = await ask();
  expect([first.id, second.id]).not.toContain(third.id);
  expect(third.term).toBeGreaterThan(second.term);
  paused.program.child.kill('SIGCONT');
  const late = await fetch(paused.address);
  expect(late.status).toBe(421);
  expect(await late.json()).toEqual({ term: third.term, address: byId(third.id).address });

  byId(third.id).program.child.kill('SIGTERM');
  expect(await byId(third.id).program.exited).toEqual({ code: 0, signal: null });
  const fourth = await ask();
  expect(fourth.id).toBe(second.id); // the paused one: it went back to the line
  expect(caller.leader).toEqual({ term: fourth.term, address: paused.address });

  await until('the roster lists the members', async () => {
    const members = await election.roster();
    const killed = members.find(({ id }) => id === first.id);
    return members[0]?.id === fourth.id && killed?.present !== true && members.every(({ id }) => id !== third.id);
  });
  const list = new Program('discovery/list.ts', table.endpoint, { TENURE_TABLE: tableName });
  expect(await list.exited, list.output).toEqual({ code: 0, signal: null });
  expect(list.output).toContain(`${paused.address}  leads  ${fourth.id}`);

  stop.abort();
  await following;
});
