/**
 * The lease's own DynamoDB client. A heartbeat needs short time-outs and few retries, which no application wants for
 * its other calls: so unless the user brings a client, elections share one of ours. It is closed with the last of them.
 */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Gate } from './gate.js';

/** A client of the user's: the plain one, or the document client. */
export type AnyDynamoDBClient = DynamoDBClient | DynamoDBDocumentClient;

/** How many requests go at a time through one client, and how many of them may be looks and bids. */
const AT_A_TIME = { most: 128, others: 32 };

/**
 * The settings that a lease wants of its client: two attempts, each of half the limit that a whole call gets (section 4),
 * and time-outs that end the request instead of only logging.
 *
 * @param requestTimeoutMs the limit of one call with all its attempts, in milliseconds
 * @example new DynamoDBClient({ ...leaseClientConfig(1500), region: 'eu-west-1' })
 */
export function leaseClientConfig(requestTimeoutMs: number): DynamoDBClientConfig {
  const attemptMs = Math.max(1, Math.floor(requestTimeoutMs / 2));
  return {
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: Math.min(500, attemptMs),
      requestTimeout: attemptMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: AT_A_TIME.most },
      httpsAgent: { maxSockets: AT_A_TIME.most },
    },
  };
}

/** A client, what its elections share besides, and the way to say that it is not needed any more. */
export interface Lent {
  readonly client: DynamoDBClient;
  readonly gate: Gate;
  release(): void;
}

const gates = new WeakMap<object, Gate>();

/** The gate of a client: one for all elections that use it. */
function gateOf(client: object): Gate {
  const gate = gates.get(client) ?? new Gate(AT_A_TIME.most, AT_A_TIME.others);
  gates.set(client, gate);
  return gate;
}

const shared = new Map<number, { client: DynamoDBClient; users: number }>();

/** The user's client, never closed by us; or else the one that all elections with this time-out share. */
export function lendClient(theirs: AnyDynamoDBClient | undefined, requestTimeoutMs: number): Lent {
  // Both kinds of client send the plain commands: only the document client's own commands translate their values.
  if (theirs !== undefined) return { client: theirs as DynamoDBClient, gate: gateOf(theirs), release: () => {} };
  const entry = shared.get(requestTimeoutMs) ?? {
    client: new DynamoDBClient(leaseClientConfig(requestTimeoutMs)),
    users: 0,
  };
  entry.users += 1;
  shared.set(requestTimeoutMs, entry);
  let lent = true;
  return {
    client: entry.client,
    gate: gateOf(entry.client),
    release() {
      if (!lent) return;
      lent = false;
      entry.users -= 1;
      if (entry.users > 0) return;
      shared.delete(requestTimeoutMs);
      entry.client.destroy();
    },
  };
}
