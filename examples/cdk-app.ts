/** An election in your own CDK stack, piece by piece. The tests synthesise each. */
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, FargateTaskDefinition, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { type IEventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type ILeaseTable, LeaseTable, ServerlessElection } from 'tenure/cloud';

/** Functions that lead, a task that stands beside them, and a function that is called when the leader changes. */
// #region cdk-app
export class BillingStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const work = new TableV2(this, 'Work', { partitionKey: { name: 'id', type: AttributeType.STRING } });

    const billing = new ServerlessElection(this, 'Billing', {
      election: 'billing',
      candidates: 2, // functions; they heartbeat, relay and re-elect by themselves
      work: { entry: 'examples/heartbeater-work.ts', environment: { WORK_TABLE: work.tableName } },
    });

    // A server may stand for the same office: its environment and its grants in one call.
    const task = new FargateTaskDefinition(this, 'Task');
    task.addContainer('billing', {
      image: ContainerImage.fromRegistry('public.ecr.aws/example/billing'),
      environment: { WORK_TABLE: work.tableName },
      logging: LogDrivers.awsLogs({ streamPrefix: 'billing' }),
    });
    billing.connect(task);

    for (const grantee of [...billing.heartbeaters, task.taskRole]) {
      Grant.addToPrincipal({ grantee, actions: ['dynamodb:UpdateItem'], resourceArns: [work.tableArn] });
    }

    // A function that is called at every change of leader.
    const leaders = new TableV2(this, 'Leaders', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const consumer = new NodejsFunction(this, 'Consumer', {
      entry: 'examples/event-consumer.ts',
      runtime: Runtime.NODEJS_24_X,
      environment: { LEADERS_TABLE: leaders.tableName },
    });
    leaders.grantReadWriteData(consumer);
    new Rule(this, 'OfficeChanged', {
      eventBus: billing.bus,
      eventPattern: { source: ['tenure'], detail: { election: ['billing'] } },
      targets: [new LambdaFunction(consumer)],
    });
  }
}
// #endregion

/** A function of your own with its own trigger: no heartbeaters, and nothing else wakes it. */
export function reminders(scope: Construct, work: TableV2): ServerlessElection {
  // #region cdk-leader-only
  const election = new ServerlessElection(scope, 'Reminders', { election: 'reminders', candidates: 0 });
  const remind = new NodejsFunction(scope, 'Remind', {
    entry: 'examples/lambda.ts',
    runtime: Runtime.NODEJS_24_X,
    timeout: Duration.minutes(1),
    environment: { WORK_TABLE: work.tableName },
    bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true },
  });
  election.connect(remind, { candidate: 'remind-us-east-1' });
  Grant.addToPrincipal({ grantee: remind, actions: ['dynamodb:UpdateItem'], resourceArns: [work.tableArn] });
  new Rule(scope, 'EveryHour', { schedule: Schedule.rate(Duration.hours(1)), targets: [new LambdaFunction(remind)] });
  // #endregion
  return election;
}

/** A candidate that is a function of your own. */
export function ownFunction(scope: Construct): ServerlessElection {
  // #region cdk-own-function
  const own = new NodejsFunction(scope, 'Own', {
    entry: 'examples/own-function.ts',
    runtime: Runtime.NODEJS_24_X,
    timeout: Duration.seconds(900),
    environment: { BUILD: process.env.GIT_COMMIT?.slice(0, 8) ?? 'local' },
    bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true },
  });
  return new ServerlessElection(scope, 'Exports', {
    election: 'exports',
    candidates: [{ function: own, id: 'exports-own', mode: 'always' }],
  });
  // #endregion
}

/** Parts that exist already. */
export function ownParts(scope: Construct, mine: { bus: IEventBus; key: IKey; vpc: IVpc; boundary: IManagedPolicy }) {
  // #region cdk-own-parts
  return new ServerlessElection(scope, 'Ledger', {
    election: 'ledger',
    bus: mine.bus,
    encryptionKey: mine.key, // logs, environments, queues, and the table
    vpc: mine.vpc, // it must let functions reach DynamoDB, SQS and EventBridge
    permissionsBoundary: mine.boundary,
    logRetention: RetentionDays.ONE_MONTH,
  });
  // #endregion
}

/** Several elections in one table, and a table that exists already. */
export function several(scope: Construct, existing: TableV2): [ServerlessElection, ServerlessElection, ILeaseTable] {
  // #region cdk-several
  const table = new LeaseTable(scope, 'Leases', { removalPolicy: RemovalPolicy.RETAIN });
  const shared = LeaseTable.fromTable(scope, 'Existing', existing); // keys pk and sk (text), a stream of both images

  const billing = new ServerlessElection(scope, 'Billing', { election: 'billing', table });
  const mailing = new ServerlessElection(scope, 'Mailing', {
    election: 'mailing',
    table,
    mode: 'duty',
    leaseMs: 30_000,
  });
  // #endregion
  return [billing, mailing, shared];
}

/** An election that goes on when a Region is lost. */
export function threeRegions(scope: Construct): ServerlessElection {
  // #region cdk-three-regions
  return new ServerlessElection(scope, 'Global', {
    election: 'global',
    multiRegion: { replicas: ['us-east-2'], witness: 'us-west-2' }, // the stack itself is in us-east-1
  });
  // #endregion
}
