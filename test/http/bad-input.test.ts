/** What is refused, by which status, and in which words: what was expected, what came, what to do. */
import { describe, expect } from 'vitest';
import { test } from '../support/scene.js';
import { agentHost } from './hosts.js';

const OK = {
  acquire: { id: 'a', attempt: 'aaaaaaaaaaaaaaaa' },
  heartbeat: { id: 'a', term: 1, attempt: 'aaaaaaaaaaaaaaaa', beat: 1 },
  'fence/check': { term: 1 },
  campaign: { program: 'pppppppppppppppp' },
  'leadership/proclaim': { program: 'pppppppppppppppp', term: 1 },
  'leadership/resign': { program: 'pppppppppppppppp' },
};
type What = keyof typeof OK;

const ATTEMPT = '16 to 64 letters, digits, `_` or `-`, made at random';
const ID = 'a text of 1 to 128 bytes';
const WHOLE = `a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`;
const lease = (least: number) => `a whole number of milliseconds from ${least} to 900000`;

/** Every field: what will not do, and what is said of it. */
const FIELDS: [What, string, unknown[], string][] = [
  ['acquire', 'id', [undefined, '', 7, 'x'.repeat(129), 'é'.repeat(65), null], ID],
  ['acquire', 'attempt', [undefined, 'short', 'a'.repeat(65), 'with spaces in it', 7], ATTEMPT],
  ['acquire', 'leaseMs', [99, 900_001, '2000', 1.5, null], lease(100)],
  ['acquire', 'renewMs', [9, 900_001, '500', Number.MAX_VALUE], lease(10)],
  ['acquire', 'waitMs', [-1, 25_001, '1', null], 'a whole number of milliseconds from 0 to 25000'],
  ['acquire', 'seen', [7, 'x', null], 'an object {version, unchangedMs}'],
  ['heartbeat', 'id', [undefined, ''], ID],
  ['heartbeat', 'term', [undefined, 0, -1, '1', 1.5, 2 ** 53], WHOLE],
  ['heartbeat', 'attempt', [undefined, 'x'], ATTEMPT],
  ['heartbeat', 'beat', [undefined, 0, '1', null], WHOLE],
  ['fence/check', 'term', [undefined, 0, 'one'], WHOLE],
  ['fence/check', 'attempt', ['x', 7], ATTEMPT],
  ['campaign', 'program', [undefined, 'x'], ATTEMPT],
  ['campaign', 'id', ['', 7], ID],
  ['campaign', 'leaseMs', [99, '2000'], lease(100)],
  ['campaign', 'renewMs', [9], lease(10)],
  ['campaign', 'stepDownMs', [-1, 'x'], lease(0)],
  ['campaign', 'contactMs', [99, '1000'], lease(100)],
  ['campaign', 'priority', [-1, 1_000_001, 0.5], 'a whole number from 0 to 1000000'],
  [
    'campaign',
    'healthUrl',
    ['https://example.com/', 'http://127.0.0.1.example.com', 'file:///etc', 7],
    'a URL on this machine',
  ],
  ['leadership/proclaim', 'program', [undefined, 'x'], ATTEMPT],
  ['leadership/proclaim', 'term', [undefined, 0], WHOLE],
  ['leadership/resign', 'to', ['', 7], ID],
];

describe('fields', () => {
  test.for(FIELDS)('%s: %s', async ([what, field, values, expected], { scene }) => {
    const host = await agentHost(scene);
    for (const value of values) {
      const reply = await host.ask('POST', `/elections/${scene.name}/${what}`, { ...OK[what], [field]: value });
      const shown =
        value === undefined
          ? 'undefined'
          : value === Number.MAX_VALUE
            ? '1.7976931348623157e+308'
            : JSON.stringify(value);
      expect(reply).toMatchObject({ status: 400, body: { code: 'BadOption', title: 'Bad option' } });
      expect(reply.body.detail).toBe(`\`${field}\` must be ${expected}, but is ${shown}.`);
    }
  });

  test('within `seen`', async ({ scene }) => {
    const host = await agentHost(scene);
    const ask = (seen: object) => host.ask('POST', `/elections/${scene.name}/acquire`, { ...OK.acquire, seen });
    expect((await ask({ version: '1.0.abcdef01', unchangedMs: -1 })).body.detail).toMatch(
      /^`seen.unchangedMs` must be/,
    );
    expect((await ask({ version: 'x', unchangedMs: 1 })).body.detail).toMatch(/^`seen.version` must be a text that an/);
    expect((await ask({ version: 'none', unchangedMs: 1, more: 1 })).body.detail).toMatch(/^Unknown field `seen.more`/);
  });

  test('an unknown field is refused, with the known ones', async ({ scene }) => {
    const host = await agentHost(scene);
    const reply = await host.ask('POST', `/elections/${scene.name}/heartbeat`, { ...OK.heartbeat, leaseMs: 1, x: 2 });
    expect(reply.body.detail).toBe('Unknown field `leaseMs`, `x`. Known are: id, term, attempt, beat.');
  });

  test('timings that cannot survive a lost heartbeat, with the sum', async ({ scene }) => {
    const host = await agentHost(scene);
    for (const [what, wishes] of [
      ['acquire', OK.acquire],
      ['campaign', OK.campaign],
    ] as const) {
      const reply = await host.ask('POST', `/elections/${scene.name}/${what}`, {
        ...wishes,
        leaseMs: 1_000,
        renewMs: 600,
      });
      expect(reply).toMatchObject({ status: 400, body: { code: 'BadOption' } });
      expect(reply.body.detail).toContain('2 * renewMs + requestTimeoutMs + stepDownMs must be at most');
    }
  });

  test('a value that does not fit beside the lease', async ({ scene }) => {
    const host = await agentHost(scene);
    const value = 'x'.repeat(401);
    for (const [what, body] of [
      ['acquire', { ...OK.acquire, value }],
      ['proclaim', { ...OK.heartbeat, value }],
    ] as const) {
      const reply = await host.ask('POST', `/elections/${scene.name}/${what}`, body);
      expect(reply).toMatchObject({ status: 400, body: { code: 'RecordTooLarge' } });
    }
  });
});

