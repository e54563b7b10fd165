/** The queue of post-dated death notices, and the function that receives them when they come due (protocol, section 8). */
import { Duration } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { tableEnvironment } from './environment.js';
import { type FunctionSettings, makeFunction } from './function.js';
import { grantConsume, grantSend } from './grants.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { deadLetters, makeQueue } from './queues.js';
import { checkDrift } from './timings.js';

/** How a {@link Watchdog} is made. */
export interface WatchdogProps extends FunctionSettings {
  /** Where the elections are. */
  readonly table: ILeaseTable;
  /** The one election that it may expire. Default: all elections of the table. */
  readonly election?: string;
  /** By what part of a lease a clock may err; the same as that of the candidates. Default 0.01. */
  readonly drift?: number;
  /** Where notices go that are malformed or failed five times. Default: a queue of its own. */
  readonly deadLetterQueue?: IQueue;
}

/** Ten notices, one of them up to two seconds early, with time for a slow table. */
const TIMEOUT = Duration.seconds(10);

/**
 * Ends the term of a leader whose death notice came due. It only receives notices: its role has no permission to send
 * them, so no loop of invocations can form. Section 8, post-dated notices.
 *
 * @example
 * const watchdog = new Watchdog(this, 'Watchdog', { table });
 * watchdog.grantMail(candidate); // and its environment: TENURE_NOTICE_QUEUE_URL = watchdog.queue.queueUrl
 */
export class Watchdog extends Construct {
  /** The queue of notices. */
  readonly queue: Queue;
  /** Where notices go that are malformed or failed five times. */
  readonly deadLetterQueue: IQueue;
  /** The function that receives the notices. */
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: WatchdogProps) {
    super(scope, id);
    const { table, election, encryptionKey } = props;
    const drift = checkDrift(this, props.drift);
    this.deadLetterQueue = deadLetters(this, encryptionKey, props.deadLetterQueue);
    this.queue = makeQueue(this, 'Notices', encryptionKey, {
      // Six times the consumer's time-out, so that Lambda can retry after a throttle without a second receipt.
      visibilityTimeout: Duration.seconds(TIMEOUT.toSeconds() * 6),
      // Longer than the longest delay (900 s) and its tries. The tick has dealt with the lease of an older notice.
      retentionPeriod: Duration.hours(1),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: 5 },
    });
    this.function = makeFunction(this, 'Watchdog', {
      ...props,
      file: 'watchdog',
      description: `Tenure: ends the term of a leader whose lease has run out${election ? `, election ${election}` : ''}`,
      environment: {
        ...tableEnvironment(table, drift),
        ...(election !== undefined && { [ENVIRONMENT.election]: election }),
        [ENVIRONMENT.deadLetterQueue]: this.deadLetterQueue.queueUrl,
      },
      timeout: TIMEOUT,
      memorySize: 256,
    });
    table.grantRevoke(this.function, election);
    grantSend(this.deadLetterQueue, this.function);
    grantConsume(this.queue, this.function);
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10, // as they come, without waiting for more: a notice is due when it comes out of the queue
      reportBatchItemFailures: true,
    });
  }

  /** Lets `grantee` send notices. Grant it only to candidates: a notice can only cause a check, but each check costs a read. */
  grantMail(grantee: IGrantable): Grant {
    return grantSend(this.queue, grantee);
  }
}
