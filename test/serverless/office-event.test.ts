/** Changes of office as events: every path through the protocol's writes, taken from what a real engine stores. */
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { Item } from '../../lib/lease/item.js';
import type { Reply } from '../../lib/lease/store.js';
import { METRICS } from '../../lib/names/metrics.js';
import { OFFICE_EVENTS, type OfficeEventType, VACANCY_EVENTS } from '../../lib/names/office-events.js';
import { type Change, changeOf, OFFICE_EVENT_SCHEMAS, type OfficeEvent } from '../../lib/serverless/office-event.js';
import { AT, by, challengerOf, DECLARED, officeOf, Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

let table: TestTable;
beforeAll(async () => {
  table = await freshTable();
});

const schemaOf = (type: OfficeEventType) => z.toJSONSchema(OFFICE_EVENT_SCHEMAS[type], { io: 'input' });
const ajv = new Ajv({ strict: true, allErrors: true });
const validators = new Map(Object.values(OFFICE_EVENTS).map((type) => [type, ajv.compile(schemaOf(type))]));

/** Every event that a test makes is held against its schema. */
function valid(event: OfficeEvent): OfficeEvent {
  const validate = validators.get(event.type)!;
  expect(validate(event.detail), JSON.stringify(validate.errors)).toBe(true);
  return event;
}

/** An election whose every write is followed by what the stream would send of it. */
class Streamed extends Stage {
  #was: Item | undefined;

  async written(write: Promise<Reply>): Promise<Change> {
    expect((await write).applied).toBe(true);
    const now = await this.item();
    const change = changeOf({ dynamodb: { Keys: { pk: now!.pk, sk: now!.sk }, OldImage: this.#was, NewImage: now } });
    this.#was = now;
    if ('malformed' in change) throw new Error(change.malformed);
    for (const event of change.events) valid(event);
    return change;
  }

  async record() {
    return (await this.store.read())!;
  }
}

const declare = DECLARED;
const types = ({ events }: Change) => events.map(({ type, detail }) => `${type} ${detail.term}.${detail.beat}`);
const metric = ({ metrics }: Change, name: string) => metrics.filter(([n]) => n === name).map(([, value]) => value);

describe('what each write publishes', () => {
  test('the first election: elected, with nothing before it', async () => {
    const s = new Streamed(table);
    const change = await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    expect(change.events).toEqual([
      { type: 'Leader Elected', detail: { format: 1, election: s.name, term: 1, beat: 0, at: AT, holder: 'a' } },
    ]);
    expect(change.metrics).toEqual([
      ['Term', 1],
      ['Elections', 1],
    ]);
  });

  test('heartbeats and proclamations publish nothing', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const change = await s.written(
      s.store.renew({ ...by(officeOf('a')), beat: 1, at: AT + 3_000, proclaim: { value: 1 } }),
    );
    expect(change).toEqual({ election: s.name, events: [], metrics: [] });
  });

  test('a resignation, and the next leader: how long nobody led', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const resigned = await s.written(s.store.resign({ ...by(officeOf('a')), beat: 1, at: AT + 100, successor: 'b' }));
    expect(resigned.events[0]).toEqual({
      type: 'Leader Resigned',
      detail: { format: 1, election: s.name, term: 1, beat: 1, at: AT + 100, previous: 'a', successor: 'b' },
    });
    expect(resigned.metrics).toEqual([]);
    const seen = await s.record();
    const next = await s.written(s.store.acquire({ seen, office: officeOf('b', 2), declare, at: AT + 350 }));
    expect(next.events[0]!.detail).toMatchObject({
      holder: 'b',
      previous: 'a',
      reason: 'resigned',
      withoutLeaderMs: 250,
    });
    expect(metric(next, 'TimeWithoutLeader')).toEqual([250]);
    expect(metric(next, 'FailoverTime')).toEqual([]);
  });

  test('an expiry by the watchdog, and the next leader', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const expired = await s.written(s.store.expire({ seen: await s.record(), at: AT + 10_150 }));
    expect(types(expired)).toEqual(['Leader Expired 1.1']);
    expect(metric(expired, 'Expirations')).toEqual([1]);
    const seen = await s.record();
    const next = await s.written(s.store.acquire({ seen, office: officeOf('b', 2), declare, at: AT + 10_500 }));
    expect(types(next)).toEqual(['Leader Elected 2.0']);
    // Nobody led from the end of the lease on, whenever that was written down.
    expect(next.events[0]!.detail).toMatchObject({ reason: 'expired', withoutLeaderMs: 500, failoverMs: 10_500 });
    expect(metric(next, 'FailoverTime')).toEqual([10_500]);
  });

  // Caught: an expiry that is never published, because a standby took over without an `expire` write.
  test('a takeover publishes both: the expiry as its write would have been, and the election', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const seen = await s.record();
    const change = await s.written(s.store.acquire({ seen, office: officeOf('b', 2), declare, at: AT + 10_200 }));
    expect(types(change)).toEqual(['Leader Expired 1.1', 'Leader Elected 2.0']);
    expect(change.events[0]!.detail).toMatchObject({ previous: 'a', at: AT + 10_200 });
    expect(metric(change, 'Expirations')).toEqual([1]);
    expect(metric(change, 'TimeWithoutLeader')).toEqual([200]);
  });

  test('a hand over: elected alone, and nobody was without a leader', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const challenger = challengerOf('b');
    // Caught: the challenge, which leaves the transition in place, published as a second election.
    const challenged = await s.written(s.store.challenge({ term: 1, holder: 'a', challenger }));
    expect(challenged.events).toEqual([]);
    const change = await s.written(s.store.handOver({ ...by(officeOf('a')), challenger, at: AT + 5_000 }));
    expect(types(change)).toEqual(['Leader Elected 2.0']);
    expect(change.events[0]!.detail).toMatchObject({
      holder: 'b',
      previous: 'a',
      reason: 'yielded',
      withoutLeaderMs: 0,
    });
    expect(metric(change, 'Elections')).toEqual([1]);
  });

  // Caught: an alarm for flapping that a relay every ten minutes sets off.
  test('a relay is not an election of a new leader', async () => {
    const s = new Streamed(table);
    await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
    const challenger = challengerOf('a');
    await s.written(s.store.challenge({ term: 1, holder: 'a', challenger }));
    const change = await s.written(s.store.handOver({ ...by(officeOf('a')), challenger, at: AT + 5_000 }));
    expect(change.events[0]!.detail).toMatchObject({ relay: true });
    expect(change.metrics).toEqual([
      ['Term', 2],
      ['Relays', 1],
    ]);
  });

  test('a revoke, and one with proof of death', async () => {
    for (const dead of [false, true]) {
      const s = new Streamed(table);
      await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
      const change = await s.written(s.store.revoke({ seen: await s.record(), dead, at: AT + 10 }));
      expect(types(change)).toEqual(['Leader Revoked 1.1']);
      expect(change.events[0]!.detail).toEqual({
        format: 1,
        election: s.name,
        term: 1,
        beat: 1,
        at: AT + 10,
        previous: 'a',
        ...(dead && { dead: true }),
      });
      expect(metric(change, 'Expirations')).toEqual(dead ? [1] : []);
    }
  });
});

