/** What is watched: the parts of one election, of which some may be added after the alarms and the dashboard were asked for. */
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
  /** Hears the death notices. */
  readonly watchdog?: IFunction;
  /** Tells changes of office. */
  readonly publisher?: IFunction;
  /** Revokes leaders whose task has stopped. */
  readonly undertaker?: IFunction;
  /** What counts who stands by on the roster. With it, the alarm noStandby goes by the roster. */
  readonly rollCall?: IFunction;
}

/** The queues of an election. */
export interface MonitoredQueues {
  /** The queue of post-dated death notices. */
  readonly notices?: IQueue;
  /** The queue of what could not be handled. */
  readonly deadLetters?: IQueue;
}

/** All that alarms and dashboard are made from. They read it at synthesis, so that nothing added later is left out. */
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
