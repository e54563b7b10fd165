/** A CDK app of the end-to-end run: the lease API on a table of its own, a role that may call it, and a roll call. */
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { LeaseApi, LeaseTable, RollCall } from '../../../lib/cloud/index.js';

const app = new App();
const setting = (name: string): string => {
  const value: unknown = app.node.tryGetContext(name);
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`This app needs \`--context ${name}=...\`, but got ${JSON.stringify(value)}.`);
};

const stack = new Stack(app, setting('stackName'));
const table = new LeaseTable(stack, 'Leases', { removalPolicy: RemovalPolicy.DESTROY });
const election = setting('election');
const common = { table, logRemovalPolicy: RemovalPolicy.DESTROY };
const api = new LeaseApi(stack, 'Api', { ...common, elections: [election] });
const rollCall = new RollCall(stack, 'RollCall', { ...common, election });
const worker = new Role(stack, 'Worker', { assumedBy: new AccountRootPrincipal() });
api.grantInvoke(worker);
// It may do something else, but not this.
const other = new Role(stack, 'Other', { assumedBy: new AccountRootPrincipal() });
table.grantObserve(other, election);
const outputs = {
  Url: api.url,
  WorkerArn: worker.roleArn,
  OtherArn: other.roleArn,
  RollCallName: rollCall.function.functionName,
};
for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
