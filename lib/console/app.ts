/** The console over HTTP: the page, the stream of events, and the requests of the buttons. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { limitBody, type Refuse, type RequestGuard } from '../http/request-guard.js';
import { isTenureError } from '../index.js';
import { realClock, sleep } from '../lease/clock.js';
import { show } from '../lease/errors.js';
import { anySignal } from '../lease/latch.js';
import { packageRoot } from '../local/package-root.js';
import { type Action, actionSchema, type ConsoleSource, ImpossibleAction } from './console-source.js';
import type { EventHistory, Numbered } from './event-history.js';
import { vendorFiles } from './vendor.js';

const KINDS: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** A page that hears nothing for some of these takes itself to be cut off. */
const TICK_MS = 2_000;
const RETRY_MS = 500;
const MOST_STREAMS = 64;
const MOST_BODY_BYTES = 4_096;
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export interface Parts {
  readonly source: ConsoleSource;
  readonly history: EventHistory;
  readonly guard: RequestGuard;
  /** Whether looking on needs the token too, because other machines can reach the console. */
  readonly readersNeedToken: boolean;
  /** Ends all streams. */
  readonly closed: AbortSignal;
}

export function consoleApp(parts: Parts): Hono {
  const { guard, source, readersNeedToken } = parts;
  const app = new Hono();
  const files = pageFiles();
  let streams = 0;

  app.use(guard.checkSource);
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  });

  app.get('/events', (c) => {
    const mayAct = guard.accepts(c.req.query('token'));
    if (readersNeedToken && !mayAct) throw problem(401, ADVICE);
    if (streams >= MOST_STREAMS) throw problem(503, `${MOST_STREAMS} pages are open already: close one of them.`);
    streams += 1;
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const either = anySignal(gone.signal, parts.closed);
      const over = either.signal;
      const { history } = parts;
      const write = (event: string, data: unknown, id?: string) =>
        stream.writeSSE({ event, data: JSON.stringify(data), id, retry: event === 'hello' ? RETRY_MS : undefined });
      try {
        const after = placeIn(c.req.header('last-event-id') ?? c.req.query('after'), history.run);
        const missed = after === undefined ? undefined : history.after(after);
        const resumed = missed !== undefined;
        const { title, actions } = source;
        await write('hello', { run: history.run, resumed, now: realClock.now().wall, title, actions, mayAct });
        let last = after ?? 0;
        for (
          let news: readonly Numbered[] = missed ?? history.all();
          !over.aborted;
          news = history.after(last) ?? history.all()
        ) {
          for (const { n, event } of news) {
            if (over.aborted) return;
            await write('fact', event, `${history.run}.${n}`);
            last = n;
          }
          const tick = sleepUntil(over);
          await Promise.race([history.more(last, tick.signal), sleep(realClock, TICK_MS, tick.signal)]);
          tick.end();
          if (!over.aborted) await write('tick', { now: realClock.now().wall });
        }
      } finally {
        either.release();
        streams -= 1;
      }
    });
  });

  const bodies = limitBody(MOST_BODY_BYTES, refusal);
  app.post('/actions', bodies, guard.checkToken, async (c) => {
    const action = await actionOf(c);
    if (!source.actions.includes(action.action)) {
      throw problem(409, `"${action.action}" cannot be done here. What can: ${source.actions.join(', ')}.`);
    }
    return c.json({ said: await source.act(action) });
  });

  app.get('/:file{.*}', (c) => {
    const name = c.req.param('file') || 'index.html';
    const file = files.get(name);
    if (file === undefined) throw problem(404, `There is no ${show(`/${name}`)} here. The page is at /.`);
    return c.body(file.body, 200, { 'content-type': file.kind });
  });

  app.notFound((c) => c.json({ error: `${c.req.method} ${c.req.path} is not known to this console.` }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error instanceof ImpossibleAction) return c.json({ error: error.message }, 409);
    const isMistake = isTenureError(error, 'BadOption');
    return c.json({ error: error.message }, isMistake ? 400 : isTenureError(error) ? 502 : 500);
  });
  return app;
}

/** The last event that a page has received, if it was one of this run. */
function placeIn(id: string | undefined, run: string): number | undefined {
  const [, theirs, n] = /^([0-9a-f]+)\.(\d{1,15})$/.exec(id ?? '') ?? [];
  return theirs === run ? Number(n) : undefined;
}

async function actionOf(c: Context): Promise<Action> {
  const body: unknown = await c.req.json().catch(() => {
    throw problem(400, 'The body must be JSON, such as {"action":"challenge","election":"billing"}.');
  });
  const parsed = actionSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw problem(400, `This is not an action: ${z.prettifyError(parsed.error)}`);
}

/** A signal that aborts with another, or when it is ended: what waits on it leaves nothing behind. */
function sleepUntil(over: AbortSignal): { signal: AbortSignal; end: () => void } {
  const own = new AbortController();
  const { signal, release } = anySignal(over, own.signal);
  return {
    signal,
    end() {
      own.abort();
      release();
    },
  };
}

/** The page, with its charting library, is small: it is read once. */
function pageFiles(): ReadonlyMap<string, { body: string; kind: string }> {
  const folder = join(packageRoot(), 'lib', 'console', 'public');
  const own = readdirSync(folder).map((name) => [name, join(folder, name)] as const);
  const foreign = [...vendorFiles()].map(([name, path]) => [`vendor/${name}`, path] as const);
  return new Map(
    [...own, ...foreign].map(([name, path]) => [
      name,
      { body: readFileSync(path, 'utf8'), kind: KINDS[extname(name)] ?? 'text/plain; charset=utf-8' },
    ]),
  );
}

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 421 | 503;

function problem(status: Status, message: string): HTTPException {
  return new HTTPException(status, { message });
}

const ADVICE = 'Open the address with the token that the console printed when it was started.';

/** What the guard refuses: the remedy is the same for all of it but a body that is too large. */
export const refusal: Refuse = (status, code, detail) =>
  problem(status, code === 'BodyTooLarge' ? detail : `${detail} ${ADVICE}`);
