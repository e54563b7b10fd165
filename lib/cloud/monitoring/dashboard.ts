/**
 * The dashboard of an election. From top to bottom: the alarms, the leaders with since when and why, the election, the
 * leader's heartbeats, and the health of the queues, functions and the table. It shows every metric of the table of metrics.
 */
import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  type CfnAlarm,
  Color,
  type HorizontalAnnotation,
  type Row,
  SingleValueWidget,
  type SingleValueWidgetProps,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName } from '../../names/metrics.js';
import type { AlarmName } from './alarm-table.js';
import { type Draw, graph, row } from './board.js';
import { changesOfLeader, leadsNow } from './changes.js';
import { functionRows, queueGraphs, tableRow } from './health.js';
import { wordsOf } from './metrics.js';
import type { Scene } from './scene.js';

const number =
  (title: string, props: SingleValueWidgetProps): Draw =>
  (size) =>
    new SingleValueWidget({ title, ...props, ...size });

/** All rows. `alarms` are the existing ones. */
export function rowsOf(scene: Scene, alarms: Readonly<Partial<Record<AlarmName, Alarm>>>): readonly Row[] {
  const { changes } = scene;
  const shown = Object.values(alarms);
  return [
    row(2, [header(scene)]),
    ...(shown.length > 0
      ? [row(3, [(size) => new AlarmStatusWidget({ title: 'Alarms', alarms: shown, ...size })])]
      : []),
    row(3, now(scene)),
    ...(changes ? [row(6, [leadsNow(scene, changes), changesOfLeader(scene, changes)], [1, 2])] : []),
    row(6, theElection(scene)),
    row(6, heartbeats(scene, alarms)),
    row(6, [trouble(scene), ...queueGraphs(scene)]),
    ...functionRows(scene),
    ...tableRow(scene),
    row(7, meanings()),
  ];
}

function header({ election, mode, timings: { leaseMs, renewMs, stepDownMs }, table }: Scene): Draw {
  const leads = mode === 'duty' ? 'one candidate works each minute' : 'one candidate leads at all times';
  const text =
    `# Tenure: election ${election}\n` +
    `Mode ${mode}: ${leads}. Lease ${leaseMs} ms, a heartbeat every ${renewMs} ms, step-down ${stepDownMs} ms before the end.` +
    (table ? ` Record: table \`${table.tableName}\`, pk \`election#${election}\`.` : '');
  return (size) => new TextWidget({ markdown: text, ...size });
}

/** Four numbers. Each has its own time range, so that an old value is not taken for the present. */
function now({ metrics, mode, functions: { rollCall } }: Scene): readonly Draw[] {
  const recent = { start: '-PT15M' };
  // Between two duties nobody leads, by design. What counts there is how long it took after a missed duty.
  const gap =
    mode === 'duty'
      ? number('Longest failover in 24 hours', {
          metrics: [metrics.metricFailoverTime()],
          setPeriodToTimeRange: true,
          start: '-PT24H',
        })
      : number('Without a leader in 24 hours', {
          metrics: [metrics.metricTimeWithoutLeader({ statistic: Stats.SUM })],
          setPeriodToTimeRange: true,
          start: '-PT24H',
        });
  return [
    number('Somebody leads (1: yes, 0: no)', { metrics: [metrics.metricLeaderSeen()], ...recent }),
    number('Term', {
      metrics: [metrics.metricTerm({ period: Duration.hours(1) })],
      start: '-P7D', // it may have changed long ago
      fullPrecision: true,
    }),
    rollCall
      ? number('Standbys on the roster', { metrics: [metrics.metricStandbys()], ...recent })
      : number('Candidates seen each minute', { metrics: [metrics.metricCandidates()], ...recent }),
    gap,
  ];
}

function theElection({ metrics, timings: { leaseMs } }: Scene): readonly Draw[] {
  const dots = { period: Duration.minutes(5) }; // a change is one value: with periods of a minute it is hardly visible
  return [
    graph('Term: a step is a new leader or a relay', {
      left: [metrics.metricTerm(dots)],
      leftYAxis: { showUnits: false },
    }),
    graph('Elections, relays and leaders lost', {
      left: [
        metrics.metricElections(dots),
        metrics.metricRelays(dots),
        metrics.metricExpirations({ ...dots, color: Color.RED }),
      ],
    }),
    graph('Time without leader and failover (ms)', {
      left: [metrics.metricTimeWithoutLeader(dots), metrics.metricFailoverTime(dots)],
      leftAnnotations: [{ value: leaseMs, label: 'one lease', color: Color.GREY }],
    }),
  ];
}

function heartbeats(
  { metrics, timings: { stepDownMs, requestTimeoutMs } }: Scene,
  { marginTooSmall, noStandby }: Readonly<Partial<Record<AlarmName, Alarm>>>,
): readonly Draw[] {
  const alarmAt = (alarm: Alarm | undefined): HorizontalAnnotation[] =>
    alarm ? [{ value: thresholdOf(alarm), label: 'alarm below', color: Color.ORANGE }] : [];
  return [
    graph('Heartbeat latency, p99 (ms)', {
      left: [metrics.metricHeartbeatLatency()],
      leftAnnotations: [{ value: requestTimeoutMs, label: 'request given up', color: Color.GREY }],
    }),
    graph('Lease left at heartbeats (ms)', {
      left: [metrics.metricLeaseLeft()],
      leftAnnotations: [
        { value: stepDownMs, label: 'the leader steps down', color: Color.RED },
        ...alarmAt(marginTooSmall),
      ],
    }),
    graph('Signs of life each minute', {
      left: [metrics.metricCandidates(), metrics.metricStandbys(), metrics.metricTicks(), metrics.metricLeaderSeen()],
      leftAnnotations: alarmAt(noStandby),
    }),
  ];
}

const thresholdOf = (alarm: Alarm): number => (alarm.node.defaultChild as CfnAlarm).threshold ?? 0;

function trouble({ metrics }: Scene): Draw {
  return graph('Trouble: all zero when all is well', {
    left: [
      metrics.metricUnknownOutcomes(),
      metrics.metricRefusedFencedWrites(),
      metrics.metricEarlyNotices(),
      metrics.metricMalformed(),
      metrics.metricTermFell({ color: Color.RED }),
    ],
  });
}

/** What the metrics mean, in the words of the table of metrics. */
function meanings(): readonly Draw[] {
  const names = Object.keys(METRICS) as MetricName[];
  const half = Math.ceil(names.length / 2);
  return [names.slice(0, half), names.slice(half)].map((some) => (size) => {
    const lines = some.map((name) => `${wordsOf(name)} | ${METRICS[name].label}`);
    return new TextWidget({ markdown: ['Metric | What it says', '--- | ---', ...lines].join('\n'), ...size });
  });
}
