/** Every request that the API knows: what it takes, what it answers. The app and the OpenAPI document are made from this. */
import type * as z from 'zod';
import * as schemas from './schemas.js';

type Schemas = typeof schemas;
type SchemaName = { [K in keyof Schemas]: Schemas[K] extends z.ZodType ? K : never }[keyof Schemas];
/** What a client asked for, checked. */
export type Asked<N extends SchemaName> = z.output<Extract<Schemas[N], z.ZodType>>;
/** What it is answered. */
export type Answer<N extends SchemaName> = z.output<Extract<Schemas[N], z.ZodType>>;

export interface Route {
  readonly method: 'get' | 'post';
  /** As OpenAPI writes it. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly answer: z.ZodType | 'document';
  /** Only an agent has it: a process that lives on. */
  readonly agent?: boolean;
  /** It answers a stream of events as well, where there is a process to send them. */
  readonly streams?: boolean;
  /** Problems that are part of its use. */
  readonly problems: readonly number[];
}

export const ROUTES = {
  acquire: {
    method: 'post',
    path: '/elections/{name}/acquire',
    summary: 'Take the office',
    description:
      'Repeat it with the same `attempt` until an answer comes. 200 means in office, with the fence raised, and **no lease yet**: ' +
      'send a heartbeat at once; the lease counts from before that was sent.',
    body: schemas.Acquire,
    answer: schemas.InOffice,
    problems: [409],
  },
  heartbeat: {
    method: 'post',
    path: '/elections/{name}/heartbeat',
    summary: 'Extend the lease',
    description:
      'Take the stamp before sending; each heartbeat has a higher `beat`. Only 200 extends the lease. No answer, 503 and `BeatTaken` ' +
      'extend nothing, and end nothing: send the next beat. `LeadershipLost` ends the term.',
    body: schemas.Heartbeat,
    answer: schemas.Extended,
    problems: [409],
  },
  proclaim: {
    method: 'post',
    path: '/elections/{name}/proclaim',
    summary: 'Extend the lease, and proclaim a value',
    description: 'A heartbeat that also sets `value`; without `value` it takes the last one back.',
    body: schemas.Proclaim,
    answer: schemas.Extended,
    problems: [409],
  },
  resign: {
    method: 'post',
    path: '/elections/{name}/resign',
    summary: 'Give the office back',
    description: 'When the work has ended. From before it was sent the client leads no more, whatever the answer.',
    body: schemas.Resign,
    answer: schemas.Released,
    problems: [409],
  },
  fenceCheck: {
    method: 'post',
    path: '/elections/{name}/fence/check',
    summary: 'Whether a later term has begun its work',
    description:
      'Refuses early a write that would be refused. It cannot make a write safe: a later term may begin between the answer and the write. ' +
      'Send the term along with the write, to a system that compares it in the same step.',
    body: schemas.FenceCheck,
    answer: schemas.Passed,
    problems: [409],
  },
  leader: {
    method: 'get',
    path: '/elections/{name}/leader',
    summary: 'Who leads, or the vacancy',
    query: schemas.NoQuery,
    answer: schemas.OfficeState,
    problems: [],
  },
  observe: {
    method: 'get',
    path: '/elections/{name}/observe',
    summary: 'The next change of office',
    description:
      'Answers at once if the office is another than `after`, else when it changes, or as it stands when `waitMs` is over. The agent ' +
      'answers `Accept: text/event-stream` with a stream: an event `office` for each change, its id for `Last-Event-ID`.',
    query: schemas.ObserveQuery,
    answer: schemas.OfficeState,
    streams: true,
    problems: [],
  },
  health: {
    method: 'get',
    path: '/leader',
    summary: '200 on the leader alone, for load balancers',
    description: 'A hint of where to send requests, not proof of a lease.',
    query: schemas.HealthQuery,
    answer: schemas.Leads,
    problems: [],
  },
  campaign: {
    method: 'post',
    path: '/elections/{name}/campaign',
    summary: 'Have the agent stand for the program',
    description:
      'The agent stands, sends the heartbeats, and stands again after a lost term. Repeated with the same wishes it changes nothing.',
    body: schemas.Campaign,
    answer: schemas.AgentLeadership,
    agent: true,
    problems: [409],
  },
  leadership: {
    method: 'get',
    path: '/elections/{name}/leadership',
    summary: 'Whether the program may work, and how long',
    description: "Also the program's sign of life. Take the stamp before sending: `remainingMs` counts from there.",
    query: schemas.LeadershipQuery,
    answer: schemas.AgentLeadership,
    agent: true,
    problems: [404, 409],
  },
  leadershipProclaim: {
    method: 'post',
    path: '/elections/{name}/leadership/proclaim',
    summary: 'Have the agent proclaim a value',
    body: schemas.LeadershipProclaim,
    answer: schemas.AgentLeadership,
    agent: true,
    problems: [404, 409],
  },
  leadershipResign: {
    method: 'post',
    path: '/elections/{name}/leadership/resign',
    summary: 'The work has ended: resign, and stand no more',
    body: schemas.LeadershipResign,
    answer: schemas.LeadershipEnded,
    agent: true,
    problems: [404, 409],
  },
  document: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    query: schemas.NoQuery,
    answer: 'document',
    problems: [],
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
