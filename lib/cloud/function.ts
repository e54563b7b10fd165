/** What all functions of Tenure have in common: how they are bundled, which permissions they all have, where they log. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArnFormat, Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type IManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { refusal } from './refuse.js';

/** Where and how the functions run. Every setting is optional. */
export interface FunctionSettings {
  /** The network they run in, which must let them reach DynamoDB, SQS and EventBridge. Default: none. */
  readonly vpc?: IVpc;
  /** Which of its subnets. Default: the private ones. */
  readonly vpcSubnets?: SubnetSelection;
  /** Their security groups in the VPC. Default: one for each function, which allows only outgoing traffic. */
  readonly securityGroups?: ISecurityGroup[];
  /** A key of your own for logs, environments and queues. Default: keys that AWS owns. */
  readonly encryptionKey?: IKey;
  /** The permissions boundary of every role. Default: none. */
  readonly permissionsBoundary?: IManagedPolicy;
  /** How long logs are kept. Default: two weeks. */
  readonly logRetention?: RetentionDays;
  /** What happens to log groups that are removed from the stack. Default: CDK's own, `RETAIN`. */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** One function. */
interface FunctionProps extends FunctionSettings {
  /** Which file of `lambda/`, without its extension. */
  readonly file: 'heartbeater' | 'watchdog' | 'publisher' | 'undertaker' | 'roll-call' | 'lease-api';
  readonly description: string;
  readonly environment: Record<string, string>;
  readonly timeout: Duration;
  readonly memorySize: number;
  /** The module that the heartbeater imports as `tenure-work`. */
  readonly work?: string;
  /** Asynchronous invocations are tried once, and not at all if they are older than a minute. */
  readonly async?: boolean;
}

/** How old an event may be: a later one is of no use, because the next tick has come by then. */
export const MAX_EVENT_AGE = Duration.seconds(60);

/** Makes a function with a role and a log group of its own. */
export function makeFunction(parent: Construct, id: string, props: FunctionProps): NodejsFunction {
  const scope = new Construct(parent, id);
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: props.logRetention ?? RetentionDays.TWO_WEEKS,
    removalPolicy: props.logRemovalPolicy,
    encryptionKey: props.encryptionKey,
  });
  const role = makeRole(scope, props);
  logGroup.grantWrite(role); // CreateLogStream and PutLogEvents, in this group
  if (props.encryptionKey) letLogsUseKey(scope, props.encryptionKey, role);
  return new NodejsFunction(scope, 'Function', {
    entry: lambdaEntry(scope, props.file),
    description: props.description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memorySize,
    timeout: props.timeout,
    role,
    logGroup,
    environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
    environmentEncryption: props.encryptionKey,
    awsSdkConnectionReuse: false, // a setting of the SDK's version 2
    vpc: props.vpc,
    vpcSubnets: props.vpc && props.vpcSubnets,
    securityGroups: props.vpc && props.securityGroups,
    ...(props.async && { retryAttempts: 0, maxEventAge: MAX_EVENT_AGE }),
    bundling: {
      format: OutputFormat.ESM,
      // `module` first: the SDK's CommonJS files would call `require`, which an ESM bundle does not have.
      mainFields: ['module', 'main'],
      // The SDK that was tested, and not the one that Lambda happens to have. Tree-shaken, it also starts faster.
      bundleAwsSDK: true,
      minify: true,
      sourceMap: true,
      sourcesContent: false, // a stack trace needs only positions: the sources are in the package
      ...(props.work && { esbuildArgs: { '--alias:tenure-work': props.work } }),
    },
  });
}

function makeRole(scope: Construct, { vpc, permissionsBoundary }: FunctionSettings): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    permissionsBoundary,
  });
  if (vpc === undefined) return role;
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda attaches a function to a VPC with network interfaces that do not exist beforehand, so they cannot be named. ' +
      'Only the six actions of AWSLambdaVPCAccessExecutionRole for that are allowed on any resource.',
  });
  return role;
}

/** Lets CloudWatch Logs encrypt this account's log groups with the key, and the function decrypt its environment. */
function letLogsUseKey(scope: Construct, key: IKey, role: Role): void {
  const stack = Stack.of(scope);
  key.grant(role, 'kms:Decrypt');
  const logs = new ServicePrincipal(`logs.${stack.region}.amazonaws.com`, {
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: '*',
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      },
    },
  });
  key.grant(
    logs,
    'kms:Encrypt',
    'kms:Decrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:DescribeKey',
  );
}

/** A file of `lambda/`, beside `lib/`: TypeScript in the sources, JavaScript in the built package. */
export function lambdaEntry(scope: Construct, file: string): string {
  const base = fileURLToPath(new URL(`../../lambda/${file}`, import.meta.url));
  const found = [`${base}.ts`, `${base}.js`].find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw refusal(scope, `the function ${base}.ts (or .js) is missing: the package is incomplete. Install it again.`);
}

/** The user's own work, as an absolute path. */
export function workEntry(scope: Construct, entry: string): string {
  const path = resolve(entry);
  if (existsSync(path)) return path;
  throw refusal(
    scope,
    `\`work.entry\` must be a file that exports \`lead(leadership)\`, but there is none at ${path}.`,
  );
}
