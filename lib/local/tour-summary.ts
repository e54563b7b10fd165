/** What the tour measured, as a table for people. */
import { exactMs } from '../names/durations.js';
import type { Cluster } from './cluster.js';
import type { ClusterCandidate } from './cluster-candidate.js';
import { ALLOWANCE_MS, failoverBoundMs } from './invariants.js';

export interface Findings {
  /** From the last heartbeat that landed to the next leader's acquisition. */
  readonly failovers: { what: string; tookMs: number }[];
  /** From the vacancy to the next leader's acquisition. */
  handOverMs: number;
  quiet: { heartbeats: number; standbys: number; reads: number; writes: number } | undefined;
}

export function tourSummary({ failovers, handOverMs, quiet }: Findings, cluster: Cluster): string[] {
  const { timings } = cluster.options;
  const { leaseMs } = timings;
  const rows = failovers.map(({ what, tookMs }) => [
    what,
    exactMs(tookMs),
    exactMs(leaseMs),
    `+${exactMs(tookMs - leaseMs)}`,
  ]);
  const lines = table([['failover', 'last heartbeat to next leader', 'the lease', 'beyond it'], ...rows]);
  const bound = failoverBoundMs(timings);
  lines.push(`  (at most ${exactMs(bound)} by bound L1; ${exactMs(ALLOWANCE_MS)} more are allowed for a busy machine)`);
  const facts = [['hand-over', `nobody led for ${exactMs(handOverMs)}`]];
  if (quiet !== undefined) {
    const { heartbeats, standbys, reads, writes } = quiet;
    facts.push(
      [
        'reads',
        `${(reads / heartbeats / standbys).toFixed(2)} per heartbeat and standby (${reads} in ${heartbeats} heartbeats)`,
      ],
      ['writes', `${(writes / heartbeats).toFixed(2)} per heartbeat`],
    );
  }
  const sum = (count: (candidate: ClusterCandidate) => number) =>
    cluster.candidates.reduce((total, candidate) => total + count(candidate), 0);
  const [stamped, checked] = [sum((m) => m.accepted.stamp), sum((m) => m.accepted.check)];
  const refused = sum((m) => m.refusals.length);
  facts.push([
    'fenced writes',
    `${stamped + checked} accepted (${stamped} by stamp, ${checked} by check), ${refused} refused`,
  ]);
  return [...lines, '', ...table(facts), '', ...verdict(cluster)];
}

/** What was checked all the while, and how much of it. */
export function verdict({ invariants: { counts, violations } }: Cluster): string[] {
  const n = (count: number) => count.toLocaleString('en-US');
  const rows = [
    ['one leader at a time', `${n(counts.claims)} passings of assertHeld() compared`],
    ['terms only rise', `${n(counts.terms)} elections`],
    ['elected and lost alternate', `${n(counts.terms)} elected, ${n(counts.ends)} lost`],
    ['no old write after a new one', `${n(counts.writes)} fenced writes in order`],
    ...(counts.failovers > 0 ? [['failover within its bound', `${n(counts.failovers)} failovers`]] : []),
  ];
  const title = violations.length === 0 ? 'invariants: all held' : `invariants: BROKEN, ${violations.length} times`;
  return [title, ...table(rows), ...violations.map((sentence) => `  ${sentence}`)];
}

/** Columns as wide as their widest cell; the first is for names, the others are put after it. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd());
}
