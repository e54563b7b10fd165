/** The watch over an election: metrics, alarms and a dashboard, all from the one table of metrics in lib/names. */
import { Duration } from 'aws-cdk-lib';
import { type Alarm, Dashboard, PeriodOverride } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Mode } from './heartbeater.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { ALARMS, type AlarmName } from './monitoring/alarm-table.js';
import { type AlarmSettings, type AlarmsSettings, checkAlarms, makeAlarm } from './monitoring/alarms.js';
import { Board } from './monitoring/board.js';
import { rowsOf } from './monitoring/dashboard.js';
import { ElectionMetrics } from './monitoring/metrics.js';
import type { MonitoredFunctions, MonitoredQueues, Scene } from './monitoring/scene.js';
import { checkElectionName, checkWhole, refusal, show } from './refuse.js';
import { resolveTimings, type Timings } from './timings.js';

/** What can be chosen for the dashboard. */
export interface DashboardSettings {
  /** Letters, digits, `-` and `_`. Default: CloudFormation makes one. */
  readonly name?: string;
  /** How far back it looks when it is opened. Default: a day. */
  readonly interval?: Duration;
}

/** What can be chosen of the watch over an election; every property is optional. */
export interface MonitoringOptions {
  /**
   * Where alarms are sent, when they begin and when they end. Default: nowhere; they show only on the dashboard.
   * The key of an encrypted topic must let `cloudwatch.amazonaws.com` use it.
   */
  readonly topic?: ITopic | readonly ITopic[];
  /** Tunes single alarms, leaves them out, or sends them elsewhere. `false`: no alarms. Default: all that apply here. */
  readonly alarms?: false | AlarmsSettings;
  /** `false`: no dashboard. */
  readonly dashboard?: false | DashboardSettings;
  /**
   * How many candidates stand, functions and others. With only one, no standby is expected, and there is no alarm
   * noStandby unless you set it. Default: the number of heartbeaters; with a roll call, more than one.
   */
  readonly candidatesExpected?: number;
}

/** The timings are those of the candidates: thresholds and windows are computed from them. */
export interface MonitoringProps extends MonitoringOptions, Timings {
  /** The election to watch. Its name is the one dimension of the metrics. */
  readonly election: string;
  /** Default `always`. In `duty`, an election a minute is normal: no alarm flapping unless you set it. */
  readonly mode?: Mode;
  /** The functions whose health is shown. Default: none; they can be added later. */
  readonly functions?: MonitoredFunctions;
  /** The queues whose health is shown; the alarm `deadLetters` needs the second. */
  readonly queues?: MonitoredQueues;
  /** The table of the elections. */
  readonly table?: ILeaseTable;
  /** The log group of the publisher: the leader, since when it leads and why it changed are read from it. */
  readonly changes?: ILogGroup;
}

/**
 * Metrics, alarms and a dashboard for one election. For the alarms noLeader, noStandby and noTick silence is bad:
 * they ring after a first deployment until the first tick has come, which takes a minute or two. CloudWatch looks a few
 * periods further back before it takes missing values for silence.
 *
 * A candidate that is a server reports by `meter()`. Without it, switch off noLeader and noStandby if no function stands.
 * If candidates are on a roster, a `RollCall` counts the standbys, and noStandby depends on its count.
 *
 * @example
 * const monitoring = new Monitoring(this, 'Monitoring', {
 *   election: 'billing',
 *   topic: pager,
 *   functions: { heartbeaters: [a.function, b.function], watchdog: watchdog.function, publisher: events.function },
 *   queues: { notices: watchdog.queue, deadLetters },
 *   alarms: { flapping: { threshold: 2 }, noStandby: { topic: mail }, marginTooSmall: false },
 * });
 * monitoring.metricFailoverTime({ period: Duration.hours(1) });
 */
