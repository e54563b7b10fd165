/** A candidate that is a function, and a user's function that runs in the leader alone: invocations on a real engine. */
import { describe, expect, vi } from 'vitest';
import { heartbeater, type Leadership, leaderOnly, type MetricName, type MetricSink, meter } from '../../lib/index.js';
import { METRICS } from '../../lib/names/metrics.js';
import { buryMalformed } from '../../lib/serverless/dead-letters.js';
import { parseWake, relayAfterMs } from '../../lib/serverless/heartbeater.js';
import { beforeTheEnd } from '../../lib/serverless/lambda.js';
import { type Candidate, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** A request may take more than a second: no invocation fails, and no lease is lost, because the machine is busy. */
const PATIENT = { leaseMs: 6_000, renewMs: 1_200, requestTimeoutMs: 1_200 };

/** An invocation that has so much time left, counting down as Lambda does. */
function invocation(timeoutMs = 60_000) {
  const end = performance.now() + timeoutMs;
  return { getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())) };
}

const TICK = {
  version: '0',
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  detail: {},
  time: '2026-11-21T07:00:00Z',
};
const vacancy = (election: string, type = 'Leader Expired') => ({
  source: 'tenure',
  'detail-type': type,
  detail: { format: 1, election, term: 3, beat: 7, at: 1, previous: 'x' },
});

function notebook() {
  const values: [MetricName, number][] = [];
  let flushes = 0;
  const flush = () => {
    flushes += 1;
  };
  const sink: MetricSink = { add: (name, value) => void values.push([name, value]), flush };
  const of = (name: MetricName) => values.filter(([n]) => n === name).map(([, value]) => value);
  return { sink, values, of, flushes: () => flushes };
}

const handlerOf = (candidate: Candidate, work: (leadership: Leadership) => unknown, options: object = {}) =>
  heartbeater(work, { election: candidate.election, mode: 'always', ...options });

describe('what woke a heartbeater', () => {
  test('is the tick, a vacancy of its election, or a call by hand', () => {
    expect(parseWake(TICK, 'billing')).toBe('tick');
    for (const type of ['Leader Expired', 'Leader Revoked']) {
      expect(parseWake(vacancy('billing', type), 'billing')).toBe('vacancy');
    }
    expect(parseWake(vacancy('billing', 'Leader Resigned'), 'billing')).toBe('resignation');
    expect(parseWake({}, 'billing')).toBe('call');
  });

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /got undefined/],
    ['a text', 'tick', /got "tick"/],
    ['another event of the bus', vacancy('billing', 'Leader Elected'), /Leader Elected/],
    [
      'an event of another election',
      vacancy('mailing'),
      /expects events of election "billing", but got one of "mailing"/,
    ],
    ['a vacancy without its version', { ...vacancy('billing'), detail: { election: 'billing' } }, /detail/],
    ['a tick that somebody else sent', { ...TICK, source: 'mine' }, /minute tick/],
    ['anything else', { wake: true }, /wake/],
  ])('%s is refused, and shown', (_title, event, expected) => {
    expect(parseWake(event, 'billing')).toEqual({ malformed: expect.stringMatching(expected) });
  });

  test('what is malformed goes where the options say, and nothing is sent to the table', async ({ scene }) => {
    const a = scene.candidate();
    const buried: unknown[] = [];
    const handler = handlerOf(a, untilAborted, { onMalformed: (event: unknown) => void buried.push(event) });
    expect(await handler('garbage', invocation())).toMatchObject({ led: false, why: expect.stringMatching(/garbage/) });
    expect(buried).toEqual(['garbage']);
    await expect(handlerOf(a, untilAborted)('garbage', invocation())).rejects.toMatchObject({ code: 'BadOption' });
    expect(a.requests).toEqual([]);
    expect(await handler({}, invocation(3_000))).toMatchObject({ led: true }); // the next good one is handled
  });

  test('the mode is the one of the environment, or always; the election too', async ({ scene }) => {
    const a = scene.candidate();
    vi.stubEnv('TENURE_MODE', 'duty');
    const onDuty = heartbeater(() => {}, { election: a.election });
    vi.stubEnv('TENURE_MODE', undefined);
    const always = heartbeater(() => {}, { election: a.election });
    expect(await onDuty(vacancy(scene.name, 'Leader Resigned'), invocation())).toMatchObject({ led: false });
    expect(await always(vacancy(scene.name, 'Leader Resigned'), invocation())).toMatchObject({ led: true });
    await expect(heartbeater(() => {})({}, invocation())).rejects.toThrow(/TENURE_ELECTION must be set/);
    vi.unstubAllEnvs();
  });

  test('an unknown mode is refused when the function is loaded', async ({ scene }) => {
    expect(() => handlerOf(scene.candidate(), untilAborted, { mode: 'sometimes' })).toThrow(/"sometimes"/);
  });
});

