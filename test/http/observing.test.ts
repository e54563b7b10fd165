/** Following the office: requests that wait, and the agent's stream of events. */
import { performance } from 'node:perf_hooks';
import { describe, expect } from 'vitest';
import { test } from '../support/scene.js';
import { until } from '../support/until.js';
import { agentHost, Client, lambdaHost } from './hosts.js';

describe.concurrent('requests that wait', () => {
  test.for(['agent', 'lambda'] as const)('%s: the next change, and not a heartbeat', async (kind, { scene }) => {
    const host = kind === 'agent' ? await agentHost(scene) : await lambdaHost(scene.table);
    const observe = (query: string) => host.ask('GET', `/elections/${scene.name}/observe?${query}`);
    const present = (await observe('')).body;
    expect(present).toMatchObject({ term: 0, change: 'none' });
    const a = new Client(host, scene.name, 'a');
    const waiting = observe('after=none&waitMs=25000');
    await a.acquire();
    const elected = (await waiting).body;
    expect(elected).toMatchObject({ term: 1, holder: 'a' });
    await a.send('heartbeat');
    const next = observe(`after=${elected.change}&waitMs=25000`);
    await a.send('heartbeat');
    await a.send('resign');
    expect((await next).body).toMatchObject({ term: 1, reason: 'resigned', previous: 'a' });
    // What was missed meanwhile is answered at once.
    expect((await observe(`after=${elected.change}&waitMs=25000`)).body).toMatchObject({ reason: 'resigned' });
  });

  test('end when their time is up, with the office as it stands', async ({ scene }) => {
    const host = await agentHost(scene);
    const a = new Client(host, scene.name, 'a');
    await a.acquire({ leaseMs: 60_000, renewMs: 10_000 });
    const { change } = (await host.ask('GET', `/elections/${scene.name}/leader`)).body;
    const began = performance.now();
    const reply = await host.ask('GET', `/elections/${scene.name}/observe?after=${change}&waitMs=500`);
    expect(performance.now() - began).toBeGreaterThanOrEqual(499);
    expect(reply.body).toMatchObject({ holder: 'a', change });
  });
});

interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data?: string;
}

/** A reader of an event stream that keeps what came, and can be cut off. */
function follow(url: string, headers: Record<string, string> = {}) {
  const cut = new AbortController();
  const events: ServerSentEvent[] = [];
  const ended = (async () => {
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: cut.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const lines = block.split('\n').map((line) => /^(event|id|data): ?(.*)$/.exec(line));
        events.push(Object.fromEntries(lines.flatMap((line) => (line ? [[line[1]!, line[2]!]] : []))));
      }
    }
  })().catch((error: unknown) => {
    if (!cut.signal.aborted) throw error;
  });
  return { events, ended, cut: () => cut.abort() };
}

describe.concurrent('the stream of the agent', () => {
  test('sends each change in order, and after a break only what is new', async ({ scene }) => {
    const host = await agentHost(scene);
    const url = `${host.url}/elections/${scene.name}/observe`;
    const a = new Client(host, scene.name, 'a');
    const first = follow(url);
    await until('the present office', () => first.events.length === 1);
    await a.acquire();
    await until('the election', () => first.events.length === 2);
    await a.send('heartbeat');
    first.cut();
    await first.ended;
    const offices = first.events.map(({ data }) => JSON.parse(data!) as { term: number; change: string });
    expect(offices.map(({ term }) => term)).toEqual([0, 1]);
    expect(first.events.map(({ event, id }) => ({ event, id }))).toEqual(
      offices.map(({ change }) => ({ event: 'office', id: change })),
    );
    const last = first.events.at(-1)!.id!;
    const second = follow(url, { 'last-event-id': last });
    await a.send('resign');
    await until('the vacancy', () => second.events.length === 1);
    expect(JSON.parse(second.events[0]!.data!)).toMatchObject({ term: 1, reason: 'resigned' });
    // A client that comes back with an old id gets the present office at once.
    const third = follow(url, { 'last-event-id': last });
    await until('the present office', () => third.events.length === 1);
    second.cut();
    third.cut();
  });

  test('ends with the agent', async ({ scene }) => {
    const host = await agentHost(scene);
    const stream = follow(`${host.url}/elections/${scene.name}/observe`);
    await until('the present office', () => stream.events.length === 1);
    await host.close();
    await stream.ended.catch(() => {}); // it ends: a stream that went on would keep the test
  });

  test('is not there by a function URL, which says what to do instead', async ({ scene }) => {
    const host = await lambdaHost(scene.table);
    const reply = await host.ask('GET', `/elections/${scene.name}/observe`, undefined, { accept: 'text/event-stream' });
    expect(reply).toMatchObject({ status: 406, body: { code: 'NotAcceptable' } });
    expect(reply.body.detail).toContain('waitMs');
  });
});
