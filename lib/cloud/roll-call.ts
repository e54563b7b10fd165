/** The roll call: a function that counts the standbys once a minute, so that no candidate has to report its own silence. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { tableEnvironment } from './environment.js';
import { type FunctionSettings, MAX_EVENT_AGE, makeFunction } from './function.js';
import { letEventsUseKey } from './grants.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { deadLetters } from './queues.js';
import { checkElectionName } from './refuse.js';
import { checkDrift } from './timings.js';

/** How a {@link RollCall} is made. */
export interface RollCallProps extends FunctionSettings {
  /** The election whose candidates stand on a roster (`succession`). */
  readonly election: string;
  /** Where the elections are. */
  readonly table: ILeaseTable;
  /** The same as that of the candidates. Default 0.01. */
  readonly drift?: number;
  /** Where ticks go that EventBridge cannot deliver. Default: a queue of its own. */
  readonly deadLetterQueue?: IQueue;
}

/**
 * Emits the metric `Standbys` once a minute: how many candidates stand on the roster, are alive and do not lead. It only
 * reads. `ServerlessElection` with `succession` has one.
 *
 * @example
 * const rollCall = new RollCall(this, 'RollCall', { election: 'billing', table });
 * new Monitoring(this, 'Monitoring', { election: 'billing', functions: { rollCall: rollCall.function } });
 */
export class RollCall extends Construct {
  /** Where events go that are malformed or cannot be delivered. */
  readonly deadLetterQueue: IQueue;
  /** The function that reads the roster. */
  readonly function: IFunction;
  /** Wakes it once a minute. */
  readonly rule: Rule;

  constructor(scope: Construct, id: string, props: RollCallProps) {
    super(scope, id);
    const { table } = props;
    const election = checkElectionName(this, props.election);
    this.deadLetterQueue = deadLetters(this, props.encryptionKey, props.deadLetterQueue);
    this.function = makeFunction(this, 'RollCall', {
      ...props,
      file: 'roll-call',
      description: `Tenure, election ${election}: counts the standbys once a minute`,
      environment: {
        ...tableEnvironment(table, checkDrift(this, props.drift)),
        [ENVIRONMENT.election]: election,
      },
      timeout: Duration.seconds(15),
      memorySize: 128,
      async: true,
    });
    table.grantObserve(this.function, election);
    table.grantReadRoster(this.function, election);
    letEventsUseKey(this.deadLetterQueue);
    this.rule = new Rule(this, 'Minute', {
      schedule: Schedule.rate(Duration.minutes(1)),
      description: `Tenure, election ${election}: wakes its roll call once a minute`,
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
