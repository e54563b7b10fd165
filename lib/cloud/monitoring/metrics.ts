/** The metrics of one election, from the same table that the functions use to emit them: one method for each. */
import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../../names/metrics.js';

/** A metric of the table without a method, or a method without a metric, does not compile. */
type MetricMethods = { [Name in MetricName as `metric${Name}`]: (options?: MetricOptions) => Metric };

/** `TimeWithoutLeader` as words, for legends and titles: `Time without leader`. */
export function wordsOf(name: MetricName): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * The metrics of an election in CloudWatch. Every method takes the options of a CloudWatch metric. By default, the
 * period is a minute, and the statistic the one that suits the metric. The namespace and the dimension are fixed.
 */
export abstract class ElectionMetrics extends Construct implements MetricMethods {
  /** The election that is watched. */
  abstract readonly election: string;

  /**
   * A metric by its name.
   * @example
   * monitoring.metric('FailoverTime', { period: Duration.hours(1) })
   */
  metric(name: MetricName, options: MetricOptions = {}): Metric {
    return new Metric({
      statistic: METRICS[name].statistic,
      period: Duration.minutes(1),
      label: wordsOf(name),
      ...options,
      namespace: METRIC_NAMESPACE,
      metricName: name,
      dimensionsMap: { [METRIC_DIMENSION]: this.election },
    });
  }

  /** 1 if a candidate led or saw a leader within the minute, 0 if those that looked saw none. */
  metricLeaderSeen(options?: MetricOptions): Metric {
    return this.metric('LeaderSeen', options);
  }

  /** How many candidates gave a sign of life within the minute. It is a sum: use only periods of one minute. */
  metricCandidates(options?: MetricOptions): Metric {
    return this.metric('Candidates', options);
  }

  /** How many candidates stand by on the roster. There are values only with a `RollCall`. */
  metricStandbys(options?: MetricOptions): Metric {
    return this.metric('Standbys', options);
  }

  /** How many minute ticks woke a heartbeater. */
  metricTicks(options?: MetricOptions): Metric {
    return this.metric('Ticks', options);
  }

  /** How long heartbeats took, in ms: the 99th percentile. */
  metricHeartbeatLatency(options?: MetricOptions): Metric {
    return this.metric('HeartbeatLatency', options);
  }

  /** What was left of the lease, in ms, when a heartbeat was sent: the least. */
  metricLeaseLeft(options?: MetricOptions): Metric {
    return this.metric('LeaseLeft', options);
  }

  /** How many writes had an unknown outcome: the answer was lost or said nothing. */
  metricUnknownOutcomes(options?: MetricOptions): Metric {
    return this.metric('UnknownOutcomes', options);
  }

  /** How many writes of a deposed leader the fence refused. */
  metricRefusedFencedWrites(options?: MetricOptions): Metric {
    return this.metric('RefusedFencedWrites', options);
  }

  /** 1 if the term was seen to go back. */
  metricTermFell(options?: MetricOptions): Metric {
    return this.metric('TermFell', options);
  }

  /** The term: the highest of the period. There are values only at changes of office and relays. */
  metricTerm(options?: MetricOptions): Metric {
    return this.metric('Term', options);
  }

  /** How many leaders were elected, relays left out. */
  metricElections(options?: MetricOptions): Metric {
    return this.metric('Elections', options);
  }

  /** How many invocations handed the office to the next of the same candidate. */
  metricRelays(options?: MetricOptions): Metric {
    return this.metric('Relays', options);
  }

  /** How many leaders were lost: their lease ran out, or they were proved dead. */
  metricExpirations(options?: MetricOptions): Metric {
    return this.metric('Expirations', options);
  }

  /** How long nobody led before an election, in ms: the longest. Use `Stats.SUM` to add up. */
  metricTimeWithoutLeader(options?: MetricOptions): Metric {
    return this.metric('TimeWithoutLeader', options);
  }

  /** From the last heartbeat of a lost leader to the next leader, in ms: the longest. */
  metricFailoverTime(options?: MetricOptions): Metric {
    return this.metric('FailoverTime', options);
  }

  /** How many death notices came too early and were discarded. */
  metricEarlyNotices(options?: MetricOptions): Metric {
    return this.metric('EarlyNotices', options);
  }

  /** How many messages, records and events could not be read and went to the dead-letter queue. */
  metricMalformed(options?: MetricOptions): Metric {
    return this.metric('Malformed', options);
  }
}
