/**
 * The HTTP lease API as a Hono app: the one handler of both hosts, a Lambda function and the agent. It keeps no state of
 * any lease: every process that serves the same table gives the same answers.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { streamSSE } from 'hono/streaming';
import { show } from '../lease/errors.js';
import { acquire } from './acquire.js';
import type { Sessions } from './agent-sessions.js';
import { ApiTable, type LeaseApiOptions } from './api-table.js';
import { fenceCheck } from './fence-check.js';
import { heartbeat, proclaim, resign } from './holder-requests.js';
import { Observers } from './office-observers.js';
import { openApiDocument } from './openapi.js';
import { asProblem, Problem, problemResponse, unfit } from './problem.js';
import { limitBody } from './request-guard.js';
import { bodyOf, fitting, queryOf } from './request-parsing.js';
import { type Answer, type Asked, ROUTES, type Route, type RouteName } from './routes.js';
import { electionName } from './schemas.js';

/** More than any request needs: a proclaimed value has at most 400 bytes. */
const MAX_BODY_BYTES = 8_192;

/** What an agent has besides, as a process that lives on. */
interface AgentParts {
  readonly sessions: Sessions;
}

/** Called with failures that were not foreseen. */
export type Report = (error: unknown) => void;

/** The app, and the way to end what waits in it. */
export interface LeaseApi {
  /** A Hono app: `app.fetch(request)` answers, in any server that speaks the web's `Request` and `Response`. */
  readonly app: Hono;
  /** Ends requests that wait, streams, and a client of its own. */
  close(): Promise<void>;
}

export interface LeaseApiParts {
  /** Makes it an agent's: with candidates of its own, and streams of events. */
  readonly agent?: ((table: ApiTable) => AgentParts) | undefined;
  /** Run before anything else, for every request, in this order. Default: none. */
  readonly guards?: readonly MiddlewareHandler[] | undefined;
  /** Called with failures that are not the client's. Default: ignored. */
  readonly report?: Report | undefined;
}

/**
 * Makes the lease API of one table, for a server of your own. It checks no identities: put it behind something that does.
 *
 * @param options which table, which elections
 * @throws TenureError `BadOption`: what was expected, what came, what to do
 * @example const { app } = leaseApi({ tableName: 'tenure', elections: ['billing'] });
 */
export function leaseApi(
  options: LeaseApiOptions,
  { agent: makeAgent, guards = [], report = () => {} }: LeaseApiParts = {},
): LeaseApi {
  const table = new ApiTable(options);
  const agent = makeAgent?.(table);
  const observers = new Observers(table);
  const app = new Hono();
  app.onError((error) => {
    const problem = asProblem(error);
    if (problem.status >= 500 && problem.code !== 'NotLeading') report(error);
    return problemResponse(problem);
  });
  for (const check of guards) app.use(check);
  app.use(limitBody(MAX_BODY_BYTES, (...refusal) => new Problem(...refusal)));
  const handlers: Handlers = {
    ...stateless(table, observers),
    health: (c) => health(c, observers, agent?.sessions),
    document: async (c) => c.json(openApiDocument({ agent: agent !== undefined })),
    observe: (c) => observe(c, observers, agent !== undefined, report),
    ...(agent && session(table, agent.sessions)),
  };
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const handler = handlers[name as RouteName];
    if (handler !== undefined) app.on(route.method, pathOf(route), handler);
  }
  for (const path of new Set(Object.keys(handlers).map((name) => pathOf(ROUTES[name as RouteName])))) {
    app.all(path, (c) => {
      const allowed = Object.values<Route>(ROUTES).filter((route) => pathOf(route) === path);
      const allow = allowed.map(({ method }) => method.toUpperCase()).join(', ');
      const detail = `${c.req.method} is not known for ${c.req.path}: use ${allow}.`;
      throw new Problem(405, 'MethodNotAllowed', detail, {}, { allow });
    });
  }
  app.notFound((c) => {
    const detail = `There is nothing at ${show(c.req.path)}. GET /openapi.json tells what there is.`;
    return problemResponse(new Problem(404, 'NotFound', detail));
  });
  return {
    app,
    close: async () => {
      await observers.close();
      table.close();
    },
  };
}

type Handler = (c: Context) => Promise<Response>;
type Handlers = Partial<Record<RouteName, Handler>>;

