/** The lease API behind a function URL, for candidates in any language that may call it by IAM (protocol, sections 3 to 5). */
import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  type CfnFunction,
  type FunctionUrl,
  FunctionUrlAuthType,
  type IFunction,
  InvokeMode,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { MAX_REQUEST_WAIT_MS } from '../names/limits.js';
import { tableEnvironment } from './environment.js';
import { type FunctionSettings, makeFunction } from './function.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { checkElectionName, checkWhole, refusal, show } from './refuse.js';
import { checkDrift } from './timings.js';

/** How a {@link LeaseApi} is made. */
export interface LeaseApiProps extends FunctionSettings {
  /** Where the elections are. */
  readonly table: ILeaseTable;
  /**
   * The elections that it serves, one or more. Whoever may call the URL may act as any candidate of any of them: give
   * elections that must be kept apart an API each.
   */
  readonly elections: readonly string[];
  /** By what part of a lease a clock may err; the same as that of all other candidates. Default 0.01. */
  readonly drift?: number;
  /** How many requests are answered at a time; each that waits is one. Default: what the account has. */
  readonly reservedConcurrentExecutions?: number;
  /** In MB. Default 256: requests that wait are paid for by it. */
  readonly memorySize?: number;
}

/** The longest wait, and room for the reads and writes around it. */
const TIMEOUT = Duration.millis(MAX_REQUEST_WAIT_MS + 20_000);

/**
 * Carries the conditional writes of candidates that speak HTTP. It keeps no state, and decides nothing by a clock of its
 * own but within one request that waits. Sections 3 to 5.
 *
 * @example
 * const api = new LeaseApi(this, 'LeaseApi', { table, elections: ['billing'] });
 * api.grantInvoke(workerRole);
 */
export class LeaseApi extends Construct {
  /** The function that answers. */
  readonly function: IFunction;
  /** Where it answers: `https://...lambda-url.<Region>.on.aws/`. */
  readonly url: string;
  /** The function's URL, which takes requests signed by IAM alone. */
  readonly functionUrl: FunctionUrl;

  constructor(scope: Construct, id: string, props: LeaseApiProps) {
    super(scope, id);
    const { table, memorySize = 256, reservedConcurrentExecutions } = props;
    const elections = this.#checkElections(props.elections);
    const made = makeFunction(this, 'LeaseApi', {
      ...props,
      file: 'lease-api',
      description: `Tenure: the lease API of ${elections.length} election${elections.length === 1 ? '' : 's'}`,
      environment: {
        ...tableEnvironment(table, checkDrift(this, props.drift)),
        [ENVIRONMENT.elections]: elections.join(','),
      },
      timeout: TIMEOUT,
      memorySize,
    });
    this.function = made;
    // To read and to update is all it does: `grantCandidate` would add what transactions need, which it never sends.
    for (const election of elections) table.grantRevoke(made, election);
    if (reservedConcurrentExecutions !== undefined) {
      const most = checkWhole(this, 'reservedConcurrentExecutions', reservedConcurrentExecutions, 1, 100_000);
      (made.node.defaultChild as CfnFunction).reservedConcurrentExecutions = most;
    }
    this.functionUrl = made.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM, invokeMode: InvokeMode.BUFFERED });
    this.url = this.functionUrl.url;
  }

  /**
   * Lets `grantee` call the URL, and the function by nothing else but the URL. A principal of another account needs a
   * permission on the function as well.
   */
  grantInvoke(grantee: IGrantable): Grant {
    const url = Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunctionUrl'],
      resourceArns: [this.function.functionArn],
      conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
    });
    // A function URL asks for this one as well since October 2025.
    const viaUrl = Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.function.functionArn],
      conditions: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
    });
    return url.combine(viaUrl);
  }

  #checkElections(names: readonly string[]): readonly string[] {
    if (!Array.isArray(names) || names.length === 0) {
      throw refusal(this, `\`elections\` must be the names of one or more elections, but is ${show(names)}.`);
    }
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw refusal(this, `\`elections\` must name each once, but has ${show(twice)} twice.`);
    return names.map((name) => checkElectionName(this, name));
  }
}
