/** Asks a console over HTTP, as the page does: its stream of facts, and what its buttons ask for. */
import { expect } from 'vitest';
import type { Console } from '../../lib/console/console.js';
import { TOKEN } from './test-cluster.js';

export interface Message {
  event: string;
  data: Record<string, unknown>;
  id?: string;
}

/** Reads a stream until `enough` of it came. */
export async function readFrom(
  shown: Console,
  path: string,
  enough: (seen: Message[]) => boolean,
  headers: Record<string, string> = {},
): Promise<Message[]> {
  const stop = new AbortController();
  const limit = AbortSignal.timeout(30_000);
  const answer = await fetch(new URL(path, shown.viewUrl), { headers, signal: AbortSignal.any([stop.signal, limit]) });
  expect(answer.status).toBe(200);
  const seen: Message[] = [];
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop()!;
    seen.push(...parts.map(parse));
    if (enough(seen)) break;
  }
  stop.abort();
  return seen;
}

function parse(part: string): Message {
  const field = (key: string) => new RegExp(`^${key}: ?(.*)$`, 'm').exec(part)?.[1];
  return { event: field('event') ?? '', data: JSON.parse(field('data') ?? 'null'), id: field('id') };
}

export const facts = (seen: Message[], is: string) =>
  seen.filter(({ event, data }) => event === 'fact' && data.is === is);

interface Answer {
  readonly status: number;
  readonly said?: string;
  readonly error?: string;
}

export async function askOf(
  shown: Console,
  body: unknown,
  { token = TOKEN, text = JSON.stringify(body) } = {},
): Promise<Answer> {
  const answer = await fetch(new URL('/actions', shown.viewUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: text,
  });
  return { status: answer.status, ...((await answer.json()) as { said?: string; error?: string }) };
}