test.each([
  [900_000, 700_000],
  [300_000, 100_000],
  [150_000, 50_000],
])('a runner with %d ms is relieved after %d ms', (timeoutMs, afterMs) => {
  expect(relayAfterMs(timeoutMs)).toBe(afterMs);
});

describe.concurrent('a heartbeater', () => {
  // Caught: a leader that is cut off by its time-out, and costs the others a lease.
  test('leads until shortly before its end, and vacates', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const began = performance.now();
    expect(await handlerOf(a, untilAborted)(TICK, invocation(6_000))).toEqual({ led: true, term: 1, reason: 'closed' });
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(4_400);
    expect(took).toBeLessThan(6_000);
    expect(await a.office()).toMatchObject({ holder: undefined, reason: 'resigned', successor: undefined });
  });

  test('ends at once where somebody leads, and counts itself and the leader as seen', async ({ scene }) => {
    const [a, b] = [scene.candidate(PATIENT), scene.candidate(PATIENT)];
    await a.lead();
    const { sink, values, flushes } = notebook();
    const result = await handlerOf(b, untilAborted, { sink })(TICK, invocation());
    expect(result).toEqual({ led: false, why: 'a leads term 1' });
    expect(values).toEqual([
      ['Ticks', 1],
      ['Candidates', 1],
      ['LeaderSeen', 1],
    ]);
    expect(flushes()).toBe(1);
  });

  test('relieves its earlier invocation, whose work stops first', async ({ scene }) => {
    const a1 = scene.candidate({ ...PATIENT, id: 'a' });
    const a2 = scene.candidate({ ...PATIENT, id: 'a', build: 'new' });
    const first = handlerOf(a1, untilAborted)(TICK, invocation());
    await until('the first leads', () => a1.seen('elected').length === 1);
    const second = handlerOf(a2, untilAborted)(TICK, invocation(8_000));
    expect(await first).toEqual({ led: true, term: 1, reason: 'yielded' });
    expect(await second).toEqual({ led: true, term: 2, reason: 'closed' });
  });

  // Caught: a duty whose own resignation wakes it again, more than once a second, for ever.
  test('on duty: a resignation begins no duty, a lost leader does', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const handler = handlerOf(a, () => {}, { mode: 'duty' });
    const resigned = await handler(vacancy(scene.name, 'Leader Resigned'), invocation());
    expect(resigned).toEqual({ led: false, why: 'a duty begins with the tick' });
    expect(a.requests).toEqual([]);
    expect(await handler(vacancy(scene.name), invocation())).toMatchObject({ led: true });
  });

  test('on duty: works, and keeps the office for its next invocation', async ({ scene }) => {
    const [a, b] = [scene.candidate(PATIENT), scene.candidate(PATIENT)];
    const done: string[] = [];
    const on = (one: Candidate) => handlerOf(one, ({ id, term }) => void done.push(`${id} ${term}`), { mode: 'duty' });
    for (const term of [1, 2]) {
      expect(await on(a)(TICK, invocation())).toEqual({ led: true, term, reason: 'resigned' });
      expect(await on(b)(TICK, invocation())).toEqual({ led: false, why: 'the office is reserved for a' });
    }
    expect(done).toEqual(['a 1', 'a 2']);
  });
});

