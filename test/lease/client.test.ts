/**
 * The client of the lease: shared by the elections that want the same, and closed with the last of them. What the SDK's
 * client keeps to itself (docs/sdk-client.md) is shown here, one by one: what it can do to a lease, and what it cannot.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DynamoDBClient, type DynamoDBClientConfig, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AnyDynamoDBClient, type Lent, leaseClientConfig, lendClient } from '../../lib/lease/client.js';
import { until } from '../support/until.js';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const lend = (client?: AnyDynamoDBClient, wanted: { tableName?: string; asGiven?: boolean } = {}, limitMs = 1_500) =>
  lendClient({ tableName: 't', requestTimeoutMs: limitMs, client, ...wanted });

describe('is shared', () => {
  let destroyed: number;
  beforeEach(() => {
    destroyed = 0;
    vi.spyOn(DynamoDBClient.prototype, 'destroy').mockImplementation(() => {
      destroyed += 1;
    });
  });

  test('by elections of one time-out, and closed with the last of them', () => {
    const [first, second, other] = [lend(), lend(), lend(undefined, {}, 900)];
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

  test('by none after the last was closed: the next one is new', () => {
    const first = lend();
    first.release();
    const second = lend();
    expect(second.client).not.toBe(first.client);
    first.release();
    expect(destroyed).toBe(1);
    second.release();
  });

  test("and the user's own is never closed", () => {
    const theirs = new DynamoDBClient({ region: 'eu-west-1' });
    for (const client of [theirs, DynamoDBDocumentClient.from(theirs)]) {
      lend(client).release();
      lend(client, { asGiven: true }).release();
    }
    expect(destroyed).toBe(0);
  });

  test('but not its turns: each table has its own', () => {
    const [one, again, other] = [lend(), lend(), lend(undefined, { tableName: 'other' })];
    expect(again.gate).toBe(one.gate);
    expect(other.gate).not.toBe(one.gate);
    for (const lent of [one, again, other]) lent.release();
  });

  test('as it was given, where it is no client of the SDK or the user wants that', () => {
    const standIn = { send: () => Promise.resolve({}) } as unknown as DynamoDBClient;
    expect(lend(standIn).client).toBe(standIn);
    const theirs = new DynamoDBClient({ region: 'eu-west-1' });
    expect(lend(theirs, { asGiven: true }).client).toBe(theirs);
    expect(lend(theirs).client).not.toBe(theirs);
  });
});

test.each([
  [1_500, 750, 500],
  [400, 200, 200],
  [5, 2, 2],
  [1, 1, 1],
])('two tries share a limit of %d ms: %d each, %d to connect', (limit, tryMs, connectMs) => {
  expect(leaseClientConfig(limit)).toMatchObject({
    maxAttempts: 1,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: connectMs, requestTimeout: tryMs, throwOnRequestTimeout: true },
  });
});

describe('the hidden state of the SDK', () => {
  let server: Server;
  let endpoint: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let requests: IncomingMessage[];
  let sockets: Set<Socket>;
  let opened: number;
  const lents: Lent[] = [];

  beforeEach(async () => {
    requests = [];
    sockets = new Set();
    opened = 0;
    answer = (_, response) => response.end('{}');
    server = createServer((request, response) => {
      requests.push(request);
      request.resume().on('end', () => answer(request, response));
    });
    server.on('connection', (socket) => {
      opened += 1;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const lent of lents.splice(0)) lent.release();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  const theirs = (config: DynamoDBClientConfig = {}) =>
    new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials, ...config });
  const borrowed = (client: AnyDynamoDBClient, limitMs = 1_500) => {
    const lent = lend(client, {}, limitMs);
    lents.push(lent);
    return lent;
  };
  const get = () => new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' }, sk: { S: 'b' } } });
  const sent = (lent: Lent, signal?: AbortSignal) =>
    lent.client.send(get(), { abortSignal: signal }).then(
      () => 'answered',
      (error: Error) => error.name,
    );
  const throttled = (_: unknown, response: ServerResponse) => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: 'com.amazonaws.dynamodb#ThrottlingException', message: 'slow down' }));
  };

  test('retries and their quota: one request a try, for ever, whatever the client was made with', async () => {
    const lent = borrowed(theirs({ maxAttempts: 10 }));
    answer = (request) => request.socket.destroy();
    for (let n = 0; n < 60; n += 1) expect(await sent(lent)).not.toBe('answered');
    expect(requests).toHaveLength(60);
    answer = (_, response) => response.end('{}');
    expect(await sent(lent)).toBe('answered');
  });

  test.each(['the environment', 'the client'])(
    'the rate limiter: mode `adaptive` of %s holds nothing back',
    async (of) => {
      if (of === 'the environment') vi.stubEnv('AWS_RETRY_MODE', 'adaptive');
      const lent = borrowed(theirs(of === 'the client' ? { retryMode: 'adaptive' } : {}));
      answer = throttled;
      for (let n = 0; n < 40; n += 1) expect(await sent(lent)).toBe('ThrottlingException');
      answer = (_, response) => response.end('{}');
      expect(await sent(lent)).toBe('answered');
      expect(requests).toHaveLength(41);
    },
  );

  test('a client that is used as it was given is looked at: mode `adaptive` is reported', async () => {
    const lent = lend(theirs({ retryMode: 'adaptive' }), { asGiven: true });
    expect(await lent.unfit).toMatchObject({ code: 'BadOption', message: expect.stringContaining("'standard'") });
    expect(await lend(theirs(), { asGiven: true }).unfit).toBeUndefined();
    expect(await borrowed(theirs({ retryMode: 'adaptive' })).unfit).toBeUndefined(); // its retries are not used
    const unreadable = {
      send: () => Promise.resolve({}),
      config: { retryMode: () => Promise.reject(new Error('no')) },
    };
    expect(await lend(unreadable as unknown as DynamoDBClient).unfit).toBeUndefined();
    const plain = { send: () => Promise.resolve({}), config: { retryMode: 'adaptive' } };
    expect(await lend(plain as unknown as DynamoDBClient).unfit).toMatchObject({ code: 'BadOption' });
  });

  test('the pool of connections: an application that keeps all of its sockets busy keeps nobody else waiting', async () => {
    const client = theirs({ requestHandler: { httpAgent: { maxSockets: 2 } } });
    const held: ServerResponse[] = [];
    answer = (_, response) => void held.push(response);
    const busy = [1, 2, 3].map(() => client.send(get()));
    await until('two are under way', () => held.length === 2);
    answer = (_, response) => response.end('{}');
    expect(await sent(borrowed(client))).toBe('answered');
    for (const response of held) response.end('{}');
    await Promise.all(busy);
    client.destroy();
  });

  test('dead connections: after a try that was not answered, the next one opens a new connection', async () => {
    const lent = borrowed(theirs());
    const held: ServerResponse[] = [];
    answer = (_, response) => void held.push(response);
    const many = Array.from({ length: 5 }, () => sent(lent));
    await until('five connections are open', () => held.length === 5);
    for (const response of held) response.end('{}');
    await Promise.all(many);
    // A middle box has forgotten them all: what they bring is not answered any more, and nobody says so.
    const dead = new Set(sockets);
    answer = (request, response) => (dead.has(request.socket) ? undefined : response.end('{}'));
    const controller = new AbortController();
    const first = sent(lent, controller.signal);
    await until('it was sent', () => requests.length === 6);
    controller.abort();
    expect(await first).toBe('AbortError');
    expect([await sent(lent), opened]).toEqual(['answered', 6]);
  });

  test('the clock offset: a refusal for the time of day corrects the next try, without a retry of the SDK', async () => {
    const ahead = 3_600_000;
    const lent = borrowed(theirs());
    const timesOf = () =>
      requests.map(({ headers }) =>
        String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
      );
    answer = (_, response) => {
      response.writeHead(400, { date: new Date(Date.now() + ahead).toUTCString() });
      response.end(JSON.stringify({ __type: 'com.amazon.coral.service#RequestTimeTooSkewed', message: 'skewed' }));
    };
    expect(await sent(lent)).toBe('RequestTimeTooSkewed');
    answer = (_, response) => response.end('{}');
    expect(await sent(lent)).toBe('answered');
    const [first, second] = timesOf().map((time) => Date.parse(time));
    expect(Math.abs(second! - first! - ahead)).toBeLessThan(120_000);
  });

  test('the credential cache: a provider that fails fails one try, and is asked again by the next', async () => {
    let asked = 0;
    const provider = async () => {
      asked += 1;
      if (asked === 1)
        throw Object.assign(new Error('the metadata service is busy'), { name: 'CredentialsProviderError' });
      return { ...credentials, expiration: new Date(Date.now() + 3_600_000) };
    };
    const lent = borrowed(theirs({ credentials: provider }));
    expect([await sent(lent), await sent(lent), await sent(lent), asked]).toEqual([
      'CredentialsProviderError',
      'answered',
      'answered',
      2,
    ]);
  });

  test('the endpoint: it is settled when the client is made, and the environment changes nothing afterwards', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'x');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'y');
    const lent = lend(undefined, {}, 1_499);
    lents.push(lent);
    expect(await sent(lent)).toBe('answered');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    expect(await sent(lent)).toBe('answered');
  });

  test('DNS: a name that cannot be resolved fails the try, and the next one looks it up again', async () => {
    let asked = 0;
    const { Agent } = await import('node:http');
    const httpAgent = new Agent({
      lookup: ((_host: string, _options: unknown, done: (error: Error | null, found?: object[]) => void) => {
        asked += 1;
        if (asked === 1) done(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
        else done(null, [{ address: '127.0.0.1', family: 4 }]);
      }) as never,
    });
    const { port } = server.address() as AddressInfo;
    const lent = borrowed(theirs({ endpoint: `http://table.test:${port}`, requestHandler: { httpAgent } }));
    expect(await sent(lent)).not.toBe('answered');
    expect([await sent(lent), asked]).toEqual(['answered', 2]);
  });

  test("the user's middleware is used: a header that a proxy wants is sent with the lease's requests, too", async () => {
    const client = theirs();
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-team'] = 'billing';
        return next(args);
      },
      { step: 'build' },
    );
    expect(await sent(borrowed(DynamoDBDocumentClient.from(client)))).toBe('answered');
    expect(requests[0]?.headers['x-team']).toBe('billing');
  });
});