const pathOf = ({ path }: Route): string => path.replace('{name}', ':name');

function electionOf(c: Context): string {
  return fitting(electionName, c.req.param('name'), "The election's name");
}

/** What every host answers, and needs no memory for. */
function stateless(table: ApiTable, observers: Observers): Handlers {
  return {
    acquire: async (c) => {
      const asked: Asked<'Acquire'> = await bodyOf(c, ROUTES.acquire.body);
      return c.json(await acquire(table, electionOf(c), asked, c.req.raw.signal));
    },
    heartbeat: async (c) => c.json(await heartbeat(table, electionOf(c), await bodyOf(c, ROUTES.heartbeat.body))),
    proclaim: async (c) => c.json(await proclaim(table, electionOf(c), await bodyOf(c, ROUTES.proclaim.body))),
    resign: async (c) => c.json(await resign(table, electionOf(c), await bodyOf(c, ROUTES.resign.body))),
    fenceCheck: async (c) => c.json(await fenceCheck(table, electionOf(c), await bodyOf(c, ROUTES.fenceCheck.body))),
    leader: async (c) => {
      queryOf(c, ROUTES.leader.query);
      return c.json(await observers.now(electionOf(c)));
    },
  };
}

async function observe(c: Context, observers: Observers, streams: boolean, report: Report): Promise<Response> {
  const election = electionOf(c);
  const asked: Asked<'ObserveQuery'> = queryOf(c, ROUTES.observe.query);
  if (!c.req.header('accept')?.includes('text/event-stream')) {
    return c.json(await observers.next(election, asked, c.req.raw.signal));
  }
  if (!streams) {
    const detail =
      'There are no streams of events here: ask with `after` and `waitMs`, again and again; or run an agent.';
    throw new Problem(406, 'NotAcceptable', detail);
  }
  if (asked.waitMs !== undefined) throw unfit('`waitMs`', 'left out of a stream of events', asked.waitMs);
  await observers.now(election); // what cannot be read at all fails before the stream begins
  const last = c.req.header('last-event-id') ?? asked.after;
  return streamSSE(
    c,
    (stream) => observers.stream(stream, election, last),
    async (error) => report(error),
  );
}

/** 200 on the leader alone: of the agent's own candidate, or of the candidate that the query names. */
async function health(c: Context, observers: Observers, sessions: Sessions | undefined): Promise<Response> {
  const { election, id } = queryOf(c, ROUTES.health.query);
  if (id === undefined && sessions !== undefined) {
    const own = sessions.peek(election);
    if (own?.term === undefined) throw notLeading(`This agent does not lead "${election}".`);
    return c.json({ election, id: own.id, term: own.term } satisfies Answer<'Leads'>);
  }
  if (id === undefined)
    throw unfit('`id`', 'the id of the candidate that is asked for (only an agent has one of its own)', id);
  const office = await observers.now(election);
  if (office.holder !== id) throw notLeading(`${office.holder ?? 'Nobody'} leads "${election}", not ${id}.`);
  return c.json({ election, id, term: office.term } satisfies Answer<'Leads'>);
}

const notLeading = (detail: string): Problem => new Problem(503, 'NotLeading', detail);

/** What an agent answers for the program beside it. */
function session(table: ApiTable, sessions: Sessions): Handlers {
  return {
    campaign: async (c) => {
      const election = electionOf(c);
      table.checkServed(election);
      const wishes: Asked<'Campaign'> = await bodyOf(c, ROUTES.campaign.body);
      return c.json(sessions.campaign(election, wishes));
    },
    leadership: async (c) => {
      const { program, waitMs = 0 }: Asked<'LeadershipQuery'> = queryOf(c, ROUTES.leadership.query);
      return c.json(await sessions.leadership(electionOf(c), program, waitMs, c.req.raw.signal));
    },
    leadershipProclaim: async (c) => {
      const { program, term, value }: Asked<'LeadershipProclaim'> = await bodyOf(c, ROUTES.leadershipProclaim.body);
      return c.json(await sessions.proclaim(electionOf(c), program, term, value));
    },
    leadershipResign: async (c) => {
      const { program, to }: Asked<'LeadershipResign'> = await bodyOf(c, ROUTES.leadershipResign.body);
      return c.json(await sessions.resign(electionOf(c), program, to));
    },
  };
}
