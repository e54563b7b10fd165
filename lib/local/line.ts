/**
 * A candidate's own line to the engine, which can be cut and mended: a network partition of that one process. While it is
 * cut nothing passes in either direction and nobody is told, as where a cable is pulled. What was sent meanwhile comes
 * late, when the line is mended, unless its sender has hung up: TCP sends again what was lost.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Line {
  /** What the candidate is given instead of the engine's own endpoint. */
  readonly endpoint: string;
  readonly isCut: boolean;
  cut(): void;
  mend(): void;
  /** Ends all connections. */
  close(): void;
}

/** One connection through the line: what comes at `from` goes out at `to`. */
interface Way {
  readonly from: Socket;
  readonly to: Socket;
}

/** Whether a line can stand before an engine: one that is spoken to by TLS is known by its own name. */
export function canHaveLine(endpoint: string): boolean {
  return new URL(endpoint).protocol === 'http:';
}

/** Opens a line to the engine at `endpoint`, on a port of its own of this machine. */
export async function openLine(endpoint: string): Promise<Line> {
  const { hostname, port } = new URL(endpoint);
  const far = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
  const ways = new Set<Way>();
  let isCut = false;

  const open = (from: Socket, to: Socket) => {
    const way = { from, to };
    ways.add(way);
    if (!isCut) from.pipe(to);
    // A broken one is closed as well: that is all there is to do.
    from.on('error', () => {});
    from.once('close', () => {
      ways.delete(way);
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
  // The cluster's processes keep this one alive, not their lines.
  server.unref();

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get isCut() {
      return isCut;
    },
    cut() {
      isCut = true;
      for (const { from, to } of ways) from.unpipe(to).pause();
    },
    mend() {
      if (!isCut) return;
      isCut = false;
      for (const { from, to } of ways) from.pipe(to);
    },
    close() {
      server.close();
      for (const { from } of ways) from.destroy();
    },
  };
}
