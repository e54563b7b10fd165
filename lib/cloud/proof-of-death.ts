/** Revokes a leader as soon as its ECS task has stopped, and not when the lease has run out. */
import { Duration } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { tableEnvironment } from './environment.js';
import { type FunctionSettings, MAX_EVENT_AGE, makeFunction } from './function.js';
import { grantSend, letEventsUseKey } from './grants.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { deadLetters } from './queues.js';
import { checkElectionName } from './refuse.js';
import { checkDrift } from './timings.js';

/** How a {@link ProofOfDeath} is made. */
export interface ProofOfDeathProps extends FunctionSettings {
  /** The election whose leaders it removes from office. */
  readonly election: string;
  /** Where the elections are. */
  readonly table: ILeaseTable;
  /** The cluster whose tasks are candidates. Default: every cluster of the account, in this Region. */
  readonly cluster?: ICluster;
  /** By what part of a lease a clock may err; the same as that of the candidates. Default 0.01. */
  readonly drift?: number;
  /** Where events go that are malformed or cannot be delivered. Default: a queue of its own. */
  readonly deadLetterQueue?: IQueue;
}

/**
 * Failover in seconds for candidates that are ECS tasks. It identifies a leader by its id, so tasks must keep the id that
 * names their task, which `Election.fromEnvironment()` makes if no id is set. Section 8, proof of death.
 *
 * @example
 * new ProofOfDeath(this, 'ProofOfDeath', { election: 'billing', table, cluster });
 */
export class ProofOfDeath extends Construct {
  /** Where events go that are malformed or cannot be delivered. */
  readonly deadLetterQueue: IQueue;
  /** The undertaker: the function that revokes. */
  readonly function: IFunction;
  /** The rule that calls the undertaker when a task has stopped. */
  readonly rule: Rule;

  constructor(scope: Construct, id: string, props: ProofOfDeathProps) {
    super(scope, id);
    const { table, cluster } = props;
    const election = checkElectionName(this, props.election);
    const drift = checkDrift(this, props.drift);
    this.deadLetterQueue = deadLetters(this, props.encryptionKey, props.deadLetterQueue);
    this.function = makeFunction(this, 'Undertaker', {
      ...props,
      file: 'undertaker',
      description: `Tenure, election ${election}: revokes a leader whose ECS task has stopped`,
      environment: {
        ...tableEnvironment(table, drift),
        [ENVIRONMENT.election]: election,
        [ENVIRONMENT.deadLetterQueue]: this.deadLetterQueue.queueUrl,
      },
      timeout: Duration.seconds(15),
      memorySize: 256,
      async: true,
    });
    table.grantRevoke(this.function, election);
    grantSend(this.deadLetterQueue, this.function);
    letEventsUseKey(this.deadLetterQueue);
    this.rule = new Rule(this, 'TaskStopped', {
      description: `Tenure, election ${election}: calls the undertaker when an ECS task has stopped`,
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { lastStatus: ['STOPPED'], ...(cluster && { clusterArn: [cluster.clusterArn] }) },
      },
      targets: [
        new LambdaFunction(this.function, {
          retryAttempts: 0,
          maxEventAge: MAX_EVENT_AGE,
          deadLetterQueue: this.deadLetterQueue,
        }),
      ],
    });
  }
}
