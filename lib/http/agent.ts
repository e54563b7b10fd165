/**
 * The agent: the lease API as a process beside the program, on this machine. It answers what the Lambda function answers,
 * sends streams of events, and campaigns by itself for a program that only asks "may I work?".
 */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { bad, checkFlag, checkKeys } from '../election/options.js';
import { realClock, sleep } from '../lease/clock.js';
import { show, TenureError } from '../lease/errors.js';
import { wholeNumber } from '../lease/timing.js';
import { Sessions } from './agent-sessions.js';
import type { LeaseApiOptions } from './api-table.js';
import { leaseApi, type Report } from './app.js';
import { checkAddress, LOOPBACK, listen } from './http-server.js';
import { Problem } from './problem.js';
import { LEAST_TOKEN_LENGTH, type Refuse, RequestGuard } from './request-guard.js';

/** How long a close waits for answers to be taken. */
const GRACE_MS = 1_000;

/** The options of an agent. Only `tableName` is needed. */
export interface AgentOptions extends LeaseApiOptions {
  /** Default 7654; 0 for a free one. */
  readonly port?: number | undefined;
  /** Where it listens. Default `127.0.0.1`. Any other than this machine's own needs `beyondThisMachine` and a token. */
  readonly host?: string | undefined;
  /** Lets other machines send requests: they can act as any candidate. Default `false`. */
  readonly beyondThisMachine?: boolean | undefined;
  /** Names that the Host header may have, beside `host` and those of this machine, e.g. that of a container. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Required in `Authorization: Bearer ...`: 16 characters or more. Default: none is required. */
  readonly token?: string | undefined;
  /** A file that has the token. */
  readonly tokenFile?: string | undefined;
  /** The queue of post-dated notices, for the agent's own candidates; see `ElectionOptions`. */
  readonly noticeQueueUrl?: string | undefined;
  /** The table is a multi-Region strongly consistent one. */
  readonly multiRegion?: boolean | undefined;
  /** Called with errors in the background and of failed requests. Default: ignored. */
  readonly report?: Report | undefined;
}

const KNOWN: Record<keyof AgentOptions, true> = {
  tableName: true,
  client: true,
  elections: true,
  drift: true,
  requestTimeoutMs: true,
  port: true,
  host: true,
  beyondThisMachine: true,
  allowedHosts: true,
  token: true,
  tokenFile: true,
  noticeQueueUrl: true,
  multiRegion: true,
  report: true,
};

/** An agent that listens. */
export interface Agent {
  /** Where, e.g. `http://127.0.0.1:7654`. */
  readonly url: string;
  /** The port that it listens on. */
  readonly port: number;
  /** Gives its offices back as their programs stop (or their promises run out), and listens no more. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an agent, and resolves when it listens.
 *
 * @param options see {@link AgentOptions}
 * @throws TenureError `BadOption`: what was expected, what came, what to do; what the system says of a port in use
 * @example
 * const agent = await startAgent({ tableName: 'tenure', elections: ['billing'] });
 * process.once('SIGTERM', () => agent.close());
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { host, port, token, names } = resolveAgentOptions(options);
  const {
    noticeQueueUrl,
    multiRegion,
    report = () => {},
    tableName,
    client,
    elections,
    drift,
    requestTimeoutMs,
  } = options;
  const guard = new RequestGuard({ names, token, refuse: refusal });
  let sessions: Sessions | undefined;
  const api = leaseApi(
    { tableName, client, elections, drift, requestTimeoutMs },
    {
      report,
      guards: [guard.checkSource, guard.checkToken],
      agent: (table) => {
        sessions = new Sessions(table, { noticeQueueUrl, multiRegion, report });
        return { sessions };
      },
    },
  );
  const { server, ...where } = await listen('The agent', api.app, host, port);
  let closing: Promise<void> | undefined;
  return {
    ...where,
    close: () => {
      closing ??= (async () => {
        await sessions?.close(); // answers while it waits: programs must be able to say that they have stopped
        await api.close();
        await drained(server);
      })();
      return closing;
    },
  };
}

function resolveAgentOptions(options: AgentOptions) {
  checkKeys('An agent', options, Object.keys(KNOWN));
  const { port = 7654, host = '127.0.0.1', beyondThisMachine = false, allowedHosts = [] } = options;
  checkFlag('multiRegion', options.multiRegion);
  if (options.report !== undefined && typeof options.report !== 'function') {
    throw bad('`report`', 'a function', options.report);
  }
  const token = tokenOf(options);
  checkAddress(host, beyondThisMachine, 'any program that reaches it can act as any candidate');
  if (!LOOPBACK.has(host) && token === undefined) {
    throw bad('`token` or `tokenFile`', 'given where other machines can reach the agent', token);
  }
  if (!Array.isArray(allowedHosts) || allowedHosts.some((name) => typeof name !== 'string' || name === '')) {
    throw bad('`allowedHosts`', 'names of hosts, without ports', allowedHosts);
  }
  return { host, port: wholeNumber('port', port, 0, 65_535), token, names: [...LOOPBACK, host, ...allowedHosts] };
}

const refusal = (...[status, code, detail]: Parameters<Refuse>): Problem =>
  new Problem(status, code, detail, {}, code === 'Unauthorised' ? { 'www-authenticate': 'Bearer' } : {});

function tokenOf({ token, tokenFile }: AgentOptions): string | undefined {
  if (token !== undefined && tokenFile !== undefined) throw bad('`tokenFile`', 'left out beside `token`', tokenFile);
  const given = tokenFile === undefined ? token : readToken(tokenFile);
  if (given === undefined) return undefined;
  // What was given is not shown: it may be a secret with a mistake in it.
  if (typeof given === 'string' && given.length >= LEAST_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(given)) return given;
  throw new TenureError(
    'BadOption',
    `The token must have ${LEAST_TOKEN_LENGTH} or more visible characters of ASCII. Make one with: openssl rand -hex 32`,
  );
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const message = `\`tokenFile\` must be a file that can be read, but is ${show(file)}: ${(cause as Error).message}.`;
    throw new TenureError('BadOption', message, { cause });
  }
}

/** Listens no more; answers that are on their way are sent, and what goes on after that is cut off. */
async function drained(server: Server): Promise<void> {
  const closed = new AbortController();
  server.close(() => closed.abort());
  const cancel = realClock.after(GRACE_MS, () => server.closeAllConnections());
  while (!closed.signal.aborted) {
    server.closeIdleConnections();
    await sleep(realClock, GRACE_MS / 50, closed.signal);
  }
  cancel();
}