describe('requests', () => {
  const path = (name: string) => `/elections/${name}/acquire`;

  test('a body that is not JSON, or not an object', async ({ scene }) => {
    const host = await agentHost(scene);
    const broken = await host.ask('POST', path(scene.name), '{"id":');
    expect(broken).toMatchObject({ status: 400 });
    expect(broken.body.detail).toMatch(/^The body must be JSON, but is "{\\"id\\":":/);
    for (const body of ['7', '[]', 'null', '"text"']) {
      const reply = await host.ask('POST', path(scene.name), body);
      expect(reply.body.detail).toBe(`The body must be a JSON object, but is ${body}.`);
    }
  });

  test('a body that is not declared as JSON: no form of a web page is taken', async ({ scene }) => {
    const host = await agentHost(scene);
    const text = JSON.stringify(OK.acquire);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const reply = await host.ask('POST', path(scene.name), text, { 'content-type': type });
      expect(reply).toMatchObject({ status: 415, body: { code: 'NotJson' } });
    }
    const declared = await host.ask('POST', path(scene.name), text, {
      'content-type': 'Application/JSON; charset=utf-8',
    });
    expect(declared.status).toBe(200);
  });

  test('a body that is too large', async ({ scene }) => {
    const host = await agentHost(scene);
    const reply = await host.ask('POST', path(scene.name), { ...OK.acquire, value: 'x'.repeat(9_000) });
    expect(reply).toMatchObject({ status: 413, body: { code: 'BodyTooLarge' } });
  });

  test('another method, with those that there are', async ({ scene }) => {
    const host = await agentHost(scene);
    const reply = await host.ask('DELETE', path(scene.name));
    expect(reply).toMatchObject({ status: 405, body: { code: 'MethodNotAllowed' } });
    expect(reply.headers.get('allow')).toBe('POST');
    expect((await host.ask('POST', `/elections/${scene.name}/leader`, {})).headers.get('allow')).toBe('GET');
  });

  test('another path, another name, another election than those that are served', async ({ scene }) => {
    const host = await agentHost(scene, { elections: ['billing', scene.name] });
    expect(await host.ask('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    expect((await host.ask('GET', '/elections/a%20b/leader')).body.detail).toContain('but is "a b"');
    for (const [method, what, body] of [
      ['GET', 'leader', undefined],
      ['GET', 'observe', undefined],
      ['POST', 'acquire', OK.acquire],
      ['POST', 'heartbeat', OK.heartbeat],
      ['POST', 'fence/check', OK['fence/check']],
      ['POST', 'campaign', OK.campaign],
    ] as const) {
      const reply = await host.ask(method, `/elections/other/${what}`, body);
      expect(reply).toMatchObject({ status: 404, body: { code: 'NotFound' } });
      expect(reply.body.detail).toBe(`Election "other" is not served here. Served are: "billing", "${scene.name}".`);
    }
    expect((await host.ask('GET', `/elections/${scene.name}/leader`)).status).toBe(200);
  });

  test('parameters of the query', async ({ scene }) => {
    const host = await agentHost(scene);
    const ask = async (query: string) => (await host.ask('GET', `/elections/${scene.name}/${query}`)).body.detail;
    expect(await ask('observe?waitMs=soon')).toMatch(/^`waitMs` must be a whole number.*but is "soon"\.$/);
    expect(await ask('observe?waitMs=25001')).toMatch(/^`waitMs` must be .* from 0 to 25000, but is "?25001"?\.$/);
    expect(await ask('observe?after=xyz')).toMatch(
      /^`after` must be a text that an earlier answer gave, but is "xyz"\.$/,
    );
    expect(await ask('observe?after=none&after=none')).toMatch(/^`after` must be given once/);
    expect(await ask('observe?since=1')).toBe('Unknown field `since`. Known are: after, waitMs.');
    expect(await ask('leader?x=1')).toBe('Unknown field `x`. Known are: none.');
    expect((await host.ask('GET', '/leader')).body.detail).toMatch(/^`election` must be 1 to 64 letters/);
  });

  test('a record that nobody can read is shown, and reported as the server’s trouble', async ({ scene }) => {
    const host = await agentHost(scene);
    await scene.dead({ leaseMs: { S: 'ten seconds' } });
    const reply = await host.ask('POST', path(scene.name), OK.acquire);
    expect(reply).toMatchObject({ status: 500, body: { code: 'MalformedRecord' } });
    expect(reply.body.detail).toContain('ten seconds');
    expect((await host.ask('GET', `/elections/${scene.name}/observe?waitMs=20000`)).status).toBe(500);
  });

  test('a table that is not there', async ({ scene }) => {
    const failures: unknown[] = [];
    const host = await agentHost(scene, { tableName: 'no-such-table', report: (error) => failures.push(error) });
    const reply = await host.ask('GET', `/elections/${scene.name}/leader`);
    expect(reply).toMatchObject({ status: 500, body: { code: 'TableMissing' } });
    expect(failures).toHaveLength(1);
  });
});
