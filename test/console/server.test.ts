/** The console over HTTP, on a real table: the stream and how it resumes, which requests may act, and what is refused. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Console, startConsole, tableSource } from '../../lib/console/console.js';
import { Election } from '../../lib/index.js';
import { freshTable, type TestTable } from '../support/table.js';
import { until } from '../support/until.js';
import { askOf, facts, type Message, readFrom } from './console-client.js';
import { TOKEN } from './test-cluster.js';

const name = 'office';
const undo: (() => Promise<unknown>)[] = [];
let shown: Console;
let tableName: string;
let client: TestTable['client'];

const read = (path: string, enough: (seen: Message[]) => boolean, headers?: Record<string, string>, at = shown) =>
  readFrom(at, path, enough, headers);
const act = (body: unknown, options?: Parameters<typeof askOf>[2]) => askOf(shown, body, options);

/** With headers that a browser, and fetch, would not let one set. */
function raw(headers: Record<string, string>, path = '/'): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port: shown.port, path, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (more) => {
        body += more;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, body }));
    });
    asking.on('error', reject).end();
  });
}

function stand(id: string): { candidate: Election; stop: () => Promise<void> } {
  // A long lease: a busy machine must not cost a leader its term in the middle of a test.
  const timings = { leaseMs: 10_000, renewMs: 1_000, stepDownMs: 200, requestTimeoutMs: 900 };
  const candidate = new Election({
    name,
    tableName,
    client,
    id,
    succession: 'seniority',
    rosterMs: 500,
    ...timings,
  });
  const ending = new AbortController();
  const running = candidate.run(
    async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    { signal: ending.signal },
  );
  const stop = async () => {
    ending.abort();
    await running;
    await candidate.close();
  };
  undo.push(stop);
  return { candidate, stop };
}

beforeAll(async () => {
  ({ client, tableName } = await freshTable());
  undo.push(async () => client.destroy());
  shown = await startConsole({
    source: tableSource({ tableName, client, elections: [name] }),
    port: 0,
    token: TOKEN,
  });
  undo.push(() => shown.close());
  const { candidate } = stand('ada');
  await until('ada to lead', () => candidate.state === 'leading');
  stand('ben');
});

