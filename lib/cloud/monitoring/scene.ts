/** What is watched: the parts of one election. Some may be added after the alarms and the dashboard were made. */
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Mode } from '../heartbeater.js';
import type { ILeaseTable } from '../lease-table-grants.js';
import type { Timings } from '../timings.js';
import type { ElectionMetrics } from './metrics.js';

/** The functions of an election. */
export interface MonitoredFunctions {
  /** The candidates that are functions. */
  readonly heartbeaters?: readonly IFunction[];
  /** Receives the death notices. */
  readonly watchdog?: IFunction;
  /** Publishes changes of office. */
  readonly publisher?: IFunction;
  /** Revokes leaders whose task has stopped. */
  readonly undertaker?: IFunction;
  /** Counts the standbys on the roster. With it, the alarm noStandby depends on the roster. */
  readonly rollCall?: IFunction;
}

/** The queues of an election. */
export interface MonitoredQueues {
  /** The queue of post-dated death notices. */
  readonly notices?: IQueue;
  /** The queue of what could not be handled. */
  readonly deadLetters?: IQueue;
}

/** The source of alarms and dashboard. They read it at synthesis, so that nothing added later is left out. */
export interface Scene {
  readonly election: string;
  readonly mode: Mode;
  readonly timings: Required<Timings>;
  readonly metrics: ElectionMetrics;
  readonly functions: MonitoredFunctions & { readonly heartbeaters: readonly IFunction[] };
  readonly queues: MonitoredQueues;
  readonly table?: ILeaseTable;
  readonly changes?: ILogGroup;
}
