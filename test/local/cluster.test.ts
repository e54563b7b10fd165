/** A partition of one process of the cluster, on a real engine: what it believes, who leads, and how it comes back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterCandidate } from '../../lib/local/cluster-candidate.js';
import { startTestCluster, type TestCluster } from '../console/test-cluster.js';
import { until } from '../support/until.js';
import { PATIENT_MS } from './helpers.js';

const PATIENT = { limitMs: PATIENT_MS };

let local: TestCluster;

beforeAll(async () => {
  local = await startTestCluster({ candidates: 3 });
});
afterAll(() => local?.close());

/** A leader at work, with everybody else in the line. */
const settled = () =>
  until(
    'a leader with standbys',
    () => {
      const { leader, alive } = local.cluster;
      const others = alive.filter((candidate) => candidate !== leader);
      const isAtWork = leader?.wroteIn === leader?.term && others.every(({ status }) => status === 'standby');
      return isAtWork ? leader : undefined;
    },
    PATIENT,
  );

const successorOf = ({ term }: ClusterCandidate) =>
  until('another leader', () => ((local.cluster.leader?.term ?? 0) > term ? local.cluster.leader : undefined), PATIENT);

test('a leader that is cut off loses its term by its own clock, another leads, and it comes back as a follower', async () => {
  const { cluster } = local;
  const leader = await settled();
  const { term, pid } = leader;
  await cluster.cutOff(leader);
  expect(leader).toMatchObject({ status: 'cut off', activity: 'leading', isCutOff: true });
  const next = await successorOf(leader);
  // It received nothing: its own clock ended the term.
  await until('the end of its term', () => leader.lost?.term === term, PATIENT);
  expect(leader.lost?.reason).toBe('expired');
  expect(next).not.toBe(leader);
  await until('a write of the next term', () => next.wroteIn > term, PATIENT);
  expect(leader.wroteIn).toBe(term);
  expect(leader).toMatchObject({ isAlive: true, isCutOff: true, pid });
  cluster.rejoin(leader);
  await until('a follower', () => leader.status === 'standby', PATIENT);
  await until('the refusal of both late writes', () => leader.refusals.length >= 2, PATIENT);
  expect(leader.refusals.map(({ by }) => by).sort()).toEqual(['check', 'stamp']);
  for (const refusal of leader.refusals) expect(refusal).toMatchObject({ term, found: next.term });
  expect(leader.lateAccepted).toEqual([]);
  expect(cluster.failure).toBeUndefined();
  expect(cluster.leader).toBe(next);
});

test('a standby that is cut off costs the leader nothing, and may be cut off while it is paused', async () => {
  const { cluster } = local;
  const leader = await settled();
  const standby = cluster.alive.find((candidate) => candidate !== leader)!;
  await cluster.pause(standby);
  await cluster.cutOff(standby);
  expect(standby).toMatchObject({ status: 'paused', isCutOff: true });
  cluster.resume(standby);
  expect(standby.status).toBe('cut off');
  const { heartbeats } = leader;
  await until('heartbeats', () => leader.heartbeats > heartbeats + 2 || !leader.isLeading, PATIENT);
  expect(leader.isLeading).toBe(true);
  cluster.rejoin(standby);
  await until('a standby again', () => standby.status === 'standby', PATIENT);
});

test('a candidate that is cut off and killed leaves nothing behind, and is cut off no more', async () => {
  const { cluster } = local;
  const leader = await settled();
  await cluster.cutOff(leader);
  await cluster.kill(leader);
  expect(leader).toMatchObject({ status: 'dead', isCutOff: false });
  await successorOf(leader);
  expect(cluster.failure).toBeUndefined();
});
