/**
 * The one table of metrics: what the functions emit, what the dashboard draws, what the alarms watch. All are in the
 * namespace `Tenure`, with the dimension `Election` alone: a holder's name as a dimension would be a paid metric each.
 */
export const METRIC_NAMESPACE = 'Tenure';
export const METRIC_DIMENSION = 'Election';

/** One metric: what it says, in which unit, and how its values of a period become one. */
export interface Metric {
  readonly unit: 'Milliseconds' | 'Count' | 'None';
  /** The CloudWatch statistic that makes sense of it. */
  readonly statistic: 'Maximum' | 'Minimum' | 'Sum' | 'p99';
  /** What it says, for the dashboard and the docs. */
  readonly label: string;
  /** What emits it. */
  readonly emitter: 'candidate' | 'publisher' | 'candidate or publisher' | 'watchdog' | 'roll call' | 'any function';
}

/** The metrics that candidates and functions emit: namespace `Tenure`, dimension `Election`. */
export const METRICS = {
  LeaderSeen: {
    unit: 'Count',
    statistic: 'Maximum',
    label: 'A candidate led, or saw a leader (1), or saw none (0)',
    emitter: 'candidate',
  },
  Candidates: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Candidates that gave a sign of life within the minute',
    emitter: 'candidate',
  },
  Standbys: {
    unit: 'Count',
    // One count a minute. Where it comes twice, the roll was called again by hand.
    statistic: 'Maximum',
    label: 'Candidates on the roster that are alive and do not lead',
    emitter: 'roll call',
  },
  Ticks: { unit: 'Count', statistic: 'Sum', label: 'Minute ticks that woke a heartbeater', emitter: 'candidate' },
  HeartbeatLatency: {
    unit: 'Milliseconds',
    statistic: 'p99',
    label: 'How long a heartbeat took, from its sending to its answer',
    emitter: 'candidate',
  },
  LeaseLeft: {
    unit: 'Milliseconds',
    statistic: 'Minimum',
    label: 'What was left of the lease when a heartbeat was sent',
    emitter: 'candidate',
  },
  UnknownOutcomes: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Writes whose answer was lost or said nothing',
    emitter: 'candidate',
  },
  RefusedFencedWrites: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Writes of a deposed leader that the fence refused',
    emitter: 'candidate',
  },
  TermFell: {
    unit: 'Count',
    statistic: 'Maximum',
    label: 'The term went back: the table was restored, replaced or edited',
    emitter: 'candidate or publisher',
  },
  Term: { unit: 'None', statistic: 'Maximum', label: 'The term, and fencing token', emitter: 'publisher' },
  Elections: { unit: 'Count', statistic: 'Sum', label: 'Leaders elected, relays left out', emitter: 'publisher' },
  Relays: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Hand-overs from one invocation to the next of the same candidate',
    emitter: 'publisher',
  },
  Expirations: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Leaders whose lease ran out, or that were proved dead',
    emitter: 'publisher',
  },
  TimeWithoutLeader: {
    unit: 'Milliseconds',
    statistic: 'Maximum',
    label: 'How long nobody led, from the vacancy to the next leader',
    emitter: 'publisher',
  },
  FailoverTime: {
    unit: 'Milliseconds',
    statistic: 'Maximum',
    label: 'From the last heartbeat of a lost leader to the next leader',
    emitter: 'publisher',
  },
  EarlyNotices: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Death notices that came too early and were discarded',
    emitter: 'watchdog',
  },
  Malformed: {
    unit: 'Count',
    statistic: 'Sum',
    label: 'Messages, records and events that were sent to the dead-letter queue',
    emitter: 'any function',
  },
} as const satisfies Record<string, Metric>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;
