/** What ends a try, a campaign or an invocation is said there: the cause is never dropped. */
import { describe, expect } from 'vitest';
import { Election, leaderOnly } from '../../lib/index.js';
import { isCreate, isRaise, isRead, isWrite } from '../support/requests.js';
import { gate, test } from '../support/scene.js';
import { until } from '../support/until.js';

const LAMBDA = { getRemainingTimeInMillis: () => 60_000 };

describe.concurrent('a try', () => {
  // Caught: "the office was not won in time", and not a word of why.
  test('that was refused all the time says why, and so does an invocation', async ({ scene }) => {
    const proxy = await scene.proxy();
    proxy.on((request) => (isCreate(request) ? { kind: 'throttle' } : undefined));
    const a = scene.candidate({ via: proxy });
    const tried = await a.election.tryRun(() => {});
    expect(tried).toMatchObject({ led: false, cause: { code: 'RequestFailed' } });
    await expect(leaderOnly(a.election, () => {})({}, LAMBDA)).rejects.toMatchObject({
      code: 'RequestFailed',
      message: expect.stringContaining('ProvisionedThroughputExceeded'),
    });
  });

  test('that could not raise the fence in time says why', async ({ scene }) => {
    const proxy = await scene.proxy();
    proxy.on((request) => (isRaise(request) ? { kind: 'throttle' } : undefined));
    const a = scene.candidate({ via: proxy });
    const stop = new AbortController();
    const campaign = expect(a.election.campaign({ signal: stop.signal })).rejects.toMatchObject({
      code: 'RequestFailed',
      details: { reason: expect.anything() },
    });
    await until('the failure', () => a.seen('error').some(({ message }) => message.includes('Provisioned')));
    stop.abort();
    await campaign;
  });

  test('that another was quicker than has no cause', async ({ scene }) => {
    const a = scene.candidate();
    await a.lead();
    const tried = await scene.candidate().election.tryRun(() => {});
    expect(tried).toMatchObject({ led: false, why: 'a leads term 1' });
    expect(tried).not.toHaveProperty('cause');
  });

  // Caught: an option that was heeded only once something had been seen.
  test('with `keepTrying` goes on where the table cannot be read', async ({ scene }) => {
    const a = scene.candidate({ tableName: 'no-such-table' });
    const stop = new AbortController();
    const trying = a.election.tryRun(() => {}, { keepTrying: true, signal: stop.signal });
    const ended = expect(trying).rejects.toMatchObject({ code: 'TableMissing' });
    await until('three reads', () => a.requests.length >= 3);
    stop.abort();
    await ended;
  });

  // Caught: looks for a bid of which the answer said that it was not applied.
  test('that may not write ends after one look', async ({ scene }) => {
    const proxy = await scene.proxy();
    const client = scene.client(proxy);
    const send = client.send.bind(client) as (command: object, options: object) => Promise<unknown>;
    const stand = (command: object, options: object) =>
      command.constructor.name === 'UpdateItemCommand'
        ? Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
        : send(command, options);
    const a = scene.candidate({ client: Object.assign(client, { send: stand }) });
    await expect(a.election.campaign()).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(proxy.log.filter((one) => isRead(one)).length).toBeLessThanOrEqual(4); // two looks, and the fence
  });
});

describe.concurrent('leaderOnly()', () => {
  // Caught: `Busy`, out of an invocation that was only to find out that another is at work.
  test('in an invocation that overlaps with another calls `otherwise`', async ({ scene }) => {
    const a = scene.candidate();
    const { release, open } = gate();
    const handler = leaderOnly(a.election, () => release.then(() => 'worked'), {
      otherwise: (o) => `${o.holder} does`,
    });
    const first = handler({}, LAMBDA);
    await until('the first one works', () => a.election.state === 'leading');
    expect(await handler({}, LAMBDA)).toBe('a does');
    open();
    expect(await first).toBe('worked');
  });
});

describe.concurrent('an election', () => {
  // Caught: a post that throws at once, in the middle of a heartbeat: none landed any more.
  test('whose post throws leads on', async ({ scene }) => {
    const proxy = await scene.proxy();
    const post = () => {
      throw new Error('no queue');
    };
    const a = scene.candidate({ via: proxy, effects: { post } });
    const leadership = await a.lead();
    await until('heartbeats', () => a.seen('heartbeat').length >= 2);
    leadership.assertHeld();
    expect(proxy.log.filter(isWrite).length).toBeGreaterThan(2);
    expect(a.troubles()).toContain('NoticeFailed');
  });

  test('from the environment keeps what an override leaves undefined', () => {
    const env = { TENURE_ELECTION: 'billing', TENURE_TABLE: 'tenure', TENURE_CANDIDATE: 'eu' };
    expect(Election.fromEnvironment({ id: undefined }, env).id).toBe('eu');
  });
});
