/** A CDK app of the end-to-end run: the lease API on a table of its own, and a role that may call it. */
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { LeaseTable } from '../../../lib/cloud/index.js';
import { LeaseApi } from '../../../lib/cloud/lease-api.js';

const app = new App();
const setting = (name: string): string => {
  const value: unknown = app.node.tryGetContext(name);
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`This app must be told \`--context ${name}=...\`, but got ${JSON.stringify(value)}.`);
};

const stack = new Stack(app, setting('stackName'));
const table = new LeaseTable(stack, 'Leases', { removalPolicy: RemovalPolicy.DESTROY });
const api = new LeaseApi(stack, 'Api', {
  table,
  elections: [setting('election')],
  logRemovalPolicy: RemovalPolicy.DESTROY,
});
const worker = new Role(stack, 'Worker', { assumedBy: new AccountRootPrincipal() });
api.grantInvoke(worker);
// It may do something else, but not this.
const other = new Role(stack, 'Other', { assumedBy: new AccountRootPrincipal() });
table.grantObserve(other, setting('election'));
for (const [name, value] of Object.entries({ Url: api.url, WorkerArn: worker.roleArn, OtherArn: other.roleArn })) {
  new CfnOutput(stack, name, { value });
}
