/** The watchdog on a real engine: a notice may be early, late, doubled, forged or old, and can only cause a check (S11). */
import { beforeAll, describe, expect, test } from 'vitest';
import { realClock } from '../../lib/lease/clock.js';
import { type DueNotice, heed, parseNotice } from '../../lib/serverless/watchdog.js';
import { AT, by, DECLARED, officeOf, Stage } from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

const DRIFT = 0.01;
const WHOLE_MS = 10_100;
let table: TestTable;

beforeAll(async () => {
  table = await freshTable();
});

/** An election that `a` leads in term 1, at beat 0; and how its notices are handled. */
async function led(leaseMs = DECLARED.leaseMs) {
  const stage = new Stage(table);
  const office = officeOf('a');
  await stage.store.create({ office, declare: { ...DECLARED, leaseMs }, at: AT });
  const due = (parts: Partial<DueNotice['notice']> = {}, waitedMs = WHOLE_MS): DueNotice => ({
    notice: { election: stage.name, term: 1, beat: 0, attempt: office.attempt, ...parts },
    waitedMs,
  });
  const judge = (notice: DueNotice, clock = realClock) => heed(notice, { store: stage.store, clock, drift: DRIFT });
  return { stage, office, due, judge };
}

/** A clock that notes what it is asked to wait for, and lets it pass at once. */
function patientClock(meanwhile: () => Promise<unknown> = async () => {}) {
  const waits: number[] = [];
  return {
    waits,
    clock: {
      now: realClock.now,
      after: (ms: number, run: () => void) => {
        waits.push(ms);
        void meanwhile().then(run);
        return () => {};
      },
    },
  };
}

describe('a notice that is due', () => {
  test('expires the lease of a leader that has died', async () => {
    const { stage, due, judge } = await led();
    expect(await judge(due())).toBe('expired');
    expect(await stage.store.read()).toMatchObject({
      term: 1,
      beat: 1,
      reason: 'expired',
      previous: 'a',
      transition: 'expired',
    });
    expect((await stage.store.read())?.holder).toBeUndefined();
  });

  // Caught: an expiry whose first answer was lost counts as a leader that lives.
  test('doubled, the second is void', async () => {
    const { due, judge } = await led();
    expect(await judge(due())).toBe('expired');
    expect(await judge(due())).toBe('void');
  });

  // Caught: the version that the notice names, not the one that was read: then a heartbeat that never landed shields a
  // dead leader for ever.
  test('of a heartbeat that never landed, expires the version that stands there', async () => {
    const { due, judge } = await led();
    expect(await judge(due({ beat: 3 }))).toBe('expired');
  });

  test.each([
    ['of an earlier beat', { beat: 0 }],
    ['of an earlier term', { term: 0 + 1, attempt: 'another' }],
    ['of a later term, under an attempt that was never applied', { term: 2 }],
  ])('%s is void, and writes nothing', async (_title, parts) => {
    const { stage, office, due, judge } = await led();
    await stage.store.renew({ ...by(office), beat: 1, at: AT });
    expect(await judge(due(parts))).toBe('void');
    expect(await stage.store.read()).toMatchObject({ holder: 'a', beat: 1 });
  });

  // Caught: a clone that is cut off mails the notice of a beat that the other clone writes later: the leader was expired early.
  test('of a writer that does not know the mark of the record is void; of one that knows it, or says nothing, it counts', async () => {
    const { stage, office, due, judge } = await led();
    await stage.store.renew({ office, marks: { known: [office.attempt], next: 'of the clone' }, beat: 1, at: AT });
    expect(await judge(due({ beat: 1, marks: [office.attempt, 'of the other'] }))).toBe('void');
    expect(await stage.store.read()).toMatchObject({ holder: 'a', beat: 1 });
    expect(await judge(due({ beat: 1, marks: [office.attempt, 'of the clone'] }))).toBe('expired');
    const older = await led();
    expect(await older.judge(older.due())).toBe('expired');
  });

  test('is void where there is no record, and after a resignation', async () => {
    const { stage, office, due, judge } = await led();
    expect(await judge({ ...due(), notice: { ...due().notice, term: 9 } })).toBe('void');
    await stage.store.resign({ ...by(office), beat: 1, at: AT });
    expect(await judge(due({ beat: 1 }))).toBe('void');
    const empty = new Stage(table);
    expect(await heed(due(), { store: empty.store, clock: realClock, drift: DRIFT })).toBe('void');
  });
});

