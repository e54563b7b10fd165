/** The metrics of a candidate for CloudWatch: collected from the election's events, flushed once a minute. */
import type { Election } from '../election/election.js';
import { bad, checkFlag, checkKeys } from '../election/options.js';
import { type Clock, realClock } from '../lease/clock.js';
import { show } from '../lease/errors.js';
import type { MetricName } from '../names/metrics.js';

/** How often a running candidate's values are flushed: one line of log a minute, whatever the heartbeats. */
const FLUSH_MS = 60_000;

/** Where values go. A name may come several times: its values are kept as a list until they are flushed. */
export interface MetricSink {
  /** Takes one value, in the unit of {@link METRICS}. */
  add(name: MetricName, value: number): void;
  /** Sends all values since the last flush; nothing if there are none. */
  flush(): void;
}

/**
 * Counts what happens in an election, until the returned function is called, which flushes once more.
 *
 * @param election the election whose events are counted
 * @param sink where the values go
 * @param options.alive whether to count this process as a candidate once a minute. Default `true`; functions are counted
 *   by their ticks instead
 * @param options.clock counts the minutes. Default: the real clock
 * @returns a function that stops it
 * @throws TenureError `BadOption`. What the sink throws at a minute is a warning of the process, once; the counting goes on
 * @example
 * const stop = meter(election, { add: (name, value) => metrics.addMetric(name, METRICS[name].unit, value), flush });
 */
export function meter(
  election: Election,
  sink: MetricSink,
  options: { alive?: boolean | undefined; clock?: Clock | undefined } = {},
): () => void {
  if (typeof election?.on !== 'function') throw bad('The election of meter()', 'an Election', election);
  checkSink(sink);
  checkKeys('meter()', options, ['alive', 'clock']);
  const { clock = realClock } = options;
  const alive = checkFlag('alive', options.alive ?? true);
  let warned = false;
  const off = [
    election.on('heartbeat', ({ latencyMs, leftMs }) => {
      sink.add('HeartbeatLatency', latencyMs);
      sink.add('LeaseLeft', leftMs);
    }),
    election.on('request', ({ kind, outcome }) => {
      if (kind === 'write' && outcome === 'unknown') sink.add('UnknownOutcomes', 1);
    }),
    election.on('fenced', () => sink.add('RefusedFencedWrites', 1)),
    election.on('error', ({ code }) => {
      if (code === 'TermFell') sink.add('TermFell', 1);
    }),
  ];
  const sign = () => {
    cancel = clock.after(FLUSH_MS, sign);
    try {
      if (election.state === 'leading') sink.add('LeaderSeen', 1);
      if (alive) sink.add('Candidates', 1);
      sink.flush();
    } catch (cause) {
      // Thrown out of a timer, it would end the process, and the leader's work with it.
      const message = `The sink of meter() threw: ${cause instanceof Error ? cause.message : show(cause)}`;
      if (!warned) process.emitWarning(message, { type: 'TenureWarning' });
      warned = true;
    }
  };
  let cancel = clock.after(FLUSH_MS, sign);
  return () => {
    cancel();
    for (const take of off) take();
    sink.flush();
  };
}

/** @throws TenureError `BadOption` for what is no sink */
export function checkSink(sink: unknown): void {
  const { add, flush } = (sink ?? {}) as Partial<MetricSink>;
  if (typeof add !== 'function' || typeof flush !== 'function')
    throw bad('The sink', 'an object { add(), flush() }', sink);
}