describe.concurrent('leaderOnly()', () => {
  const only = <E, R>(one: Candidate, handler: (event: E, leadership: Leadership) => R | Promise<R>) =>
    leaderOnly(one.election, handler, { otherwise: ({ successor, holder }) => `not me, but ${holder ?? successor}` });

  test('calls the handler in the leader, with event and leadership, and returns what it returns', async ({ scene }) => {
    const [a, b] = [scene.candidate(PATIENT), scene.candidate(PATIENT)];
    const handle = ({ n }: { n: number }, { id, term }: Leadership) => `${id} did ${n} in term ${term}`;
    expect(await only(a, handle)({ n: 1 }, invocation())).toBe('a did 1 in term 1');
    expect(await only(b, handle)({ n: 1 }, invocation())).toBe('not me, but a');
    expect(await only(a, handle)({ n: 2 }, invocation())).toBe('a did 2 in term 2');
    expect(await leaderOnly(b.election, handle)({ n: 2 }, invocation())).toBeUndefined();
  });

  // Caught: a function on the event bus that its own resignations wake, more than once a second, for ever.
  test('a resignation that wakes it begins nothing', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const handler = only(a, () => 'worked');
    expect(await handler(vacancy(scene.name, 'Leader Resigned'), invocation())).toMatch(/not me/);
    expect(await handler(vacancy('another', 'Leader Resigned'), invocation())).toBe('worked');
    expect(await handler(vacancy(scene.name, 'Leader Expired'), invocation())).toBe('worked');
  });

  // Caught: two overlapping invocations of one schedule that both work.
  test('of many that are woken at once, one works', async ({ scene }) => {
    const many = Array.from({ length: 5 }, () => scene.candidate(PATIENT));
    let working = 0;
    let most = 0;
    const handle = async (_: unknown, { signal }: Leadership) => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setTimeout(resolve, 300));
      working -= 1;
      return !signal.aborted;
    };
    const results = await Promise.all(many.map((one) => only(one, handle)({}, invocation())));
    expect(most).toBe(1);
    expect(results.filter((result) => result === true)).toHaveLength(1);
  });

  // Caught: an error that is swallowed, so that Lambda counts the invocation as done; an office that nobody gives back.
  test('what the handler throws fails the invocation, after the office was given back', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const failing = only(a, () => {
      throw new RangeError('no such invoice');
    });
    await expect(failing({}, invocation())).rejects.toThrow(RangeError);
    expect(await a.office()).toMatchObject({ holder: undefined, successor: 'a' });
    expect(a.troubles()).toEqual([]);
    expect(await only(a, () => 'again')({}, invocation())).toBe('again');
  });

  // Caught: an invocation that counts as done although its work goes on, and is frozen in the middle of it.
  test('work that does not stop when it has to fails the invocation', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const endless = only(a, () => new Promise(() => {}));
    await expect(endless({}, invocation(4_000))).rejects.toThrow(/did not stop when its signal aborted/);
    await until('the report', () => a.troubles().includes('WorkOverran'));
  });

  test('the work has to stop before its invocation has no time left', async ({ scene }) => {
    const a = scene.candidate(PATIENT);
    const context = invocation(6_000);
    const left = await only(a, async (_, leadership) => {
      await untilAborted(leadership);
      return context.getRemainingTimeInMillis();
    })({}, context);
    expect(left).toBeGreaterThan(0);
    expect((await a.office()).holder).toBeUndefined();
  });
});

test('the margin before the end is a quarter of the time, and never more than 10 s', async () => {
  const asked: number[] = [];
  const end = beforeTheEnd({
    getRemainingTimeInMillis: () => {
      asked.push(1);
      return 40;
    },
  });
  await until('the end', () => end.signal.aborted, { everyMs: 1 });
  expect(asked).toHaveLength(1);
  const far = beforeTheEnd({ getRemainingTimeInMillis: () => 900_000 });
  expect(far.signal.aborted).toBe(false);
  far.cancel();
});

