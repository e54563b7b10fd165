/** An election as the environment describes it: what `connect()` sets, and what a person may get wrong. */
import { describe, expect, test } from 'vitest';
import { optionsFromEnvironment } from '../../lib/election/environment.js';
import { Election } from '../../lib/index.js';
import { ENVIRONMENT } from '../../lib/names/environment.js';

const BASE = { TENURE_ELECTION: 'billing', TENURE_TABLE: 'leases' };
const METADATA = 'http://169.254.170.2/v4/3eb5301983c54a0e8c2ee4f3bb6a4e4f-2531612879';

test('all that it may say, as options', () => {
  const env = {
    ...BASE,
    TENURE_CANDIDATE: 'a',
    TENURE_NOTICE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/notices',
    TENURE_LEASE_MS: '20000',
    TENURE_RENEW_MS: '5000',
    TENURE_STEP_DOWN_MS: '1500',
    TENURE_REQUEST_TIMEOUT_MS: '2000',
    TENURE_DRIFT: '0.02',
    TENURE_PRIORITY: '3',
    TENURE_MULTI_REGION: 'true',
  };
  expect(optionsFromEnvironment(env)).toEqual({
    name: 'billing',
    tableName: 'leases',
    id: 'a',
    noticeQueueUrl: env.TENURE_NOTICE_QUEUE_URL,
    leaseMs: 20_000,
    renewMs: 5_000,
    stepDownMs: 1_500,
    requestTimeoutMs: 2_000,
    drift: 0.02,
    priority: 3,
    multiRegion: true,
  });
});

test('what is not set, or empty, is left to the defaults; overrides win', () => {
  const election = Election.fromEnvironment(
    { id: 'mine' },
    { ...BASE, TENURE_CANDIDATE: 'theirs', TENURE_LEASE_MS: '' },
  );
  expect(election).toMatchObject({ name: 'billing', id: 'mine' });
  expect(Election.fromEnvironment({}, BASE).id).toMatch(/-\d+-[0-9a-f]{8}$/);
});

describe('on Fargate', () => {
  test('the id names the task, and each process of it is a candidate of its own', () => {
    const ids = [1, 2].map(() => optionsFromEnvironment({ ...BASE, ECS_CONTAINER_METADATA_URI_V4: METADATA }).id);
    for (const id of ids) expect(id).toMatch(/^task-3eb5301983c54a0e8c2ee4f3bb6a4e4f-[0-9a-f]{8}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('a name that was given wins; nothing is read from an address of another form', () => {
    const given = { ...BASE, TENURE_CANDIDATE: 'a', ECS_CONTAINER_METADATA_URI_V4: METADATA };
    expect(optionsFromEnvironment(given).id).toBe('a');
    const onEc2 = { ...BASE, ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2/v4/${'a'.repeat(64)}` };
    expect(optionsFromEnvironment(onEc2).id).toBeUndefined();
  });
});

test.each([
  [{ TENURE_TABLE: 't' }, /TENURE_ELECTION must be set .*connect\(\).* not set/],
  [{ ...BASE, TENURE_TABLE: '' }, /TENURE_TABLE must be set/],
  [{ ...BASE, TENURE_LEASE_MS: '10s' }, /TENURE_LEASE_MS must be a number, but is "10s"/],
  [{ ...BASE, TENURE_LEASE_MS: '-1' }, /TENURE_LEASE_MS must be a number/],
  [{ ...BASE, TENURE_PRIORITY: '0x10' }, /TENURE_PRIORITY must be a number/],
  [{ ...BASE, TENURE_MULTI_REGION: 'yes' }, /TENURE_MULTI_REGION must be `true` or `false`, but is "yes"/],
  [{ ...BASE, TENURE_NOTICE_QUEUE_URL: 'notices' }, /noticeQueueUrl.*URL of an SQS queue/],
  [{ ...BASE, TENURE_LEASE_MS: '10000', TENURE_RENEW_MS: '9000' }, /cannot survive one lost heartbeat/],
])('%j is refused by name', (env, message) => {
  expect(() => Election.fromEnvironment({}, env)).toThrow(message);
});

test('every variable has a name of its own', () => {
  const names = Object.values(ENVIRONMENT);
  expect(new Set(names).size).toBe(names.length);
});