afterAll(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

describe.concurrent('the stream', () => {
  test('carries the leader, its heartbeats, and the line of succession', async () => {
    const seen = await read('/events', (all) => {
      const line = facts(all, 'roster').at(-1)?.data.line as { id: string }[] | undefined;
      return facts(all, 'heartbeat').length >= 3 && line?.length === 2;
    });
    expect(seen[0]).toMatchObject({ event: 'hello', data: { resumed: false, mayAct: false } });
    expect(facts(seen, 'term')[0]?.data).toMatchObject({ election: name, holder: 'ada', leaseMs: 10_000 });
    const line = facts(seen, 'roster').at(-1)?.data.line;
    expect(line).toMatchObject([
      { id: 'ada', leads: true },
      { id: 'ben', leads: false },
    ]);
    const beats = facts(seen, 'heartbeat').map(({ data }) => data.beat as number);
    expect(beats).toEqual([...new Set(beats)].sort((a, b) => a - b));
  });

  test('goes on where a page stopped, by its header or by its address, with nothing doubled and nothing left out', async () => {
    const before = await read('/events', (all) => facts(all, 'heartbeat').length >= 2);
    const ids = before.flatMap(({ id }) => id ?? []);
    const after = ids[1]!;
    for (const how of [{ headers: { 'last-event-id': after } }, { path: `/events?after=${after}` }]) {
      const seen = await read(how.path ?? '/events', (all) => all.some(({ event }) => event === 'tick'), how.headers);
      expect(seen[0]?.data.resumed).toBe(true);
      const resumed = seen.flatMap(({ id }) => id ?? []);
      expect(resumed.slice(0, ids.length - 2)).toEqual(ids.slice(2));
      const numbers = resumed.map((id) => Number(id.split('.')[1]));
      expect(numbers).toEqual(numbers.map((_, n) => numbers[0]! + n));
    }
  });

  test.each(['nonsense', 'abc.1', '.', '0.0.0'])('begins again for a place that is not of this run: %s', async (id) => {
    const seen = await read('/events', (all) => facts(all, 'term').length > 0, { 'last-event-id': id });
    expect(seen[0]?.data.resumed).toBe(false);
  });

  test('says whether this page may act', async () => {
    const [hello] = await read(`/events?token=${TOKEN}`, (all) => all.length > 0);
    expect(hello?.data.mayAct).toBe(true);
    expect(hello?.data.actions).toEqual(['challenge', 'transfer', 'revoke']);
  });

  test('does not give away the attempt of a challenge', async () => {
    const seen = await read('/events', (all) => facts(all, 'heartbeat').length > 0);
    expect(JSON.stringify(seen)).not.toContain('attempt');
  });
});

describe.concurrent('which requests are answered', () => {
  test('a Host header with a foreign name is refused', async () => {
    for (const path of ['/', '/events', '/main.js']) {
      const { status, body } = await raw({ host: `evil.example:${shown.port}` }, path);
      expect(status).toBe(421);
      expect(body).toContain('evil.example');
    }
    for (const host of [`localhost:${shown.port}`, `127.0.0.1:${shown.port}`, '[::1]']) {
      expect((await raw({ host })).status).toBe(200);
    }
  });

  test('a page of another origin is refused', async () => {
    const host = `127.0.0.1:${shown.port}`;
    expect((await raw({ host, origin: 'http://evil.example' }, '/events')).status).toBe(403);
    expect((await raw({ host, origin: `http://${host}` })).status).toBe(200);
  });

  test('nothing changes without the token', async () => {
    for (const token of ['', 'wrong-token-of-another']) {
      const { status, error } = await act({ action: 'challenge', election: name }, { token });
      expect(status).toBe(401);
      expect(error).toContain('token that the console printed');
    }
  });

  test('the page is served with a policy that lets in nothing foreign, and asks for nothing elsewhere', async () => {
    const answer = await fetch(shown.viewUrl);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await answer.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});

describe.concurrent('bad requests', () => {
  test.each([
    ['no JSON', undefined, 'not json', 400, 'must be JSON'],
    ['an unknown action', { action: 'explode', election: name }, undefined, 400, 'This is not an action'],
    ['a word too many', { action: 'challenge', election: name, force: true }, undefined, 400, 'force'],
    [
      'a revoke without a term',
      { action: 'revoke', election: name, holder: 'ada', dead: false },
      undefined,
      400,
      'term',
    ],
    ['an election that is not watched', { action: 'challenge', election: 'other' }, undefined, 409, 'does not watch'],
    [
      'what only a cluster can',
      { action: 'kill', election: name, id: 'ada' },
      undefined,
      409,
      'challenge, transfer, revoke',
    ],
    ['a transfer to nobody', { action: 'transfer', election: name, id: '' }, undefined, 400, 'id'],
    ['a transfer to the leader', { action: 'transfer', election: name, id: 'ada' }, undefined, 400, 'leads election'],
    [
      'a term that is not in office',
      { action: 'revoke', election: name, holder: 'ada', term: 99, dead: false },
      undefined,
      409,
      'nobody was revoked',
    ],
  ])('%s', async (_, body, text, status, says) => {
    const answer = await act(body, { text });
    expect(answer.status).toBe(status);
    expect(answer.error).toContain(says);
  });

  test('a body that is too large, a file that is not there, an unknown method', async () => {
    expect((await act({}, { text: 'x'.repeat(10_000) })).status).toBe(413);
    expect((await fetch(new URL('/../package.json', shown.viewUrl))).status).toBe(404);
    expect((await raw({ host: 'localhost' }, '/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await fetch(shown.viewUrl, { method: 'DELETE' })).status).toBe(404);
  });

  test('the charting library comes from the console itself, and nothing else of where it lies', async () => {
    for (const name of ['plot.umd.min.js', 'd3.min.js']) {
      const answer = await fetch(new URL(`/vendor/${name}`, shown.viewUrl));
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/javascript');
      expect(await answer.text()).toMatch(/^\/\/ https:\/\/d3js\.org v7|^\/\/ @observablehq\/plot v0\.6/);
    }
    for (const path of ['/vendor/', '/vendor/d3.js', '/vendor/..%2fpackage.json']) {
      expect((await raw({ host: 'localhost' }, path)).status).toBe(404);
    }
  });

  test('options that cannot be used', async () => {
    const source = () => tableSource({ tableName, client, elections: [name] });
    await expect(startConsole({ source: source(), host: '0.0.0.0' })).rejects.toThrow('beyondThisMachine');
    await expect(startConsole({ source: source(), port: 70_000 })).rejects.toThrow('port');
    await expect(startConsole({ source: source(), token: 'short' })).rejects.toThrow('16 or more');
    await expect(startConsole({ source: undefined as never })).rejects.toThrow('tableSource');
    await expect(startConsole({ source: source(), port: shown.port })).rejects.toThrow('it is taken');
    expect(() => tableSource({ tableName, client, elections: [] })).toThrow('one name or more');
  });

  test('for others than this machine, looking on needs the token too', async () => {
    const source = tableSource({ tableName, client, elections: [name] });
    const open = await startConsole({ source, host: '0.0.0.0', port: 0, beyondThisMachine: true, token: TOKEN });
    try {
      const at = (query: string) => fetch(`http://127.0.0.1:${open.port}/events${query}`);
      expect((await at('')).status).toBe(401);
      const answer = await at(`?token=${TOKEN}`);
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
    } finally {
      await open.close();
    }
  });
});

describe.concurrent('a table that cannot be read', () => {
  test('is reported once, with what is wrong', async () => {
    const source = tableSource({ tableName: 'there-is-none', client, elections: [name] });
    const other = await startConsole({ source, port: 0 });
    try {
      const seen = await read('/events', (all) => all.filter(({ event }) => event === 'tick').length > 1, {}, other);
      const troubles = facts(seen, 'trouble').map(({ data }) => data.text);
      expect(troubles).toContain('the record cannot be read');
      expect(new Set(troubles).size).toBe(troubles.length);
    } finally {
      await other.close();
    }
  });
});

// One after the other, and last: each changes the leader.
describe('acting', () => {
  test('a challenge is shown, and ends the term', async () => {
    const before = await read('/events', (all) => facts(all, 'heartbeat').length > 0);
    const { term } = facts(before, 'term').at(-1)!.data as { term: number };
    const answer = await act({ action: 'challenge', election: name });
    expect(answer.said).toContain('is asked to hand over');
    const seen = await read('/events', (all) => facts(all, 'term').some(({ data }) => (data.term as number) > term));
    expect(facts(seen, 'challenge').at(-1)?.data).toMatchObject({ term, reason: 'operator at the console' });
  });

  test('a revoke is shown, with what it means for the next leader', async () => {
    const before = await read('/events', (all) => facts(all, 'heartbeat').length > 0);
    const { term, holder } = facts(before, 'term').at(-1)!.data as { term: number; holder: string };
    const answer = await act({ action: 'revoke', election: name, term, holder, dead: false });
    expect(answer.said).toBe(`${holder} is revoked in term ${term}`);
    const seen = await read('/events', (all) => facts(all, 'vacancy').some(({ data }) => data.term === term));
    expect(facts(seen, 'vacancy').at(-1)?.data).toMatchObject({ term, reason: 'revoked', dead: false });
    expect(facts(seen, 'vacancy').at(-1)?.data.why).toContain('may be alive');
  });

  test('a discovered election joins', async () => {
    const source = tableSource({ tableName, client, elections: async () => [name] });
    const other = await startConsole({ source, port: 0 });
    try {
      const seen = await read('/events', (all) => facts(all, 'election').length > 0, {}, other);
      expect(facts(seen, 'election')[0]?.data.election).toBe(name);
    } finally {
      await other.close();
    }
  });
});