describe('a notice that is early', () => {
  // Caught: a notice sent without its delay deposes a leader that lives (two leaders).
  test.each([0, WHOLE_MS - 2_001, -5_000])('after %d ms in its queue is discarded', async (waitedMs) => {
    const { stage, due, judge } = await led();
    const { clock, waits } = patientClock();
    expect(await judge(due({}, waitedMs), clock)).toBe('early');
    expect(waits).toEqual([]);
    expect((await stage.store.read())?.holder).toBe('a');
  });

  // Caught: the whole seconds of the delay taken for the whole of the lease.
  test('by up to 2 s, the rest is waited out, with the drift of its own clock', async () => {
    const { due, judge } = await led();
    const { clock, waits } = patientClock();
    expect(await judge(due({}, 10_000), clock)).toBe('expired');
    expect(waits[0]).toBeGreaterThan(100);
    expect(waits[0]).toBeLessThan(103);
  });

  test("the record's lease counts, not the one that the notice was delayed for", async () => {
    const { due, judge } = await led(20_000);
    expect(await judge(due())).toBe('early');
  });

  test('a heartbeat that lands while the rest is waited out keeps the lease', async () => {
    const { stage, office, due, judge } = await led();
    const { clock } = patientClock(() => stage.store.renew({ ...by(office), beat: 1, at: AT }));
    expect(await judge(due({}, 10_000), clock)).toBe('renewed');
    expect(await stage.store.read()).toMatchObject({ holder: 'a', beat: 1 });
  });
});

test('a record that cannot be read is an error that says so', async () => {
  const { stage, due, judge } = await led();
  await table.set(stage.name, 'leaseMs', { S: 'ten' });
  await expect(judge(due())).rejects.toMatchObject({ code: 'MalformedRecord' });
});

describe('reading a message', () => {
  const TIMES = { SentTimestamp: '1000', ApproximateFirstReceiveTimestamp: '11000' };
  const NOTICE = { election: 'billing', term: 3, beat: 0, attempt: 'x' };
  const message = (body: unknown, attributes: object = TIMES) => ({
    messageId: 'm',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes,
  });

  test('the notice, and how long the queue held it', () => {
    expect(parseNotice(message(NOTICE))).toEqual({ notice: NOTICE, waitedMs: 10_000 });
  });

  test.each<[string, unknown, RegExp]>([
    ['no JSON', 'hello', /JSON of a notice.*"hello"/],
    ['no object', 'null', /the whole is wrong/],
    ['a missing field', { ...NOTICE, attempt: undefined }, /attempt is wrong/],
    ['a term that is no number', { ...NOTICE, term: '3' }, /term is wrong/],
    ['a beat below zero', { ...NOTICE, beat: -1 }, /beat is wrong/],
    ['a fraction', { ...NOTICE, beat: 0.5 }, /beat is wrong/],
    ['a name that is not one', { ...NOTICE, election: 'a#b' }, /election is wrong/],
    ['a field that nobody knows', { ...NOTICE, leaseMs: 1 }, /the whole is wrong/],
  ])('%s is refused, and shown', (_title, body, expected) => {
    expect(parseNotice(message(body))).toEqual({ malformed: expect.stringMatching(expected) });
  });

  // Caught: a message without its times counts as one that has waited for ever.
  test.each([[{}], [{ SentTimestamp: '1000' }], [{ ...TIMES, SentTimestamp: 'soon' }]])(
    'times %j are refused',
    (times) => {
      expect(parseNotice(message(NOTICE, times))).toEqual({ malformed: expect.stringMatching(/two times/) });
    },
  );
});
