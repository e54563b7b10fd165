/** Logs and metrics of the functions, by Powertools: JSON lines, and metrics as EMF within them. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { ENVIRONMENT } from '../../lib/names/environment.js';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../../lib/names/metrics.js';
import type { MetricSink } from '../../lib/serverless/meter.js';

/** @param serviceName the name of the function in its log lines */
export const loggerOf = (serviceName: string): Logger => new Logger({ serviceName });

const sinks = new Map<string, MetricSink>();

/**
 * Where an election's metrics go. The dimension is the election alone: Powertools' own `service` would be a second one,
 * and each metric a different one for every function.
 */
export function sinkOf(election: string): MetricSink {
  const known = sinks.get(election);
  if (known !== undefined) return known;
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [METRIC_DIMENSION]: election });
  const sink: MetricSink = {
    add: (name: MetricName, value: number) => void metrics.addMetric(name, METRICS[name].unit, value),
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
  sinks.set(election, sink);
  return sink;
}

/** Malformed input cannot be attributed to the election that it names: it is counted for the function's own election. */
export const ownSink = (): MetricSink => sinkOf(process.env[ENVIRONMENT.election] ?? 'unknown');