describe('what cannot be read', () => {
  const image = async () => {
    const s = new Stage(table);
    await s.store.create({ office: officeOf('a'), declare, at: AT });
    return (await s.item())!;
  };
  const record = (NewImage: Item | undefined, OldImage?: Item, Keys: object = { pk: NewImage?.pk }) => ({
    dynamodb: { Keys, NewImage, OldImage },
  });

  test('is refused, and shown', async () => {
    const good = await image();
    const bad: unknown[] = [
      undefined,
      null,
      {},
      { dynamodb: null },
      record(undefined, good, { pk: good.pk }),
      record(good, undefined, { pk: { S: 'work#1' } }),
      record({ ...good, term: { S: 'one' } }),
      record({ ...good, format: { N: '2' } }),
      record({ ...good, leaseMs: { NULL: true } }),
    ];
    for (const one of bad) expect(changeOf(one)).toEqual({ malformed: expect.stringMatching(/.{20}/) });
  });

  test('before a record that somebody has mended is no reason not to publish it', async () => {
    const good = await image();
    expect(changeOf(record(good, { ...good, term: { S: 'one' } }))).toMatchObject({
      events: [{ type: 'Leader Elected' }],
    });
  });

  // Caught: a table that was restored by hand goes unnoticed.
  test('a term that fell is counted', async () => {
    const good = await image();
    const higher = { ...good, term: { N: '9' } };
    expect(changeOf(record(good, higher))).toMatchObject({
      metrics: [['TermFell', 1], ['Term', 1], expect.anything()],
    });
  });
});

describe('the schemas', () => {
  test.each(Object.values(OFFICE_EVENTS))('of %s is the one in docs/events', async (type) => {
    const document = { $id: `urn:tenure:${type.toLowerCase().replace(' ', '-')}:1`, title: type, ...schemaOf(type) };
    const file = `../../docs/events/${type.toLowerCase().replace(' ', '-')}.schema.json`;
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(file);
  });

  test('allow what a later version may add, and refuse what is wrong', () => {
    const detail = { format: 1, election: 'billing', term: 3, beat: 0, at: AT, holder: 'a' };
    const validate = validators.get('Leader Elected')!;
    expect(validate({ ...detail, region: 'eu-west-1' })).toBe(true);
    for (const wrong of [
      { term: 0 },
      { term: '3' },
      { beat: -1 },
      { holder: undefined },
      { election: 'a#b' },
      { format: 2 },
    ]) {
      expect(validate({ ...detail, ...wrong })).toBe(false);
    }
  });

  test('every vacancy event is an event of the office', () => {
    for (const type of VACANCY_EVENTS) expect(Object.values(OFFICE_EVENTS)).toContain(type);
    expect(VACANCY_EVENTS).not.toContain('Leader Elected');
  });
});

test('every metric that is emitted is in the table of metrics', async () => {
  const s = new Streamed(table);
  const change = await s.written(s.store.create({ office: officeOf('a'), declare, at: AT }));
  for (const [name] of change.metrics) expect(METRICS).toHaveProperty(name);
});