describe.concurrent('the meter', () => {
  test('emits latency, what was left, lost answers, refused writes: each a name of the table', async ({ scene }) => {
    const proxy = await scene.proxy();
    const a = scene.candidate({ via: proxy });
    const { sink, of, values, flushes } = notebook();
    const stop = meter(a.election, sink);
    const leadership = await a.lead();
    await until('two heartbeats', () => a.seen('heartbeat').length >= 2);
    proxy.next(({ op }) => op === 'UpdateItem', { kind: 'hang' }, { times: 2 });
    await until('a lost answer', () => of('UnknownOutcomes').length > 0);
    const stamped = { S: undefined, [`fence:${scene.name}`]: { N: '9' } };
    const error = Object.assign(new Error(), { name: 'ConditionalCheckFailedException', Item: stamped });
    expect(leadership.fence.refused(error)).toBe(true);
    expect(a.seen('heartbeat').length).toBe(of('HeartbeatLatency').length);
    expect(of('LeaseLeft').every((left) => left > 0)).toBe(true);
    expect(of('RefusedFencedWrites')).toEqual([1]);
    for (const [name] of values) expect(METRICS).toHaveProperty(name);
    stop();
    expect(flushes()).toBe(1);
    const before = values.length;
    await leadership.resign();
    expect(values.length).toBe(before);
  });

  // Caught: a line of log for every heartbeat; a standby that counts as a leader; a function that is counted twice.
  test('flushes once a minute, with a sign of life', async ({ scene }) => {
    const [a, b] = [scene.candidate(), scene.candidate()];
    const minutes: (() => void)[] = [];
    const clock = {
      now: () => ({ mono: 0, wall: 0 }),
      after: (ms: number, run: () => void) => {
        expect(ms).toBe(60_000);
        minutes.push(run);
        return () => {};
      },
    };
    const [leader, standby, called] = [notebook(), notebook(), notebook()];
    meter(a.election, leader.sink, { clock });
    meter(b.election, standby.sink, { clock });
    meter(a.election, called.sink, { clock, alive: false });
    await a.lead();
    for (const minute of minutes.splice(0)) minute();
    expect([leader.of('LeaderSeen'), leader.of('Candidates'), leader.flushes()]).toEqual([[1], [1], 1]);
    expect([standby.of('LeaderSeen'), standby.of('Candidates'), standby.flushes()]).toEqual([[], [1], 1]);
    expect([called.of('LeaderSeen'), called.of('Candidates'), called.flushes()]).toEqual([[1], [], 1]);
    expect(minutes).toHaveLength(3); // the next one is under way
  });

  test('other errors are left alone', async ({ scene }) => {
    const a = scene.candidate({ tableName: 'no-such-table' });
    const { sink, values } = notebook();
    meter(a.election, sink);
    await expect(a.election.tryRun(() => {})).rejects.toThrow();
    expect(a.seen('error').length).toBeGreaterThan(0);
    expect(values).toEqual([]);
  });

  test('counts a table that was rewound', async ({ scene }) => {
    const a = scene.candidate();
    const { sink, of } = notebook();
    meter(a.election, sink);
    await a.election.tryRun(() => {});
    await a.election.tryRun(() => {}, { successor: 'a' });
    await scene.table.set(scene.name, 'term', { N: '1' });
    await a.election.leader();
    expect(of('TermFell')).toEqual([1]);
  });
});

describe('burying what is malformed', () => {
  const bury = async (what: unknown, reason = 'because') => {
    const sent: { body: string; attributes: Record<string, string> }[] = [];
    await buryMalformed(async (body, attributes) => void sent.push({ body, attributes }), what, 'watchdog', reason);
    return sent[0]!;
  };

  test('whole, with its source and its reason', async () => {
    expect(await bury('{"a":')).toEqual({ body: '{"a":', attributes: { source: 'watchdog', reason: 'because' } });
    expect((await bury({ a: [1, 'ü'] })).body).toBe('{"a":[1,"ü"]}');
  });

  // Caught: a message that SQS refuses, so that what cannot be read is tried again until it blocks the shard.
  test('as text that a queue takes: never empty, no control characters, a reason of bounded length', async () => {
    expect((await bury('')).body).toBe('""');
    expect((await bury(undefined)).body).toBe('undefined');
    expect((await bury('a\u0000b\uffff\n\ud800')).body).toBe('a\\u0000b\\uffff\n\ufffd');
    expect((await bury('x', 'r'.repeat(5_000))).attributes.reason).toHaveLength(1_000);
  });
});
