/** The function, its schedule and its election. Nothing else wakes it: the election has no heartbeaters. */
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { ServerlessElection } from 'tenure/cloud';

// #region scheduled-stack
export class StatementsStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const work = new TableV2(this, 'Work', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const election = new ServerlessElection(this, 'Statements', { election: 'statements', candidates: 0 });

    const statements = new NodejsFunction(this, 'SendStatements', {
      entry: 'examples/scheduled/handler.ts',
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.minutes(5),
      retryAttempts: 2, // an invocation that fails is tried again after a minute, and after two more
      environment: { WORK_TABLE: work.tableName },
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], bundleAwsSDK: true },
    });
    // One id for all of the function's environments: between two runs the office is kept for each of them.
    election.connect(statements, { candidate: 'statements' });
    Grant.addToPrincipal({
      grantee: statements,
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resourceArns: [work.tableArn],
    });
    const daily = Schedule.cron({ hour: '6', minute: '0' });
    new Rule(this, 'Daily', { schedule: daily, targets: [new LambdaFunction(statements)] });
  }
}
// #endregion
