/** The health of queues, functions, the stream and the table. These metrics are AWS's own, and cost nothing. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, type MetricOptions, type Row, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Draw, graph, row } from './board.js';
import type { Scene } from './scene.js';

const MINUTE = { period: Duration.minutes(1) };
const MOST = { ...MINUTE, statistic: Stats.MAXIMUM };

/** How many messages are in the queues, and for how long. */
export function queueGraphs({ queues: { notices, deadLetters } }: Scene): readonly Draw[] {
  if (notices === undefined && deadLetters === undefined) return [];
  const depth: IMetric[] = [];
  const age: IMetric[] = [];
  if (notices) {
    depth.push(notices.metricApproximateNumberOfMessagesDelayed({ ...MOST, label: 'Notices not yet due' }));
    depth.push(notices.metricApproximateNumberOfMessagesVisible({ ...MOST, label: 'Notices due' }));
    age.push(notices.metricApproximateAgeOfOldestMessage({ ...MOST, label: 'Notices' }));
  }
  if (deadLetters) {
    depth.push(deadLetters.metricApproximateNumberOfMessagesVisible({ ...MOST, label: 'Dead letters' }));
    age.push(deadLetters.metricApproximateAgeOfOldestMessage({ ...MOST, label: 'Dead letters' }));
  }
  return [graph('Queues: messages', { left: depth }), graph('Queues: age of the oldest (s)', { left: age })];
}

/** Errors, throttles, duration and concurrency of the functions, and how far the publisher is behind the stream. */
export function functionRows({ functions }: Scene): readonly Row[] {
  const { publisher } = functions;
  const heartbeaters = named('Heartbeater', functions.heartbeaters);
  const others = [
    ...named('Watchdog', functions.watchdog),
    ...named('Publisher', publisher),
    ...named('Undertaker', functions.undertaker),
    ...named('Roll call', functions.rollCall),
  ];
  const all = [...heartbeaters, ...others];
  if (all.length === 0) return [];
  const of = (some: readonly Named[], make: (one: IFunction, options: MetricOptions) => IMetric, more: MetricOptions) =>
    some.map(({ name, one }) => make(one, { ...MINUTE, label: name, ...more }));
  const draws: Draw[] = [
    graph('Functions: errors', { left: of(all, (one, options) => one.metricErrors(options), {}) }),
    graph('Functions: throttles', { left: of(all, (one, options) => one.metricThrottles(options), {}) }),
  ];
  if (heartbeaters.length > 0) {
    draws.push(
      graph('Heartbeaters at work at once', {
        left: of(heartbeaters, (one, options) => one.metric('ConcurrentExecutions', options), MOST),
      }),
      graph('Heartbeaters: longest invocation (ms)', {
        left: of(heartbeaters, (one, options) => one.metricDuration(options), MOST),
      }),
    );
  }
  if (others.length > 0) {
    draws.push(
      graph('Other functions: longest (ms)', {
        left: of(others, (one, options) => one.metricDuration(options), MOST),
      }),
    );
  }
  if (publisher) {
    draws.push(
      graph('Stream: how far behind (ms)', {
        left: [publisher.metric('IteratorAge', { ...MOST, label: 'Publisher' })],
      }),
    );
  }
  // Three in a row: titles and legends stay readable.
  return Array.from({ length: Math.ceil(draws.length / 3) }, (_, index) =>
    row(6, draws.slice(index * 3, index * 3 + 3)),
  );
}

/** The table, for all of its elections together, because CloudWatch does not know items. */
export function tableRow({ table }: Scene): readonly Row[] {
  if (table === undefined) return [];
  const metric = (metricName: string, label: string) => table.table.metric(metricName, { ...SUM, label });
  return [
    row(6, [
      graph('Table: units used', {
        left: [metric('ConsumedWriteCapacityUnits', 'Written'), metric('ConsumedReadCapacityUnits', 'Read')],
      }),
      graph('Table: throttled', {
        left: [metric('WriteThrottleEvents', 'Writes'), metric('ReadThrottleEvents', 'Reads')],
      }),
      graph('Table: conditions refused (contests)', {
        left: [metric('ConditionalCheckFailedRequests', 'Refused')],
      }),
    ]),
  ];
}

const SUM = { ...MINUTE, statistic: Stats.SUM };

interface Named {
  readonly name: string;
  readonly one: IFunction;
}

/** Functions with their names in legends: their own names are long, and begin alike. */
function named(kind: string, given: IFunction | readonly IFunction[] | undefined): readonly Named[] {
  const list = [given ?? []].flat() as IFunction[];
  if (list.length === 1 && !Array.isArray(given)) return list.map((one) => ({ name: kind, one }));
  return list.map((one, index) => ({ name: `${kind} ${String.fromCharCode('a'.charCodeAt(0) + index)}`, one }));
}
