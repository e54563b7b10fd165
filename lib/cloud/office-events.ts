/** Changes of office on an event bus: the table's stream, a publisher, the bus (protocol, section 8). */
import { Duration } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant } from 'aws-cdk-lib/aws-iam';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type IFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { type FunctionSettings, makeFunction } from './function.js';
import { grantSend, grantTableKey } from './grants.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { deadLetters } from './queues.js';
import { checkElectionName, refusal } from './refuse.js';

/** How {@link OfficeEvents} are made. */
export interface OfficeEventsProps extends FunctionSettings {
  /** Where the elections are. It must have a stream of new and old images. */
  readonly table: ILeaseTable;
  /** The one election whose changes are published. Default: all elections of the table. */
  readonly election?: string;
  /** The bus on which they are published. Default: one of its own. */
  readonly bus?: IEventBus;
  /** Where records go that are malformed, or could not be published. Default: a queue of its own. */
  readonly deadLetterQueue?: IQueue;
}

/**
 * Puts `Leader Elected`, `Leader Resigned`, `Leader Expired` and `Leader Revoked` on a bus, at least once each. The bus
 * promises no order. Each event carries `(election, term, beat)`, by which consumers put events in order and drop
 * duplicates. Section 8, changes of office.
 *
 * @example
 * const events = new OfficeEvents(this, 'OfficeEvents', { table });
 * new Rule(this, 'NewLeader', { eventBus: events.bus, eventPattern: { detailType: ['Leader Elected'] }, targets });
 */
export class OfficeEvents extends Construct {
  /** The bus on which changes are published. */
  readonly bus: IEventBus;
  /** Where records go that could not be published. */
  readonly deadLetterQueue: IQueue;
  /** The publisher. */
  readonly function: IFunction;
  /** Its log group, with one line for each change of office. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: OfficeEventsProps) {
    super(scope, id);
    const { table, election, encryptionKey } = props;
    if (election !== undefined) checkElectionName(this, election);
    const { tableStreamArn } = table;
    if (tableStreamArn === undefined) {
      throw refusal(
        this,
        'changes of office are read from the stream of the table, but no stream of this table is known: switch it on with new and ' +
          'old images, and name it (`TableV2.fromTableAttributes(..., { tableStreamArn })`).',
      );
    }
    this.deadLetterQueue = deadLetters(this, encryptionKey, props.deadLetterQueue);
    this.bus =
      props.bus ??
      new EventBus(this, 'Bus', {
        description: `Tenure: changes of office${election ? ` of election ${election}` : ''}`,
        kmsKey: encryptionKey,
      });
    const publisher = makeFunction(this, 'Publisher', {
      ...props,
      file: 'publisher',
      description: `Tenure: publishes changes of office on the event bus${election ? `, election ${election}` : ''}`,
      environment: {
        ...(election !== undefined && { [ENVIRONMENT.election]: election }),
        [ENVIRONMENT.bus]: this.bus.eventBusName,
        [ENVIRONMENT.deadLetterQueue]: this.deadLetterQueue.queueUrl,
      },
      timeout: Duration.seconds(30),
      memorySize: 256,
    });
    this.function = publisher;
    this.logGroup = publisher.logGroup;
    Grant.addToPrincipal({
      grantee: this.function,
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      resourceArns: [tableStreamArn],
    });
    grantTableKey(table.table.encryptionKey, this.function, 'read');
    Grant.addToPrincipal({
      grantee: this.function,
      actions: ['events:PutEvents'],
      resourceArns: [this.bus.eventBusArn],
    });
    grantSend(this.deadLetterQueue, this.function);
    this.#read(tableStreamArn, election);
  }

  #read(tableStreamArn: string, election: string | undefined): void {
    new EventSourceMapping(this, 'Changes', {
      target: this.function,
      eventSourceArn: tableStreamArn,
      // From the oldest: changes between the creation of the table and of this mapping must not be missed.
      startingPosition: StartingPosition.TRIM_HORIZON,
      // Ten events are one call to the bus. They are taken as they come, with no window to wait for more.
      batchSize: 10,
      // One at a time for each shard: a shard holds all changes of an election, so they stay in order.
      parallelizationFactor: 1,
      reportBatchItemFailures: true,
      // The defaults retry for ever, and block all elections of the shard in the meantime.
      retryAttempts: 10,
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(1),
      // Not CDK's SqsDlq, which grants more than sending.
      onFailure: { bind: () => ({ destination: this.deadLetterQueue.queueArn }) },
      filters: [FilterCriteria.filter({ dynamodb: changesOfOffice(election) })],
    });
  }
}

/** Only a write that changes the office has a `transition`: heartbeats never wake the publisher. */
function changesOfOffice(election: string | undefined): object {
  return {
    Keys: {
      ...(election !== undefined && { pk: { S: FilterRule.isEqual(`election#${election}`) } }),
      sk: { S: FilterRule.isEqual('leader') },
    },
    NewImage: { transition: { S: FilterRule.exists() } },
  };
}
