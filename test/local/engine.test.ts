/** The engines as a user meets them: which one is chosen and why, started, reached, stopped. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { findDynamoDbLocal } from '../../lib/local/dynamodb-local.js';
import { until } from '../support/until.js';
import {
  afterwards,
  bareFolder,
  eachOnItsOwn,
  FIRST_FETCH_MS,
  isDead,
  isGone,
  PATIENT_MS,
  program,
  start,
  tablesAt,
} from './helpers.js';

const javaIsHere = !('missing' in (await findDynamoDbLocal()));

eachOnItsOwn();

describe('starting and stopping', () => {
  test('dynoxide', { timeout: PATIENT_MS }, async () => {
    const engine = await start({ engine: 'dynoxide' });
    expect(engine.name).toBe('dynoxide');
    expect(engine.line).toMatch(
      /^engine: dynoxide \S+ on http:\/\/127\.0\.0\.1:\d+ \(in memory; .*it was asked for\)$/,
    );
    expect(await tablesAt(engine.endpoint)).toEqual([]);
    await engine.stop();
    expect(isGone(engine.pid as number)).toBe(true);
    expect(await isDead(engine.endpoint)).toBe(true);
    await engine.stop();
  });

  test.skipIf(!javaIsHere)(
    'DynamoDB Local, fetched when it is not there yet',
    { timeout: FIRST_FETCH_MS },
    async () => {
      const engine = await start({ engine: 'dynamodb-local' });
      expect(engine.name).toBe('dynamodb-local');
      expect(engine.line).toMatch(/^engine: DynamoDB Local \S+ on http:\/\/127\.0\.0\.1:\d+ \(/);
      expect(await tablesAt(engine.endpoint)).toEqual([]);
      await engine.stop();
      expect(isGone(engine.pid as number)).toBe(true);
      expect(await isDead(engine.endpoint)).toBe(true);
    },
  );

  test('several at once, each on its own port', { timeout: PATIENT_MS }, async () => {
    const engines = await Promise.all([1, 2, 3].map(() => start({ engine: 'dynoxide' })));
    expect(new Set(engines.map((engine) => engine.endpoint)).size).toBe(3);
    for (const { endpoint } of engines) expect(await tablesAt(endpoint)).toEqual([]);
  });

  test('on the port asked for, or an error that says it is taken', { timeout: PATIENT_MS }, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start({ engine: 'dynoxide', port })).rejects.toThrow(`port ${port} of 127.0.0.1, which is taken`);
    taken.close();
    await once(taken, 'close');
    expect((await start({ engine: 'dynoxide', port })).endpoint).toBe(`http://127.0.0.1:${port}`);
  });

  test('one that stops by itself is no trouble to stop', { timeout: PATIENT_MS }, async () => {
    const engine = await start({ engine: 'dynoxide' });
    process.kill(engine.pid as number, 'SIGKILL');
    await until('the engine to die', () => isDead(engine.endpoint));
    await engine.stop();
  });
});

describe('choosing', () => {
  test.skipIf(!javaIsHere)('DynamoDB Local comes first', { timeout: FIRST_FETCH_MS }, async () => {
    const engine = await start();
    expect(engine.name).toBe('dynamodb-local');
    expect(engine.line).toMatch(/Java \d+ is there/);
  });

  test('dynoxide comes first if preferred', { timeout: PATIENT_MS }, async () => {
    const engine = await start({ prefer: 'dynoxide' });
    expect(engine.name).toBe('dynoxide');
    expect(engine.line).toContain('it is preferred here');
  });

  test('dynoxide when there is no Java, and the line says why', { timeout: PATIENT_MS }, async () => {
    vi.stubEnv('PATH', await bareFolder());
    const engine = await start();
    expect(engine.name).toBe('dynoxide');
    expect(engine.line).toContain('no DynamoDB Local 3.1.0: there is no java on the PATH (it needs Java 17+)');
  });

  test('Java that is too old is not good enough', { timeout: PATIENT_MS }, async () => {
    const folder = await bareFolder();
    await program(folder, 'java', `echo 'java version "1.8.0_402"' >&2`);
    vi.stubEnv('PATH', folder);
    await expect(start({ engine: 'dynamodb-local' })).rejects.toThrow(
      /no DynamoDB Local \S+: java on the PATH is Java 8 \(it needs 17\+\)\. Put Java 17\+ and Maven on the PATH, or set AWS_/,
    );
  });

  test('an unknown name is refused with the known ones', async () => {
    await expect(start({ engine: 'scylla' as never })).rejects.toThrow(
      'Unknown engine "scylla". Known are: endpoint, dynamodb-local, dynoxide.',
    );
    await expect(start({ prefer: 'endpoint' as never })).rejects.toThrow(
      'Unknown prefer "endpoint". Known are: dynamodb-local, dynoxide.',
    );
  });
});

describe('the endpoint from the environment', () => {
  test('is used as it is, and left running', { timeout: PATIENT_MS }, async () => {
    const other = await start({ engine: 'dynoxide' });
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', other.endpoint);
    const engine = await start();
    expect(engine).toMatchObject({ name: 'endpoint', endpoint: other.endpoint });
    expect(engine.line).toBe(`engine: ${other.endpoint} (AWS_ENDPOINT_URL_DYNAMODB is set; nothing was started)`);
    await engine.stop();
    expect(await tablesAt(engine.endpoint)).toEqual([]);
  });

  test('is waited for', { timeout: PATIENT_MS }, async () => {
    const server = createHttpServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    afterwards(() => server.close());
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`);
    const starting = start();
    server.listen(port, '127.0.0.1');
    expect((await starting).endpoint).toBe(`http://127.0.0.1:${port}`);
  });

  test('gives way to an engine asked for by name', { timeout: PATIENT_MS }, async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'http://127.0.0.1:1');
    expect((await start({ engine: 'dynoxide' })).name).toBe('dynoxide');
  });

  test('has to be there when asked for, and a URL', async () => {
    await expect(start({ engine: 'endpoint' })).rejects.toThrow('AWS_ENDPOINT_URL_DYNAMODB is not set');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'localhost:8000');
    await expect(start()).rejects.toThrow('AWS_ENDPOINT_URL_DYNAMODB is "localhost:8000", but has to be a URL');
  });
});
