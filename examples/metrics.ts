/** A server's metrics, beside those of the functions: one line of EMF a minute on standard output. */
// #region metrics
import { Metrics } from '@aws-lambda-powertools/metrics';
import { type Election, METRICS, meter } from 'tenure';

/** @returns a function that ends the reporting */
export function report(election: Election): () => void {
  const metrics = new Metrics({ namespace: 'Tenure' });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ Election: election.name });
  return meter(election, {
    add: (name, value) => void metrics.addMetric(name, METRICS[name].unit, value),
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  });
}
// #endregion
