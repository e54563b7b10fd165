/** The stack of the app: one election, whose work can be watched in a table of its own. */
import { fileURLToPath } from 'node:url';
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { ServerlessElection } from '../lib/cloud/index.js';
import type { Config } from './config.js';

export class TenureStack extends Stack {
  readonly election: ServerlessElection;
  /** Where the demonstration counts: one item by election, stamped with the fence. */
  readonly workTable: TableV2;

  constructor(scope: Construct, id: string, config: Config, props: StackProps = {}) {
    super(scope, id, props);
    const keep = config.removal === 'retain';
    const removalPolicy = keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.workTable = new TableV2(this, 'Work', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keep,
      removalPolicy,
    });
    const { stackName, timeoutSeconds, removal, region, monitoring, alarmEmail, ...settings } = config;
    this.election = new ServerlessElection(this, 'Election', {
      ...settings,
      monitoring: monitoring && { topic: alarmEmail ? this.#mailTo(alarmEmail) : undefined },
      removalPolicy,
      timeout: Duration.seconds(timeoutSeconds),
      work: {
        entry: fileURLToPath(new URL('../lambda/work.ts', import.meta.url)),
        environment: { WORK_TABLE: this.workTable.tableName },
      },
    });
    for (const grantee of this.election.heartbeaters) {
      Grant.addToPrincipal({ grantee, actions: ['dynamodb:UpdateItem'], resourceArns: [this.workTable.tableArn] });
    }
    this.#addOutputs();
  }

  #mailTo(address: string): Topic {
    const topic = new Topic(this, 'Alarms', { displayName: 'Tenure', enforceSSL: true });
    topic.addSubscription(new EmailSubscription(address));
    return topic;
  }

  /** What an operator, and the end-to-end run, wants to find. */
  #addOutputs(): void {
    const { table, bus, watchdog, deadLetterQueue, officeEvents, proofOfDeath, reElection, heartbeaters } =
      this.election;
    this.#output('TableName', table.tableName, 'The table of the elections');
    this.#output('WorkTableName', this.workTable.tableName, 'Where the demonstration counts');
    this.#output('BusName', bus.eventBusName, 'The event bus on which changes of office are published');
    this.#output('NoticeQueueUrl', watchdog?.queue.queueUrl, 'The queue of post-dated death notices');
    this.#output('DeadLetterQueueUrl', deadLetterQueue.queueUrl, 'Where what cannot be handled ends');
    for (const [
      index,
      {
        candidate,
        function: { functionName },
      },
    ] of heartbeaters.entries()) {
      const letter = String.fromCharCode('A'.charCodeAt(0) + index);
      this.#output(`Heartbeater${letter}`, functionName, `The function that is candidate ${candidate}`);
    }
    this.#output('Watchdog', watchdog?.function.functionName, 'The function that hears death notices');
    this.#output('Publisher', officeEvents.function.functionName, 'The function that publishes changes of office');
    this.#output(
      'Undertaker',
      proofOfDeath?.function.functionName,
      'The function that revokes leaders whose task stopped',
    );
    this.#output('TaskStoppedRule', proofOfDeath?.rule.ruleName, 'The rule that invokes it for stopped tasks');
    this.#output('Dashboard', this.election.monitoring?.dashboard?.dashboardName, 'Shows who leads, and why');
    for (const [index, rule] of reElection.vacancyRules.entries()) {
      this.#output(`VacancyRule${index + 1}`, rule.ruleName, 'Wakes the heartbeaters when the office becomes vacant');
    }
    for (const [index, rule] of reElection.tickRules.entries()) {
      this.#output(`TickRule${index + 1}`, rule.ruleName, 'Wakes the heartbeaters once a minute');
    }
  }

  #output(name: string, value: string | undefined, description: string): void {
    if (value !== undefined) new CfnOutput(this, name, { value, description });
  }
}
