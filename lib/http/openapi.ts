/** The OpenAPI 3.1 document, from the schemas that check the requests. */
import * as z from 'zod';
import { ROUTES, type Route } from './routes.js';
import { electionName, NAMED } from './schemas.js';

/** The version of the API: its first number changes when a client must. */
const API_VERSION = '1.0.0';

type Json = Record<string, unknown>;

/** Answers that any request may get, beside those that are part of its use. */
const ALWAYS: readonly number[] = [400, 401, 403, 404, 405, 406, 413, 415, 421, 500, 503];
const MEANING: Record<number, string> = {
  400: 'A field, a parameter or the JSON is not what it must be',
  401: 'The token is missing or wrong',
  403: 'A web page of another origin asks',
  404: 'No such path or election, or the agent has no candidate in it',
  405: 'The path knows other methods',
  406: 'No stream of events here: wait with `waitMs`',
  409: 'The office, or the term, does not allow it',
  413: 'The body is too large',
  415: 'The body is not application/json',
  421: 'The request was meant for another host',
  500: 'The record or the table is not in order, or the server failed',
  503: 'The table did not answer, and a write may have landed or may land later; or, of `/leader`, not the leader',
};

/**
 * The OpenAPI 3.1 document of the lease API, as `docs/openapi.json` holds it: for generators of clients.
 *
 * @param options.agent whether it tells of what only an agent has, too
 * @example
 * const document = openApiDocument({ agent: true });
 */
export function openApiDocument({ agent }: { agent: boolean }): Json {
  const routes = Object.entries<Route>(ROUTES).filter(([, route]) => agent || !route.agent);
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(operationId, route, agent) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tenure lease API',
      version: API_VERSION,
      description:
        'Leader election on DynamoDB for programs in any language. The client is the candidate, and keeps the clocks.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas: components(), responses: refusals() },
  };
}

function operation(operationId: string, route: Route, agent: boolean): Json {
  const parameters = [...pathParameters(route), ...queryParameters(route)];
  return {
    operationId,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    tags: [route.agent ? 'agent' : 'lease'],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: plain(route.body) } } },
    }),
    responses: {
      200: {
        description: 'Done',
        content: {
          'application/json': { schema: route.answer === 'document' ? { type: 'object' } : reference(route.answer) },
          ...(route.streams && agent && { 'text/event-stream': { schema: { type: 'string' } } }),
        },
      },
      ...Object.fromEntries(
        [...new Set([...ALWAYS, ...route.problems])]
          .sort()
          .map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
      ),
    },
  };
}

const nameOf = (status: number): string => `Refused${status}`;

/** The refusals, each described once. */
function refusals(): Json {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const entries = Object.entries(MEANING).map(([status, description]) => [
    nameOf(Number(status)),
    { description, content },
  ]);
  return Object.fromEntries(entries);
}

function pathParameters({ path }: Route): Json[] {
  return path.includes('{name}') ? [{ name: 'name', in: 'path', required: true, schema: plain(electionName) }] : [];
}

function queryParameters({ query }: Route): Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(schema as z.ZodType).safeParse(undefined).success,
    schema: plain(schema as z.ZodType),
  }));
}

/** A schema by itself, without the marks that the document as a whole has. */
function plain(schema: z.ZodType): Json {
  const io = schema instanceof z.ZodObject ? 'input' : 'output';
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: withoutVainBounds });
  return rest;
}

/** A whole number that JavaScript can hold is no news to anybody. */
function withoutVainBounds({ jsonSchema }: { jsonSchema: { minimum?: number; maximum?: number } }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function reference(schema: z.ZodType): Json {
  return { $ref: `#/components/schemas/${schema.meta()?.id}` };
}

function components(): Json {
  const registry = z.registry<{ id: string }>();
  for (const schema of Object.values(NAMED)) registry.add(schema, { id: String(schema.meta()?.id) });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    override: withoutVainBounds,
  });
  const named = Object.entries(schemas).map(([id, { $schema: _, $id: __, id: ___, ...schema }]) => [id, schema]);
  return Object.fromEntries(named);
}
