/** The CDK app: `npx cdk deploy` makes an election that needs no server. Its settings are in cdk.json; see config.ts. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from './config.js';
import { TenureStack } from './stack.js';

const app = new App();
const config = readConfig(app.node.getAllContext());
new TenureStack(app, config.stackName, config, {
  description: `Tenure: leader election "${config.election}" without servers`,
  env: {
    account: process.env.CDK_DEFAULT_ACCOUNT,
    region: config.region ?? process.env.CDK_DEFAULT_REGION,
  },
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
