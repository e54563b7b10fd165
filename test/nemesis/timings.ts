/** The timings of a run: as short as the machine allows, for what matters is how many leases fit into a minute. */
import { resolveTimings, type Timings } from '../../lib/lease/timing.js';

export const LEAST_LEASE_MS = 1_800;
const MOST_LEASE_MS = 6_000;
const STEP_MS = 200;
/** What an election asks for: its leader's heartbeats and two standbys' reads in each lease, and its journal. */
const REQUESTS_A_LEASE = 11;
const REQUESTS_A_SECOND = 1.5;
/** Of what the engine can answer when it is asked by nobody else, so much is asked: the processes take their part too. */
const LOAD = 0.3;

/** Heartbeats come more seldom and requests may take longer than by the defaults: all processes share a core or two. */
export function timingsOf(leaseMs: number): Timings {
  const part = (of: number) => Math.floor(leaseMs * of);
  const parts = { renewMs: part(0.28), requestTimeoutMs: part(0.22), stepDownMs: part(0.11) };
  return resolveTimings({ leaseMs, ...parts });
}

const MOST_ELECTIONS = 32;
const LEAST_ELECTIONS = 4;

/** How many elections this machine can keep, at the longest lease: on a busy one, fewer. */
export function electionsFor(answersPerSecond: number): number {
  const each = REQUESTS_A_LEASE / (MOST_LEASE_MS / 1000) + REQUESTS_A_SECOND;
  return Math.min(MOST_ELECTIONS, Math.max(LEAST_ELECTIONS, Math.floor((answersPerSecond * LOAD) / each)));
}

/** The shortest lease that this machine can keep, by how many requests a second its engine answers now. */
export function leaseFor(elections: number, answersPerSecond: number): number {
  const forHeartbeats = answersPerSecond * LOAD - elections * REQUESTS_A_SECOND;
  const seconds = forHeartbeats > 0 ? (elections * REQUESTS_A_LEASE) / forHeartbeats : Number.POSITIVE_INFINITY;
  const leaseMs = Math.ceil((seconds * 1000) / STEP_MS) * STEP_MS;
  return Math.min(MOST_LEASE_MS, Math.max(LEAST_LEASE_MS, leaseMs));
}
