/**
 * Runs a server of this machine as a child process: on a free port of 127.0.0.1, until it answers, silent in the
 * terminal, ended by `stop()` or with this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { endWithParent } from './end-with-parent.js';

const ANSWER_LIMIT_MS = 60_000;
const PROBE_LIMIT_MS = 2_000;
const PROBE_EVERY_MS = 20;
const PORT_ATTEMPTS = 5;
const TAIL_CHARS = 4_000;

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What an engine says when asked whether it could run here: how to start it, or what is missing. */
export type EngineProbe =
  | {
      readonly title: string;
      readonly traits: string;
      /** What makes it usable here. */
      readonly found: string;
      /** Fetches what is needed to start it, and says how to. */
      readonly prepare: (say: (line: string) => void) => Promise<(port: number) => Command>;
    }
  | { readonly title: string; readonly missing: string };

export interface Server {
  readonly endpoint: string;
  readonly pid: number;
  /** Kills the process and waits until it is gone. May be called again. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** What to call it in messages. */
  readonly title: string;
  readonly command: (port: number) => Command;
  /** The port to use, and no other. Default: a free one. */
  readonly port?: number;
}

/** Starts a server and waits until it answers HTTP; a lost race for a port is run again with another one. */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    if (options.port !== undefined && !(await isFree(port))) {
      throw new Error(`${options.title} was to listen on port ${port} of 127.0.0.1, which is taken. Choose another.`);
    }
    try {
      return await startOn(port, options);
    } catch (error) {
      const lostRace = error instanceof EarlyExit && /\bin use\b/i.test(error.output);
      if (!lostRace || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/**
 * Waits until something answers HTTP at `endpoint`, whatever it says. `check` is called before each try, and throws
 * to give up early.
 */
export async function untilAnswers(endpoint: string, check: () => void = () => {}): Promise<void> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  for (;;) {
    check();
    const failure = await probe(endpoint);
    if (failure === undefined) return check();
    if (limit.aborted)
      throw new Error(`nothing answered at ${endpoint} within ${ANSWER_LIMIT_MS / 1000} s (${failure})`);
    await scheduler.wait(PROBE_EVERY_MS);
  }
}

/** The last part of what a program said, without colours, to be quoted in an error. */
export function tailOf(output: string, lines = 20): string {
  const said = stripVTControlCharacters(output).trim().split('\n').slice(-lines).join('\n');
  return said === '' ? 'It said nothing.' : `Its last words:\n${said}`;
}

class EarlyExit extends Error {
  constructor(
    title: string,
    how: string,
    readonly output: string,
  ) {
    super(`${title} ended (${how}) before it answered. ${tailOf(output)}`);
  }
}

async function startOn(port: number, { title, command }: ServerOptions): Promise<Server> {
  const { file, args } = command(port);
  // Detached: Ctrl-C in the terminal is for this process, which may still need the server for an orderly end.
  const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  endWithParent(child);
  const stop = () => kill(child);
  const output = collect(child);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('close', (code, signal) => {
    ended ??= signal ?? `exit code ${code}`;
  });

  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilAnswers(endpoint, () => {
      if (ended !== undefined) throw new EarlyExit(title, ended, output());
    });
  } catch (error) {
    await stop();
    if (error instanceof EarlyExit) throw error;
    throw new Error(`${title} did not start: ${(error as Error).message}. ${tailOf(output())}`, { cause: error });
  }
  return { endpoint, pid: child.pid as number, stop };
}

/** Keeps the end of what the child says, and keeps the child from holding this process's event loop. */
function collect(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL_CHARS);
    });
    (stream as unknown as { unref(): void } | null)?.unref();
  }
  child.unref();
  return () => tail;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, 'exit');
  // Nothing is to be saved, and SIGKILL also ends a process that is stopped or stuck.
  child.kill('SIGKILL');
  await exit;
}

/** Asks once; says why nothing answered, or nothing at all. */
function probe(endpoint: string): Promise<string | undefined> {
  const request = endpoint.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    request(endpoint, { agent: false, signal: AbortSignal.timeout(PROBE_LIMIT_MS) }, (response) => {
      response.on('error', () => {}).resume();
      resolve(undefined);
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}

/**
 * A free port below the ranges that systems give to outgoing connections, so that none of those can take it before
 * the server does; random, so that processes starting at the same moment seldom choose the same.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
