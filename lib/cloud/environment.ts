/** The environment variables that tell a candidate its election. */
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { ENVIRONMENT } from '../names/environment.js';
import type { Order } from '../names/succession.js';
import type { ILeaseTable } from './lease-table-grants.js';
import type { Timings } from './timings.js';

/** What a candidate must know. */
interface Candidacy {
  readonly election: string;
  readonly table: ILeaseTable;
  /** If left out, the process makes an id of its own: on Fargate one that names the task. */
  readonly candidate?: string;
  readonly noticeQueue?: IQueue;
  readonly priority?: number;
  readonly succession?: Order;
  readonly timings: Required<Timings>;
  /** The timings as they were given: what was left out and depends on the rest is left to the runtime. */
  readonly given: Timings;
}

/** The variables of one candidate. */
export function candidateEnvironment(candidacy: Candidacy): Record<string, string> {
  const { election, table, candidate, noticeQueue, priority, succession, timings, given } = candidacy;
  return {
    ...tableEnvironment(table, timings.drift),
    [ENVIRONMENT.election]: election,
    ...(candidate !== undefined && { [ENVIRONMENT.candidate]: candidate }),
    ...(noticeQueue !== undefined && { [ENVIRONMENT.noticeQueue]: noticeQueue.queueUrl }),
    [ENVIRONMENT.leaseMs]: `${timings.leaseMs}`,
    [ENVIRONMENT.renewMs]: `${timings.renewMs}`,
    [ENVIRONMENT.stepDownMs]: `${timings.stepDownMs}`,
    ...(given.requestTimeoutMs !== undefined && { [ENVIRONMENT.requestTimeoutMs]: `${timings.requestTimeoutMs}` }),
    ...(priority !== undefined && { [ENVIRONMENT.priority]: `${priority}` }),
    ...(succession !== undefined && { [ENVIRONMENT.succession]: succession }),
  };
}

/** The variables of every function that reads or writes the table. */
export function tableEnvironment(table: ILeaseTable, drift: number): Record<string, string> {
  return {
    [ENVIRONMENT.table]: table.tableName,
    [ENVIRONMENT.drift]: `${drift}`,
    ...(table.multiRegion && { [ENVIRONMENT.multiRegion]: 'true' }),
  };
}
