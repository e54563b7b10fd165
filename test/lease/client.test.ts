/** The client of the lease: shared by who brings none and closed with the last of them; the user's own is never closed. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { leaseClientConfig, lendClient } from '../../lib/lease/client.js';

let destroyed: number;
beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  destroyed = 0;
  vi.spyOn(DynamoDBClient.prototype, 'destroy').mockImplementation(() => {
    destroyed += 1;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('is shared by elections of one time-out, and closed with the last of them', () => {
  const first = lendClient(undefined, 1_500);
  const second = lendClient(undefined, 1_500);
  const other = lendClient(undefined, 900);
  expect(second.client).toBe(first.client);
  expect(other.client).not.toBe(first.client);
  other.release();
  expect(destroyed).toBe(1);
  first.release();
  first.release(); // twice is once
  expect(destroyed).toBe(1);
  second.release();
  expect(destroyed).toBe(2);
});

test('is a new one after the last was closed', () => {
  const first = lendClient(undefined, 1_500);
  first.release();
  const second = lendClient(undefined, 1_500);
  expect(second.client).not.toBe(first.client);
  first.release();
  expect(destroyed).toBe(1);
  const third = lendClient(undefined, 1_500);
  expect(third.client).toBe(second.client);
  second.release();
  third.release();
});

test("the user's own is lent as it is, and never closed", () => {
  const theirs = new DynamoDBClient({ region: 'eu-west-1' });
  for (const client of [theirs, DynamoDBDocumentClient.from(theirs)]) {
    const lent = lendClient(client, 1_500);
    expect(lent.client).toBe(client);
    lent.release();
  }
  expect(destroyed).toBe(0);
});

test.each([
  [1_500, 750, 500],
  [400, 200, 200],
  [5, 2, 2],
  [1, 1, 1],
])('two attempts share a limit of %d ms: %d each, %d to connect', (limit, attemptMs, connectMs) => {
  expect(leaseClientConfig(limit)).toMatchObject({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: attemptMs, throwOnRequestTimeout: true },
  });
});

test('the settings reach the client', async () => {
  const { client, release } = lendClient(undefined, 1_000);
  expect(await client.config.maxAttempts()).toBe(2);
  release();
});
