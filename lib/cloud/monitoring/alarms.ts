/** Makes alarms from the table of alarms and the user's settings. */
import { type Duration, Lazy } from 'aws-cdk-lib';
import { Alarm, Metric, type TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { checkWhole, refusal, show } from '../refuse.js';
import { ALARMS, type AlarmName, type AlarmPlan, type Limits } from './alarm-table.js';
import type { Scene } from './scene.js';

/** The settings of an alarm; what is left out keeps its default. */
export interface AlarmSettings {
  /** In the unit of its metric. */
  readonly threshold?: number;
  /** Whole minutes. All periods of an evaluation together: at most a day, or a week with periods of an hour and more. */
  readonly period?: Duration;
  /** How many of the last periods are looked at. */
  readonly evaluationPeriods?: number;
  /** How many of them must be beyond the threshold. Default: all, if the alarm by default needs all. */
  readonly datapointsToAlarm?: number;
  /** What a period without a value counts as. */
  readonly treatMissingData?: TreatMissingData;
  /** Where this alarm is sent, instead of where all are. None: `[]`. */
  readonly topic?: ITopic | readonly ITopic[];
}

/** The alarms: `false` leaves one out, settings tune it. */
export type AlarmsSettings = { readonly [Name in AlarmName]?: false | AlarmSettings };

const SETTINGS: ReadonlySet<string> = new Set<keyof AlarmSettings>([
  'threshold',
  'period',
  'evaluationPeriods',
  'datapointsToAlarm',
  'treatMissingData',
  'topic',
]);
/** In minutes. */
const DAY = 1_440;
const NAMES = Object.keys(ALARMS) as AlarmName[];

/** Refuses unknown alarms and settings: a misspelt name would leave an alarm as it was, unnoticed. */
export function checkAlarms(scope: Construct, alarms: AlarmsSettings): void {
  for (const [name, settings] of Object.entries(alarms)) {
    if (!(name in ALARMS)) {
      throw refusal(scope, `there is no alarm ${show(name)}. There are: ${NAMES.join(', ')}.`);
    }
    if (settings === undefined || settings === false) continue;
    if (typeof settings !== 'object' || settings === null) {
      throw refusal(scope, `\`alarms.${name}\` must be false or settings, but is ${show(settings)}.`);
    }
    const unknown = Object.keys(settings).filter((key) => !SETTINGS.has(key));
    if (unknown.length === 0) continue;
    const known = [...SETTINGS].join(', ');
    throw refusal(scope, `\`alarms.${name}\` has no ${unknown.map(show).join(', ')}. Known are: ${known}.`);
  }
}

/**
 * Makes one alarm.
 * @returns `undefined` if there is nothing to watch: no ticks without heartbeaters, no dead letters without their queue
 */
export function makeAlarm(scope: Construct, name: AlarmName, scene: Scene, settings: AlarmSettings): Alarm | undefined {
  const plan: AlarmPlan | undefined = ALARMS[name](scene);
  if (plan === undefined) return undefined;
  const limits = limitsOf(scope, name, plan, settings);
  const { threshold, evaluationPeriods, datapointsToAlarm, treatMissingData, period } = limits;
  const alarm = new Alarm(scope, `${name.charAt(0).toUpperCase()}${name.slice(1)}`, {
    metric: plain(plan.metric, period),
    comparisonOperator: plan.comparison,
    threshold,
    evaluationPeriods,
    datapointsToAlarm,
    treatMissingData,
    alarmDescription: Lazy.string({
      produce: () => `Election ${scene.election}. ${plan.describe(limits, whenOf(limits))}`,
    }),
  });
  // The end of an alarm is reported as well.
  for (const topic of [settings.topic ?? []].flat()) {
    const action = new SnsAction(topic as ITopic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
  return alarm;
}

/** Without its label, because with one CDK would write the form of metric math. */
function plain({ namespace, metricName, dimensions, statistic }: Metric, period: Duration): Metric {
  return new Metric({ namespace, metricName, dimensionsMap: dimensions as Record<string, string>, statistic, period });
}

/** The plan as it was tuned, checked. */
function limitsOf(scope: Construct, name: AlarmName, plan: AlarmPlan, settings: AlarmSettings): Limits {
  const { threshold, period, evaluationPeriods, treatMissingData } = { ...plan, ...definedOf(settings) };
  const all = plan.datapointsToAlarm === plan.evaluationPeriods;
  const most = Math.min(plan.datapointsToAlarm, evaluationPeriods);
  const { datapointsToAlarm = all ? evaluationPeriods : most } = settings;
  const what = `alarms.${name}`;
  if (typeof threshold !== 'number' || !Number.isFinite(threshold)) {
    throw refusal(scope, `\`${what}.threshold\` must be a number, but is ${show(threshold)}.`);
  }
  const minutes = period.toMinutes({ integral: false });
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > DAY) {
    throw refusal(
      scope,
      `\`${what}.period\` must be whole minutes, from 1 to ${DAY}, but is ${period.toHumanString()}.`,
    );
  }
  const longest = minutes < 60 ? DAY : 7 * DAY;
  checkWhole(scope, `${what}.evaluationPeriods`, evaluationPeriods, 1, Math.floor(longest / minutes));
  checkWhole(scope, `${what}.datapointsToAlarm`, datapointsToAlarm, 1, evaluationPeriods);
  return { threshold, period, evaluationPeriods, datapointsToAlarm, treatMissingData };
}

/** Without what was given as `undefined`, which would hide the default. */
function definedOf(settings: AlarmSettings): AlarmSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** The time that an alarm looks at, as words: `for 5 minutes`, `in 2 of the last 10 minutes`, `within the last hour`. */
function whenOf({ period, evaluationPeriods, datapointsToAlarm }: Limits): string {
  const minutes = period.toMinutes();
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  const span = (number: number) => (number === 1 ? unit : `${number} ${unit}s`);
  if (evaluationPeriods === 1) return `within the last ${span(count)}`;
  if (datapointsToAlarm === evaluationPeriods) return `for ${span(count * evaluationPeriods)}`;
  const each = count === 1 ? `${evaluationPeriods} ${unit}s` : `${evaluationPeriods} periods of ${span(count)}`;
  return `in ${datapointsToAlarm} of the last ${each}`;
}
