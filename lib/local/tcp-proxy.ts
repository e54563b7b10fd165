/**
 * A TCP proxy before the engine for one candidate alone, which can be cut and mended: a network partition of that process.
 * While it is cut nothing passes in either direction, and neither side is notified, as where a cable is pulled. What was
 * sent meanwhile arrives late, when the proxy is mended, unless its sender has hung up: TCP sends again what was lost.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** What the candidate is given instead of the engine's own endpoint. */
  readonly endpoint: string;
  readonly isCut: boolean;
  cut(): void;
  mend(): void;
  /** Ends all connections. */
  close(): void;
}

/** One direction of one connection: what arrives at `from` is sent on at `to`. */
interface Direction {
  readonly from: Socket;
  readonly to: Socket;
}

/** Whether an engine can be reached through a proxy: with TLS it is known by its own name. */
export function canProxy(endpoint: string): boolean {
  return new URL(endpoint).protocol === 'http:';
}

/** Opens a proxy to the engine at `endpoint`, on a free port of this machine. */
export async function openTcpProxy(endpoint: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(endpoint);
  const far = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
  const directions = new Set<Direction>();
  let isCut = false;

  const open = (from: Socket, to: Socket) => {
    const direction = { from, to };
    directions.add(direction);
    if (!isCut) from.pipe(to);
    // A broken one is closed as well: that is all there is to do.
    from.on('error', () => {});
    from.once('close', () => {
      directions.delete(direction);
      to.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (near) => {
    const engine = connect({ ...far, allowHalfOpen: true, noDelay: true });
    open(near, engine);
    open(engine, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The cluster's processes keep this one alive, not their proxies.
  server.unref();

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get isCut() {
      return isCut;
    },
    cut() {
      isCut = true;
      for (const { from, to } of directions) from.unpipe(to).pause();
    },
    mend() {
      if (!isCut) return;
      isCut = false;
      for (const { from, to } of directions) from.pipe(to);
    },
    close() {
      server.close();
      for (const { from } of directions) from.destroy();
    },
  };
}
