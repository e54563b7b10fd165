/** What simulated worlds have shown, in words. Pure: the same worlds give the same words. */
import { resolveTimings } from '../../lease/timing.js';
import { showMs } from '../../names/durations.js';
import type { LogEntry, LogKind } from '../../simulation/event-log.js';
import type { Cause } from '../../simulation/failovers.js';
import type { Plan, Settings } from '../../simulation/settings.js';
import { MOST_READS, type Totals } from '../../simulation/totals.js';
import type { Style } from '../style.js';
import { inColumns } from '../style.js';

export const grouped = (n: number): string => Math.round(n).toLocaleString('en');

/** What was summed over many worlds. */
export function totalsLines(totals: Totals): string[] {
  const { sums, readsAtRest, violated } = totals;
  return inColumns([
    ['elections', grouped(sums.elections)],
    ['relays', grouped(sums.relays)],
    ['simulated time', longTime(sums.simulatedMs)],
    ['events', grouped(sums.events)],
    ['fenced writes refused', grouped(sums.refusedStamps)],
    ...injectedRows(totals),
    ['reads a heartbeat and standby, at rest', readsAtRest === undefined ? 'none seen' : readsAtRest.toFixed(3)],
    ['worlds with a violation', grouped(violated.length)],
  ]);
}

/** How often each fault has struck. */
const injectedRows = ({ injected }: Totals): string[][] =>
  injected.map(([kind, count]) => [`  ${kind}`, grouped(count)]);

/** The same, for one world. */
export function injectedLines(totals: Totals): string[] {
  const rows = injectedRows(totals);
  return rows.length === 0 ? ['nothing went wrong'] : ['what went wrong, requests and all', ...inColumns(rows)];
}

const YEAR_MS = 31_557_600_000;
const longTime = (ms: number): string => (ms >= YEAR_MS / 10 ? `${(ms / YEAR_MS).toFixed(2)} years` : showMs(ms));

const AFTER: Readonly<Record<Cause, string>> = {
  crash: 'a crash',
  standstill: 'a standstill',
  expired: 'a lease run out',
  revoked: 'a revoke',
  resigned: 'a resignation',
  'handed over': 'a hand-over',
};

/** @param inMs where all leases were the same; in leases otherwise */
export function spreadLines(totals: Totals, inMs: boolean): string[] {
  const rows = totals.spreads.map(({ cause, times, ms, leases }) => {
    const shown = inMs
      ? [ms.p50, ms.p90, ms.max].map(preciseMs)
      : [leases.p50, leases.p90, leases.max].map((n) => `${n.toFixed(2)} leases`);
    return [AFTER[cause], grouped(times), ...shown];
  });
  if (rows.length === 0) return ['nobody had to follow a leader'];
  return inColumns([['NOBODY LED AFTER', 'TIMES', 'P50', 'P90', 'MAX'], ...rows]);
}

/** Timings are compared by these: to the hundredth of a second. */
const preciseMs = (ms: number): string => (ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

export const RESTLESS = `S12: more than ${MOST_READS} reads a heartbeat and standby, though nothing happened`;

const COLOURS: Partial<Record<LogKind, 'yellow' | 'green' | 'red' | 'bold' | 'dim'>> = {
  fault: 'yellow',
  relief: 'dim',
  record: 'dim',
  elected: 'green',
  failover: 'bold',
  violation: 'red',
};

/** What happened in one world, a line each. */
export function timelineLines(timeline: readonly LogEntry[], style: Style): string[] {
  return timeline.map(({ atMs, kind, what }) => {
    const colour = COLOURS[kind];
    return `${secondsOf(atMs).padStart(10)}  ${colour === undefined ? what : style[colour](what)}`;
  });
}

/** Down to a thousandth: two candidates may act within one. */
const secondsOf = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

export function faultsOn({ faults }: Settings): string[] {
  const all = Object.entries(faults);
  return all.filter(([, rate]) => rate > 0).map(([fault]) => fault);
}

/** What one world is like. */
export function worldLines(settings: Settings): string[] {
  const { leaseMs, processes, functions, bias, notices, succession } = settings;
  const candidates = [counted(processes, 'process', 'processes'), counted(functions, 'function', 'functions')];
  const { renewMs } = resolveTimings({ leaseMs, renewMs: settings.renewMs, drift: settings.drift });
  return inColumns([
    ['candidates', candidates.filter((text) => text !== undefined).join(', ')],
    ...paceRows({ ...settings, renewMs }),
    ['faults', faultsOn(settings).join(', ') || 'none'],
    ['leans towards', bias ?? 'nothing'],
    ['succession', succession ?? 'the quickest'],
    ['death notices', notices ? 'by queue' : 'none'],
  ]);
}

/** What all worlds of a plan have in common. */
export function planLines({ candidates, timings, ...network }: Plan): string[] {
  return inColumns([
    ['candidates', counted(candidates, 'process', 'processes')!],
    ...paceRows({ ...timings, ...network }),
  ]);
}

type Pace = Pick<Settings, 'leaseMs' | 'drift' | 'maxDelayMs' | 'paceMs'> & { readonly renewMs: number };

function paceRows({ leaseMs, renewMs, drift, maxDelayMs, paceMs }: Pace): string[][] {
  const rows = [
    ['timings', `lease ${showMs(leaseMs)}, heartbeat ${showMs(renewMs)}, drift ${drift}`],
    ['network', `up to ${showMs(maxDelayMs)} each way`],
  ];
  return paceMs === undefined ? rows : [...rows, ['pace', `something happens every ${showMs(paceMs)} on average`]];
}

function counted(n: number, one: string, many: string): string | undefined {
  return n === 0 ? undefined : `${n} ${n === 1 ? one : many}`;
}
