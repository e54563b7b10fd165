/** 6: what was heard on the bus is one unbroken chain by (term, beat), and each event is as its schema says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageRoot } from '../../../lib/local/package-root.js';
import { EVENT_SOURCE } from '../../../lib/names/office-events.js';
import type { Heard } from '../bus.js';
import type { Deployed, World } from '../world.js';

const FOLDER = join(packageRoot(), 'docs', 'events');
const ENDED_BY: Record<string, string> = {
  'Leader Resigned': 'resigned',
  'Leader Expired': 'expired',
  'Leader Revoked': 'revoked',
};

export async function chain({ report }: World, { hearing, watch, stack }: Deployed): Promise<void> {
  const { election } = stack;
  const last = watch.latest?.record;
  await hearing.until(
    `of the newest term of ${election}`,
    ({ type, detail }) => type === 'Leader Elected' && detail.term === last?.term,
  );
  const schemas = readSchemas();
  const wrong = hearing.heard.flatMap((event) => complaints(event, schemas, election));
  report.equal(`${election}: each of ${hearing.heard.length} events is as its schema says`, wrong, []);
  const { events, doubles, differing } = withoutDoubles(hearing.heard);
  report.equal(`${election}: ${doubles} doubles, none of which says anything else`, differing, []);
  report.equal(`${election}: one unbroken chain over ${last?.term} terms`, breaks(events, last?.term ?? 0), []);
  const seen = new Set(watch.sightings.map(({ record }) => record.term));
  const published = new Set(events.map(({ detail }) => detail.term));
  const missing = [...seen].filter((term) => !published.has(term));
  report.equal(`${election}: every term that the table showed was published`, missing, []);
}

/** The schemas by detail-type. */
function readSchemas(): Map<string, ValidateFunction> {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.schema.json'));
  const schemas = files.map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
  return new Map(schemas.map((schema) => [schema.title as string, ajv.compile(schema)]));
}

function complaints(event: Heard, schemas: Map<string, ValidateFunction>, election: string): string[] {
  const { type, source, detail } = event;
  const where = `${type} ${detail.term}.${detail.beat}`;
  if (source !== EVENT_SOURCE) return [`${where}: of source ${source}`];
  if (detail.election !== election) return [`${where}: of election ${detail.election}`];
  const validate = schemas.get(type);
  if (validate === undefined) return [`${where}: no schema has the title ${type}`];
  if (validate(detail)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${where}: ${instancePath} ${message}`);
}

/** Delivered at least once, in any order: put in order, and doubles dropped, by (term, beat). */
function withoutDoubles(heard: readonly Heard[]): { events: Heard[]; doubles: number; differing: Heard[] } {
  const kept = new Map<string, Heard>();
  const differing: Heard[] = [];
  for (const event of heard) {
    const key = `${event.detail.term}.${event.detail.beat}`;
    const first = kept.get(key);
    if (first === undefined) kept.set(key, event);
    else if (first.type !== event.type || JSON.stringify(first.detail) !== JSON.stringify(event.detail)) {
      differing.push(event);
    }
  }
  const events = [...kept.values()].sort((a, b) => a.detail.term - b.detail.term || a.detail.beat - b.detail.beat);
  return { events, doubles: heard.length - events.length, differing };
}

/** Where the chain is broken, in words. */
function breaks(events: readonly Heard[], newest: number): string[] {
  const found: string[] = [];
  for (let term = 1; term <= newest; term += 1) {
    const of = events.filter(({ detail }) => detail.term === term);
    const elected = of.filter(({ type }) => type === 'Leader Elected');
    if (elected.length !== 1 || elected[0]?.detail.beat !== 0) {
      found.push(
        `term ${term} was begun by ${elected.length} events with the beats ${elected.map((e) => e.detail.beat)}`,
      );
    }
    const next = events.find(({ type, detail }) => type === 'Leader Elected' && detail.term === term + 1)?.detail;
    if (next === undefined) continue;
    const ended = of.filter(({ type }) => type !== 'Leader Elected').map(({ type }) => ENDED_BY[type]);
    if (next.reason === 'yielded' ? ended.length > 0 : !ended.includes(String(next.reason))) {
      found.push(`term ${term} was ended by [${ended}], but term ${term + 1} says ${next.reason}`);
    }
    if (elected[0] !== undefined && next.previous !== elected[0].detail.holder) {
      found.push(`term ${term} was led by ${elected[0].detail.holder}, but term ${term + 1} says ${next.previous}`);
    }
  }
  return found;
}
