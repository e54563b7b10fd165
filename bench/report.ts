/** The results as tables in Markdown: the same in the terminal and in the documents. */
import type { HandOver } from './failovers.js';
import type { Results, Scale } from './results.js';
import type { Setting } from './setup.js';
import { spread } from './statistics.js';
import { SYSTEMS, type SystemName, TITLES } from './systems/system.js';

/** The lines of all tables that there are results for. */
export function tables(results: Results): string {
  const { failover, handover, requests, lostReplies, scale } = results;
  const parts: string[][] = [];
  if (failover !== undefined) {
    parts.push([
      `Crash: from the last heartbeat that landed plus the lease (${results.leaseMs} ms) to the next leader, in ms`,
      table(
        ['system', 'crashes', 'p50', 'p90', 'p99', 'max'],
        rows(failover.beyond, (beyond) => quantiles(beyond, true)),
      ),
      captionOf(failover.setting),
    ]);
  }
  if (handover !== undefined) {
    parts.push([
      'Handing over: how long nobody leads, in ms (in brackets: how long no work is done, counted from when it had to stop)',
      table(
        ['system', 'at a close (SIGTERM): p50', 'p90', 'max', 'after a resign: p50', 'p90', 'max'],
        rows(handover.closes, (closes, system) => [...gaps(closes), ...gaps(handover.resigns[system] ?? [])]),
      ),
      captionOf(handover.setting),
    ]);
  }
  if (requests !== undefined) {
    parts.push([
      'At rest: requests and capacity units',
      table(
        [
          'system',
          'heartbeats a second',
          "leader's units per heartbeat",
          'reads a second and standby',
          'refused writes a second and standby',
          'units a second, leader and two standbys',
          'reads per heartbeat and standby',
        ],
        rows(requests.traffic, ({ seconds, heartbeats, leader, standbys }) => {
          const perStandby = (count: number) => (count / seconds / standbys.count).toFixed(2);
          return [
            (heartbeats / seconds).toFixed(2),
            (leader.units / heartbeats).toFixed(2),
            perStandby(standbys.reads),
            perStandby(standbys.writes),
            ((leader.units + standbys.units) / seconds).toFixed(2),
            (standbys.reads / heartbeats / standbys.count).toFixed(2),
          ];
        }),
      ),
      captionOf(requests.setting),
    ]);
  }
  if (lostReplies !== undefined) {
    parts.push([
      'A heartbeat is applied and its reply lost, once: healthy leaders that lose their term, and then no leader, in ms',
      table(
        ['system', 'leaders lost', 'then nobody leads: p50', 'max'],
        rows(lostReplies.replies, (replies) => {
          const lost = replies.filter((one) => one.lost);
          const found = spread(lost.flatMap(({ withoutLeader }) => withoutLeader ?? []));
          return [`${lost.length} of ${replies.length}`, ms(found?.p50), ms(found?.max)];
        }),
      ),
      captionOf(lostReplies.setting),
    ]);
  }
  if (scale !== undefined) {
    parts.push(['Many elections in one process, all led by it', scaleTable(scale.runs), captionOf(scale.setting)]);
  }
  return parts.map(([title, ...lines]) => [`### ${title}`, ...lines].join('\n\n')).join('\n\n');
}

export function captionOf(setting: Setting): string {
  const { command, machine, node, engine, date, commit, load } = setting;
  const loads = load.after === undefined ? `${load.before}` : `${load.before} before, ${load.after} after`;
  return `\`${command}\`, ${date} UTC, ${machine}, Node ${node}, ${engine}, commit ${commit}, load ${loads}.`;
}

function scaleTable(runs: readonly Scale[]): string {
  const head = [
    'store',
    'elections',
    'a heartbeat every',
    'heartbeats',
    'late',
    'p99 lateness',
    'CPU per heartbeat',
    'CPU of one core',
    'memory per election',
    'event-loop delay p99 / max',
    'terms lost',
  ];
  const body = runs.map((run) => [
    run.store,
    whole(run.elections),
    `${run.heartbeatMs / 1000} s`,
    whole(run.heartbeats),
    `${((100 * run.late) / run.heartbeats).toFixed(2)} %`,
    `${run.lateness.p99.toFixed(1)} ms`,
    `${run.cpuMsPerHeartbeat.toFixed(3)} ms`,
    `${run.cpuPercent.toFixed(0)} %`,
    `${run.kilobytesPerElection.toFixed(1)} KB`,
    `${run.loopDelay.p99.toFixed(1)} / ${run.loopDelay.max.toFixed(0)} ms`,
    `${run.lost}`,
  ]);
  return table(head, body);
}

function rows<T>(found: Partial<Record<SystemName, T>>, cells: (one: T, system: SystemName) => string[]): string[][] {
  return SYSTEMS.flatMap((system) => {
    const one = found[system];
    return one === undefined ? [] : [[TITLES[system], ...cells(one, system)]];
  });
}

function quantiles(values: readonly number[], counted: boolean): string[] {
  const found = spread(values);
  const cells = [found?.p50, found?.p90, found?.p99, found?.max].map(ms);
  return counted ? [`${values.length}`, ...cells] : cells;
}

function gaps(handOvers: readonly HandOver[]): string[] {
  const leader = spread(handOvers.map((one) => one.withoutLeader));
  const work = spread(handOvers.map((one) => one.withoutWork));
  const cell = (a: number | undefined, b: number | undefined) => (ms(a) === ms(b) ? ms(a) : `${ms(a)} (${ms(b)})`);
  return [cell(leader?.p50, work?.p50), cell(leader?.p90, work?.p90), cell(leader?.max, work?.max)];
}

const ms = (value: number | undefined): string => (value === undefined ? '' : whole(Math.round(value)));
const whole = (value: number): string => value.toLocaleString('en-GB');

/** Aligned, so that it reads as well in a terminal. */
function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((cell, n) => Math.max(cell.length, ...body.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n');
}
