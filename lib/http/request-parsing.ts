/** Requests as they come in, checked by the schemas; what does not fit is refused with what was expected and what came. */
import type { Context } from 'hono';
import type * as z from 'zod';
import { show } from '../lease/errors.js';
import { Problem, unfit } from './problem.js';

/** The body of a request: JSON, and declared as that, so that no form of a web page can send it. */
export async function bodyOf<S extends z.ZodObject>(c: Context, schema: S): Promise<z.output<S>> {
  const type = c.req.header('content-type');
  if (type?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Problem(415, 'NotJson', `The header content-type must be application/json, but is ${type ?? 'missing'}.`);
  }
  const text = await c.req.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, 'BadOption', `The body must be JSON, but is ${show(text)}: ${(error as Error).message}.`);
  }
  return fitting(schema, body, 'The body');
}

/** The parameters of a query; one that is given twice is refused. */
export function queryOf<S extends z.ZodObject>(c: Context, schema: S): z.output<S> {
  const given = Object.entries(c.req.queries());
  const [twice] = given.find(([, values]) => values.length > 1) ?? [];
  if (twice !== undefined) throw unfit(`\`${twice}\``, 'given once', c.req.queries(twice));
  return fitting(schema, Object.fromEntries(given.map(([name, [value]]) => [name, value])), 'The query');
}

/** A value that fits its schema. */
export function fitting<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((schema as unknown as z.ZodObject).shape);
    const fields = issue.keys.map((key) => `\`${[...issue.path, key].join('.')}\``).join(', ');
    const there = issue.path.length > 0 ? 'See GET /openapi.json' : `Known are: ${known.join(', ') || 'none'}`;
    throw new Problem(400, 'BadOption', `Unknown field ${fields}. ${there}.`);
  }
  if (issue.path.length === 0)
    throw unfit(what, issue.code === 'invalid_type' ? 'a JSON object' : issue.message, value);
  const found = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  throw unfit(`\`${issue.path.join('.')}\``, issue.message, found);
}
