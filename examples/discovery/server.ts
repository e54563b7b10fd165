/**
 * Start any number of this server: one leads and answers, and the others redirect callers to it. Each is listed on the
 * roster with its address, so that the table of the election is the service registry too.
 */
// #region discovery-server
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Election, type Leadership } from 'tenure';

const { TENURE_TABLE: tableName = 'tenure', HOST: host = '127.0.0.1', PORT = '0' } = process.env;
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

const server = createServer((_request, response) => {
  answer(response).catch(() => reply(response, 503, {})); // the table cannot be reached
});
await new Promise<void>((resolve) => server.listen(Number(PORT), host, resolve));
const address = `http://${host}:${(server.address() as AddressInfo).port}`;

await using election = new Election({
  name: 'catalogue',
  tableName,
  leaseMs: Number(process.env.LEASE_MS ?? 10_000),
  rosterMs: Number(process.env.ROSTER_MS ?? 30_000),
  succession: 'seniority',
  value: { address }, // on the roster while it stands, and proclaimed from the first moment in office
});
election.on('error', (error) => console.error(error.message));
console.log(JSON.stringify({ id: election.id, address }));

let leading: Leadership | undefined;
await election.run(
  async (leadership) => {
    leading = leadership;
    const { signal } = leadership;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    leading = undefined;
  },
  { signal: stopping.signal },
);
server.close();
server.closeAllConnections();

async function answer(response: ServerResponse): Promise<void> {
  // remainingMs() looks at the clock now, so a server that was paused does not answer as the leader.
  if (leading !== undefined && leading.remainingMs() > 0) {
    return reply(response, 200, { id: election.id, term: leading.term });
  }
  const office = await election.leader(); // one strongly consistent read for each misdirected request
  const { address } = (office.value ?? {}) as { address?: string };
  if (office.holder === undefined || office.holder === election.id) return reply(response, 503, { term: office.term });
  reply(response, 421, { term: office.term, address });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  if (status === 503) response.setHeader('retry-after', '1');
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}
// #endregion
