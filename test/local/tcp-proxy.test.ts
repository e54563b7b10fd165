/** The proxy between one candidate and the engine: what passes while it is whole, while it is cut, and when it is mended. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { canProxy, openTcpProxy, type TcpProxy } from '../../lib/local/tcp-proxy.js';
import { until } from '../support/until.js';
import { afterwards, eachOnItsOwn } from './helpers.js';

eachOnItsOwn();

/** Long beside a round trip on this machine; what is to be seen is that nothing comes. */
const QUIET_MS = 200;

interface Peer {
  readonly socket: Socket;
  heard(): string;
}

function listenTo(socket: Socket): Peer {
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  socket.on('error', () => {});
  afterwards(() => socket.destroy());
  return { socket, heard: () => text };
}

/** An engine that hears all, and a proxy before it. */
async function scene(): Promise<{ proxy: TcpProxy; engine: Peer[]; dial: () => Peer }> {
  const engine: Peer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => engine.push(listenTo(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => server.close());
  const proxy = await openTcpProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  afterwards(() => proxy.close());
  return { proxy, engine, dial: () => listenTo(connect(Number(new URL(proxy.endpoint).port), '127.0.0.1')) };
}

describe('a proxy', () => {
  test('carries both ways', async () => {
    const { engine, dial } = await scene();
    const near = dial();
    near.socket.write('question');
    await until('the question', () => engine[0]?.heard() === 'question');
    engine[0]!.socket.write('answer');
    await until('the answer', () => near.heard() === 'answer');
  });

  test('that is cut carries nothing either way and neither side notices; mended, it delivers what was sent', async () => {
    const { proxy, engine, dial } = await scene();
    const near = dial();
    near.socket.write('before');
    await until('the connection', () => engine[0]?.heard() === 'before');
    proxy.cut();
    near.socket.write(', during');
    engine[0]!.socket.write('answer');
    await sleep(QUIET_MS);
    expect([engine[0]!.heard(), near.heard()]).toEqual(['before', '']);
    expect([near.socket.readyState, engine[0]!.socket.readyState]).toEqual(['open', 'open']);
    proxy.mend();
    await until('both', () => engine[0]!.heard() === 'before, during' && near.heard() === 'answer');
    near.socket.write(', after');
    await until('the rest', () => engine[0]!.heard() === 'before, during, after');
  });

  test('that is cut lets in no new connection, until it is mended', async () => {
    const { proxy, engine, dial } = await scene();
    proxy.cut();
    const near = dial();
    near.socket.write('hello');
    await sleep(QUIET_MS);
    expect(engine.map((peer) => peer.heard()).join('')).toBe('');
    proxy.mend();
    await until('the greeting', () => engine[0]?.heard() === 'hello');
  });

  test('a write whose sender gave it up while it was cut lands late all the same', async () => {
    const { proxy, engine, dial } = await scene();
    const near = dial();
    near.socket.write('a');
    await until('the connection', () => engine[0]?.heard() === 'a');
    proxy.cut();
    near.socket.end('b');
    await sleep(QUIET_MS);
    expect(engine[0]!.heard()).toBe('a');
    proxy.mend();
    await until('the late write', () => engine[0]!.heard() === 'ab');
  });

  test('ends with either end', async () => {
    const { engine, dial } = await scene();
    const first = dial();
    await until('a connection', () => engine.length === 1);
    const engineHears = once(engine[0]!.socket, 'end');
    first.socket.destroy();
    await engineHears;
    const second = dial();
    await until('another connection', () => engine.length === 2);
    const nearHears = once(second.socket, 'close');
    engine[1]!.socket.destroy();
    await nearHears;
  });

  test('an engine that is not there ends the connection', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    const proxy = await openTcpProxy(`http://127.0.0.1:${port}`);
    afterwards(() => proxy.close());
    const near = listenTo(connect(Number(new URL(proxy.endpoint).port), '127.0.0.1'));
    await once(near.socket, 'close');
  });
});

test('an engine behind TLS has no proxy: it is known by its own name', () => {
  expect(canProxy('https://dynamodb.eu-central-1.amazonaws.com')).toBe(false);
  expect(canProxy('http://[::1]:8000')).toBe(true);
});
