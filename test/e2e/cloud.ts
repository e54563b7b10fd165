/** The cloud as this run uses it: a user with rights, SDK clients, the stock CDK CLI, and what a stack holds. */
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SQSClient } from '@aws-sdk/client-sqs';
import { packageRoot } from '../../lib/local/package-root.js';
import type { Emulator } from './emulator.js';
import { runGroup } from './processes.js';
import { withoutAws } from './python.js';
import { type Account, type Credentials, query, REGION, texts } from './signed.js';

const CDK = join(packageRoot(), 'node_modules', '.bin', 'cdk');
/** The emulator's only account, unless others are made. */
const ACCOUNT = '000000000000';
const CDK_LIMIT_MS = 5 * 60_000;
/** What the emulator takes for the account's root before there is a user. */
const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' };
const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Settings by which the app is deployed: `--context name=value` each. */
export type Context = Readonly<Record<string, string>>;

export class Cloud {
  readonly account: Account;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly lambda: LambdaClient;
  readonly events: EventBridgeClient;
  readonly formation: CloudFormationClient;

  private constructor(
    readonly emulator: Emulator,
    readonly folder: string,
    credentials: Credentials,
  ) {
    const { endpoint, agent } = emulator;
    this.account = { endpoint, agent, credentials };
    const config = { endpoint, region: REGION, credentials, requestHandler: { httpsAgent: agent } };
    this.dynamodb = new DynamoDBClient(config);
    this.sqs = new SQSClient(config);
    this.lambda = new LambdaClient(config);
    this.events = new EventBridgeClient(config);
    this.formation = new CloudFormationClient(config);
  }

  /** Makes a user that may do everything: as on AWS, roles are not for the root user. */
  static async open(emulator: Emulator, folder: string): Promise<Cloud> {
    return new Cloud(emulator, folder, await makeUser(emulator, 'e2e', ALLOW_ALL));
  }

  /** The same cloud, for a user that may do nothing. */
  async stranger(): Promise<Cloud> {
    return new Cloud(this.emulator, this.folder, await makeUser(this.emulator, 'stranger'));
  }

  /** The temporary credentials of a role. */
  async assume(roleArn: string): Promise<Credentials> {
    const input = { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: 'e2e' };
    const answer = await query(this.account, 'sts', '2011-06-15', input);
    const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(
      (element) => texts(answer, element)[0],
    );
    if (accessKeyId && secretAccessKey && sessionToken) return { accessKeyId, secretAccessKey, sessionToken };
    throw new Error(`The emulator gave no credentials for ${roleArn}: ${answer}`);
  }

  /** The environment of a child process that is to reach this cloud, and no other. */
  env(): NodeJS.ProcessEnv {
    const { endpoint, credentials } = this.account;
    return {
      ...withoutAws(),
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      // No profile of the user's can lead elsewhere.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      NODE_EXTRA_CA_CERTS: this.emulator.ca,
      // The CLI looks here first, and then at the variables of other programs.
      AWS_CA_BUNDLE: this.emulator.ca,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      NO_COLOR: '1',
    };
  }

  /** Prepares the account for deploys; the app plays no part in that. */
  async bootstrap(): Promise<void> {
    const log = join(this.folder, 'cdk-bootstrap.log');
    const args = ['bootstrap', `aws://${ACCOUNT}/${REGION}`, '--ci', '--no-notices'];
    await runGroup('cdk bootstrap', CDK, args, { cwd: this.folder, env: this.env(), log, limitMs: CDK_LIMIT_MS });
  }

  /** Runs the stock CDK CLI on the app as it stands in the clone; returns what it said. */
  async cdk(command: string, args: readonly string[], context: Context = {}): Promise<string> {
    const settings = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
    const name = [command, context.stackName].filter(Boolean).join('-');
    const output = join(this.folder, `cdk.out-${name}`);
    const all = [command, ...args, ...settings, '--output', output, '--ci', '--no-notices'];
    const log = join(this.folder, `cdk-${name}.log`);
    return runGroup(`cdk ${command}`, CDK, all, { cwd: packageRoot(), env: this.env(), log, limitMs: CDK_LIMIT_MS });
  }

  async resourcesOf(stackName: string): Promise<StackResourceSummary[]> {
    const all: StackResourceSummary[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.formation.send(new ListStackResourcesCommand({ StackName: stackName, NextToken }));
      all.push(...(page.StackResourceSummaries ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return all;
  }

  async outputsOf(stackName: string): Promise<Record<string, string>> {
    const { Stacks = [] } = await this.formation.send(new DescribeStacksCommand({ StackName: stackName }));
    return Object.fromEntries((Stacks[0]?.Outputs ?? []).map((one) => [one.OutputKey ?? '', one.OutputValue ?? '']));
  }

  /** Invokes a function and waits for its result. */
  async invoke<T>(functionName: string, event: unknown): Promise<{ result: T; ms: number }> {
    const startedAt = performance.now();
    const { Payload, FunctionError } = await this.lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
    );
    const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
    if (FunctionError !== undefined) throw new Error(`${functionName} failed (${FunctionError}): ${text}`);
    return { result: (text === '' ? undefined : JSON.parse(text)) as T, ms: performance.now() - startedAt };
  }

  /** Invokes a function without waiting for it, as an event rule does. */
  async wake(functionName: string): Promise<void> {
    await this.lambda.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: JSON.stringify({}) }),
    );
  }
}

async function makeUser(emulator: Emulator, name: string, policy?: object): Promise<Credentials> {
  const root: Account = { endpoint: emulator.endpoint, agent: emulator.agent, credentials: ROOT };
  const iam = (input: Record<string, string>) => query(root, 'iam', '2010-05-08', { ...input, UserName: name });
  await iam({ Action: 'CreateUser' });
  if (policy !== undefined) {
    await iam({ Action: 'PutUserPolicy', PolicyName: 'all', PolicyDocument: JSON.stringify(policy) });
  }
  const key = await iam({ Action: 'CreateAccessKey' });
  const [accessKeyId, secretAccessKey] = [texts(key, 'AccessKeyId')[0], texts(key, 'SecretAccessKey')[0]];
  if (!accessKeyId || !secretAccessKey) throw new Error(`The emulator gave no access key for ${name}: ${key}`);
  return { accessKeyId, secretAccessKey };
}
