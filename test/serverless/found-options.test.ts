/** The entries for functions: bad input is refused where it is given, a sink that throws ends nothing, no time is no date. */
import { expect, test } from 'vitest';
import { createTable, Election, heartbeater, leaderOnly, type MetricSink, meter } from '../../lib/index.js';
import { changeOf } from '../../lib/serverless/office-event.js';

const election = new Election({ name: 'billing', tableName: 'tenure' });
const sink: MetricSink = { add: () => {}, flush: () => {} };
const nothing = () => {};

// biome-ignore lint/suspicious/noExplicitAny: what TypeScript would refuse
type Any = any;
test.each<[string, () => unknown, string]>([
  ['leaderOnly without an election', () => leaderOnly({} as Any, nothing), 'an Election'],
  ['leaderOnly without a handler', () => leaderOnly(election, undefined as Any), 'a function'],
  ['leaderOnly, an unknown option', () => leaderOnly(election, nothing, { otherwse: nothing } as Any), '`otherwse`'],
  ['leaderOnly, no function', () => leaderOnly(election, nothing, { otherwise: 3 as Any }), '`otherwise`'],
  ['heartbeater without work', () => heartbeater(undefined as Any), 'The work of heartbeater()'],
  ['heartbeater, an unknown option', () => heartbeater(nothing, { sinc: sink } as Any), '`sinc`'],
  ['heartbeater, no election', () => heartbeater(nothing, { election: {} as Any }), '`election`'],
  ['heartbeater, no sink', () => heartbeater(nothing, { sink: {} as Any }), 'The sink'],
  ['heartbeater, no hook', () => heartbeater(nothing, { onWake: 1 as Any }), '`onWake`'],
  ['meter without an election', () => meter({} as Any, sink), 'an Election'],
  ['meter without a sink', () => meter(election, undefined as Any), 'The sink'],
  ['meter, an unknown option', () => meter(election, sink, { alve: true } as Any), '`alve`'],
  ['meter, no flag', () => meter(election, sink, { alive: 1 as Any }), '`alive`'],
])('%s is refused', (_, make, named) => {
  expect(make).toThrow(expect.objectContaining({ code: 'BadOption', message: expect.stringContaining(named) }));
});

test.each<[string, Any]>([
  ['nothing', undefined],
  ['no client', { tableName: 'tenure' }],
  ['no name', { client: { send: nothing } }],
  ['an unknown option', { client: { send: nothing }, tableName: 'tenure', strem: false }],
  ['no flag', { client: { send: nothing }, tableName: 'tenure', stream: 1 }],
])('createTable with %s is refused', async (_, options) => {
  await expect(createTable(options)).rejects.toMatchObject({ code: 'BadOption' });
});

// Caught: an exception out of a timer, which ended the process.
test('a sink that throws at the minute is a warning, once, and the counting goes on', async () => {
  const minutes: (() => void)[] = [];
  const clock = {
    now: () => ({ mono: 0, wall: 0 }),
    after(_: number, run: () => void) {
      minutes.push(run);
      return nothing;
    },
  };
  const warned: string[] = [];
  const listen = ({ message }: Error) => warned.push(message);
  process.on('warning', listen);
  let throws = true;
  const flush = () => {
    if (throws) throw new Error('the disk is full');
  };
  const stop = meter(election, { add: nothing, flush }, { clock });
  for (let n = 0; n < 3; n += 1) minutes.at(-1)!();
  expect(minutes).toHaveLength(4);
  await new Promise(setImmediate);
  process.off('warning', listen);
  expect(warned).toEqual(['The sink of meter() threw: the disk is full']);
  throws = false;
  stop();
});

// Caught: `Time: new Date(at)` of the publisher, which is NaN for what JavaScript takes for no date.
test('a time that no calendar has becomes the last day of the year 9999', () => {
  const absurd = { N: `${Number.MAX_SAFE_INTEGER}` };
  const record = {
    ...{ pk: { S: 'election#billing' }, sk: { S: 'leader' }, format: { N: '1' }, term: { N: '1' }, beat: { N: '0' } },
    ...{
      holder: { S: 'a' },
      attempt: { S: 'x' },
      leaseMs: { N: '10000' },
      renewMs: { N: '3000' },
      priority: { N: '0' },
    },
    ...{ acquiredAt: absurd, renewedAt: absurd, transition: { S: 'elected' } },
  };
  const { holder, ...vacant } = { ...record, vacatedAt: absurd, transition: { S: 'resigned' }, beat: { N: '1' } };
  for (const NewImage of [record, vacant]) {
    const change = changeOf({ dynamodb: { Keys: { pk: record.pk, sk: record.sk }, NewImage } });
    if ('malformed' in change) throw new Error(change.malformed);
    expect(change.events.map(({ detail }) => new Date(detail.at).toISOString())).toEqual(['9999-12-31T00:00:00.000Z']);
  }
});
