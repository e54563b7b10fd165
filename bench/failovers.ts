/** Crashes, closes, resignations and lost replies of one team, one after another, each at a moment of chance. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './candidate-program.js';
import { isWrite, type MeasuredCandidate, type Sent } from './measured-candidate.js';
import { HEARTBEAT_MS, LEASE_MS, type Team } from './team.js';

/** How long a loss may take to show after a lost reply: the retries of the client, and one more heartbeat. */
const SHOWS_WITHIN_MS = 2.5 * HEARTBEAT_MS;

/** From the landing of the last heartbeat plus the lease until the next leader: what a crash costs beyond the lease. */
export async function crash(team: Team): Promise<number> {
  const leader = await team.settle();
  const count = team.elections.length;
  await leader.process.end();
  await leader.ended;
  const next = team.next(count);
  const rest = team.complete(); // the replacement comes at a moment of its own, before or after the election
  const [landed, { at }] = [await leader.lastLanded(), await next];
  await rest;
  return at - landed - LEASE_MS;
}

export interface HandOver {
  /** From the old leader's last moment in office to the next leader's first. */
  readonly withoutLeader: number;
  /** From when the old leader's work had to stop: how long no work is done. */
  readonly withoutWork: number;
}

export async function handOver(team: Team, how: 'close' | 'resign'): Promise<HandOver> {
  const leader = await team.settle(4_000);
  const count = team.elections.length;
  const heard = leader.reports.length;
  if (how === 'close') void leader.process.end('SIGTERM');
  else leader.process.send('resign');
  const { at } = await team.next(count);
  const reports = leader.reports.slice(heard);
  const lost = first(reports, 'lost') ?? leader.endedAt ?? Number.NaN;
  const stopped = Math.min(first(reports, 'stopping') ?? lost, lost);
  await team.complete();
  return { withoutLeader: at - lost, withoutWork: at - stopped };
}

export interface LostReply {
  /** The healthy leader lost its term. */
  readonly lost: boolean;
  /** How long nobody led then. */
  readonly withoutLeader?: number;
  readonly why?: string;
}

/** One heartbeat is applied, and its reply never comes: the connection is reset, and the SDK tries again by itself. */
export async function loseReply(team: Team): Promise<LostReply> {
  const leader = await team.settle(4_000);
  const count = team.elections.length;
  const heard = leader.reports.length;
  const { happened } = leader.proxy.next(isWrite, { kind: 'lose-reply', by: 'reset' });
  await happened;
  const lossOf = () => leader.reports.slice(heard).find(({ is }) => is === 'lost');
  await Promise.race([leader.ended, sleep(SHOWS_WITHIN_MS)]);
  const loss = lossOf();
  if (loss === undefined && leader.isAlive) return { lost: false };
  const { at } = await team.next(count);
  await team.complete();
  return { lost: true, withoutLeader: at - (loss?.at ?? leader.endedAt ?? Number.NaN), why: loss?.why ?? 'it ended' };
}

export interface Traffic {
  readonly seconds: number;
  readonly heartbeats: number;
  readonly leader: { readonly requests: number; readonly units: number };
  /** Of all standbys together. */
  readonly standbys: {
    readonly count: number;
    readonly reads: number;
    readonly writes: number;
    readonly units: number;
  };
}

/** What a quiet stretch costs, in which nothing happens but heartbeats. */
export async function countTraffic(team: Team, quietMs: number): Promise<Traffic> {
  for (;;) {
    const leader = await team.settle(10_000);
    const elections = team.elections.length;
    const from = team.candidates.map((candidate) => ({ candidate, at: candidate.sent.length }));
    await sleep(quietMs);
    if (team.elections.length !== elections || from.some(({ candidate }) => !candidate.isAlive)) continue;
    const during = (candidate: MeasuredCandidate) =>
      candidate.sent.slice(from.find((one) => one.candidate === candidate)?.at);
    const [led, stood] = [during(leader), team.candidates.filter((one) => one !== leader).flatMap(during)];
    return {
      seconds: quietMs / 1000,
      heartbeats: led.filter((one) => isWrite(one) && one.applied).length,
      leader: { requests: led.length, units: units(led) },
      standbys: {
        count: from.length - 1,
        reads: stood.filter((one) => !isWrite(one)).length,
        writes: stood.filter(isWrite).length,
        units: units(stood),
      },
    };
  }
}

/** Capacity units: all items here are under 1 KB, so a write is one (a refused one too), and a read one, or half if eventual. */
function units(requests: readonly Sent[]): number {
  return requests.reduce((sum, one) => sum + (isWrite(one) || one.body.ConsistentRead === true ? 1 : 0.5), 0);
}

function first(reports: readonly Report[], is: Report['is']): number | undefined {
  return reports.find((report) => report.is === is)?.at;
}
