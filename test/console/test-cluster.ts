/** A real engine, a cluster of processes on it, and a console beside: for the tests and the pictures. */
import { clusterSource } from '../../lib/console/cluster-source.js';
import { type Console, startConsole } from '../../lib/console/console.js';
import { createTable } from '../../lib/index.js';
import { resolveTimings } from '../../lib/lease/timing.js';
import { Cluster } from '../../lib/local/cluster.js';
import { engineClient, startEngine } from '../../lib/local/engine.js';

export const TOKEN = 'a-token-of-the-tests';
const TABLE = 'tenure-console';

export interface TestCluster {
  readonly cluster: Cluster;
  readonly client: ReturnType<typeof engineClient>;
  readonly tableName: string;
  readonly election: string;
  /** A console on the cluster; the caller closes it. */
  open(options?: { port?: number }): Promise<Console>;
  close(): Promise<void>;
}

interface TestClusterOptions {
  readonly candidates?: number;
  readonly leaseMs?: number;
  /** Of an engine that runs already. Default: one is started, and ended with the cluster. */
  readonly endpoint?: string;
  /** Default: a new name, because an engine of the environment may have elections already. */
  readonly election?: string;
}

export async function startTestCluster({
  candidates = 3,
  leaseMs = 3_000,
  ...given
}: TestClusterOptions = {}): Promise<TestCluster> {
  const engine = given.endpoint === undefined ? await startEngine({ prefer: 'dynoxide' }) : undefined;
  const endpoint = engine?.endpoint ?? given.endpoint!;
  const client = engineClient(endpoint);
  await createTable({ client, tableName: TABLE });
  const election = given.election ?? `console-${process.pid}-${Date.now().toString(36)}`;
  const timings = resolveTimings({ leaseMs });
  const cluster = new Cluster({
    endpoint,
    tableName: TABLE,
    election,
    timings,
    strangersMayKill: true,
  });
  for (let n = 0; n < candidates; n += 1) cluster.add();
  return {
    cluster,
    client,
    tableName: TABLE,
    election,
    open: ({ port = 0 } = {}) => {
      const title = `${engine?.name ?? 'an engine'} on this machine`;
      return startConsole({ source: clusterSource({ cluster, client, title }), port, token: TOKEN });
    },
    async close() {
      await cluster.close();
      client.destroy();
      await engine?.stop();
    },
  };
}
