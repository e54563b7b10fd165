/** The console beside the cluster of `npm start`: the same processes, seen in a browser. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Cluster } from '../local/cluster.js';
import { clusterSource } from './cluster-source.js';
import { type Console, startConsole } from './console.js';

export interface BesideCluster {
  readonly cluster: Cluster;
  /** A client for the cluster's engine: it stays the caller's. */
  readonly client: DynamoDBClient;
  /** The engine, for the page's head. */
  readonly title: string;
  /** Default: a free one, so that two clusters on one machine do not meet. */
  readonly port?: number;
}

/**
 * Starts it, and resolves when it listens. Close it before the cluster.
 * @example
 * const { url, close } = await consoleBeside({ cluster, client, title: 'dynoxide' });
 */
export function consoleBeside({ cluster, client, title, port = 0 }: BesideCluster): Promise<Console> {
  return startConsole({ source: clusterSource({ cluster, client, title }), port });
}
