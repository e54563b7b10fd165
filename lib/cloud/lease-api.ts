/** The lease API behind a function URL, for candidates in any language, with access by IAM (protocol, sections 3 to 5). */
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
   * The elections that it serves, one or more. A caller of the URL can act as any candidate of any of them: give
   * elections that must be kept apart an API each.
   */
  readonly elections: readonly string[];
  /** By what part of a lease a clock may err; the same as that of all other candidates. Default 0.01. */
  readonly drift?: number;
  /** How many requests are answered at a time; each waiting one counts. Default: the limit of the account. */
  readonly reservedConcurrentExecutions?: number;
  /** In MB. Default 256: it decides the price of requests that wait. */
  readonly memorySize?: number;
}

/** The longest wait, and time for the reads and writes around it. */
const TIMEOUT = Duration.millis(MAX_REQUEST_WAIT_MS + 20_000);

/**
 * Makes the conditional writes of candidates that use HTTP. It keeps no state, and decides by its own clock only within
 * one request that waits. Sections 3 to 5.
 *
 * @example
 * const api = new LeaseApi(this, 'LeaseApi', { table, elections: ['billing'] });
 * api.grantInvoke(workerRole);
 */
export class LeaseApi extends Construct {
  /** The function that answers. */
  readonly function: IFunction;
  /** Its address: `https://...lambda-url.<Region>.on.aws/`. */
  readonly url: string;
  /** The function's URL, which accepts only requests signed for IAM. */
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
    // It only reads and updates: `grantCandidate` would add what transactions need, and it sends none.
    for (const election of elections) table.grantRevoke(made, election);
    if (reservedConcurrentExecutions !== undefined) {
      const most = checkWhole(this, 'reservedConcurrentExecutions', reservedConcurrentExecutions, 1, 100_000);
      (made.node.defaultChild as CfnFunction).reservedConcurrentExecutions = most;
    }
    this.functionUrl = made.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM, invokeMode: InvokeMode.BUFFERED });
    this.url = this.functionUrl.url;
  }

  /**
   * Lets `grantee` call the URL, and call the function only by the URL. A principal of another account needs a
   * permission on the function as well.
   */
  grantInvoke(grantee: IGrantable): Grant {
    const url = Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunctionUrl'],
      resourceArns: [this.function.functionArn],
      conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
    });
    // Since October 2025 a function URL needs this permission too.
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