export class Monitoring extends ElectionMetrics {
  /** The election that is watched. */
  readonly election: string;
  /** The dashboard, if there is one. More widgets can be added below. */
  readonly dashboard: Dashboard | undefined;
  readonly #alarms: Partial<Record<AlarmName, Alarm>> = {};
  readonly #heartbeaters: IFunction[] = [];
  readonly #scene: Scene & { functions: MonitoredFunctions & { readonly heartbeaters: readonly IFunction[] } };
  readonly #props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { mode = 'always', alarms, candidatesExpected, queues = {}, table, changes } = props;
    this.#props = props;
    this.election = checkElectionName(this, props.election);
    if (mode !== 'always' && mode !== 'duty')
      throw refusal(this, `\`mode\` must be 'always' or 'duty', but is ${show(mode)}.`);
    if (candidatesExpected !== undefined) checkWhole(this, 'candidatesExpected', candidatesExpected, 0, 1_000_000);
    if (alarms) checkAlarms(this, alarms);
    this.#scene = {
      election: this.election,
      mode,
      timings: resolveTimings(this, props),
      metrics: this,
      functions: { heartbeaters: this.#heartbeaters },
      queues,
      table,
      changes,
    };
    this.addFunctions(props.functions ?? {});
    if (props.dashboard !== false) this.dashboard = this.#makeDashboard(props.dashboard ?? {});
  }

  /** The existing alarms, by their names. */
  get alarms(): Readonly<Partial<Record<AlarmName, Alarm>>> {
    return this.#alarms;
  }

  /** Watches more functions: heartbeaters are added to the present ones, any other replaces the present one of its kind. */
  addFunctions({ heartbeaters = [], ...others }: MonitoredFunctions): void {
    if (others.rollCall && this.#alarms.noStandby && !this.#scene.functions.rollCall) {
      throw refusal(
        this,
        'the alarm noStandby exists already, and counts signs of life: pass `rollCall` with the first `functions`.',
      );
    }
    this.#heartbeaters.push(...heartbeaters);
    this.#scene.functions = { ...this.#scene.functions, ...others, heartbeaters: this.#heartbeaters };
    for (const name of Object.keys(ALARMS) as AlarmName[]) this.#alarm(name);
  }

  /** Makes an alarm, unless it exists or is not wanted. */
  #alarm(name: AlarmName): void {
    const { alarms = {}, topic } = this.#props;
    const settings: false | undefined | AlarmSettings = alarms === false ? false : alarms[name];
    if (this.#alarms[name] || settings === false || !(settings || this.#isExpected(name))) return;
    const alarm = makeAlarm(this, name, this.#scene, { ...settings, topic: settings?.topic ?? topic });
    if (alarm) this.#alarms[name] = alarm;
  }

  /** Whether an alarm makes sense here by default. */
  #isExpected(name: AlarmName): boolean {
    if (name === 'flapping') return this.#scene.mode !== 'duty';
    const { candidatesExpected } = this.#props;
    const candidates = candidatesExpected ?? this.#heartbeaters.length;
    // Servers report only if they use a meter: without heartbeaters, there may be nothing but silence.
    if (name === 'noLeader') return candidates > 0 || this.#heartbeaters.length > 0;
    // With a line of succession, a standby is expected.
    if (name === 'noStandby') return this.#scene.functions.rollCall ? candidatesExpected !== 1 : candidates > 1;
    return true;
  }

  #makeDashboard({ name, interval = Duration.days(1) }: DashboardSettings): Dashboard {
    if (name !== undefined && !/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
      throw refusal(this, `\`dashboard.name\` must be letters, digits, \`-\` and \`_\`, but is ${show(name)}.`);
    }
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      defaultInterval: interval,
      // Sums are of a minute: stretched periods would show more candidates than there are.
      periodOverride: PeriodOverride.INHERIT,
    });
    dashboard.addWidgets(new Board(() => rowsOf(this.#scene, this.#alarms)));
    return dashboard;
  }
}
