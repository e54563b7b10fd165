/** A candidate that is a Lambda function: woken by ticks and vacancies, it leads within its invocations. */
import { Annotations, Duration } from 'aws-cdk-lib';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../names/environment.js';
import { candidateEnvironment } from './environment.js';
import { type FunctionSettings, lambdaEntry, MAX_EVENT_AGE, makeFunction, workEntry } from './function.js';
import { grantSend } from './grants.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { checkCandidateId, checkElectionName, checkWhole, refusal, show } from './refuse.js';
import { checkTimeout, resolveTimings, type Timings } from './timings.js';
import type { Watchdog } from './watchdog.js';

/** `always`: one candidate leads at all times, from invocation to invocation. `duty`: each minute one leads, works, and ends. */
export type Mode = 'always' | 'duty';

/** What a leader does: your own module. */
export interface Work {
  /** The file that exports `lead(leadership)`, relative to where the app runs. It is bundled into the function. */
  readonly entry: string;
  /** More environment variables for it. Default: none. */
  readonly environment?: Record<string, string>;
}

/** What can be chosen for each candidate; every property is optional. */
export interface HeartbeaterOptions {
  /** Default `always`; for a `function` of your own `duty`, because it is usually made by `leaderOnly()`. */
  readonly mode?: Mode;
  /** What its leader does. Default: a demonstration, which needs the environment variable `WORK_TABLE`. */
  readonly work?: Work;
  /**
   * Your own function instead, made by `leaderOnly()` or `heartbeater()`. If it belongs to this app, it gets its
   * environment, its grants, and one try per event. If it is imported, a warning says what to set.
   */
  readonly function?: IFunction;
  /** Rank among the candidates: 0 to 1 000 000, higher first. Default 0. */
  readonly priority?: number;
  /** How long one invocation may last. Default 900 s, Lambda's longest. Mode `always` needs 150 s or more. */
  readonly timeout?: Duration;
  /** In MB. Default 128: it waits nearly all of its time, and Lambda bills time by memory. Work may need more. */
  readonly memorySize?: number;
}

/** How a {@link Heartbeater} is made. */
export interface HeartbeaterProps extends HeartbeaterOptions, Timings, FunctionSettings {
  /** The office that it stands for. */
  readonly election: string;
  /** Its id, 1 to 128 bytes, e.g. `billing-a`. */
  readonly candidate: string;
  /** Where the elections are. */
  readonly table: ILeaseTable;
  /** The watchdog of its death notices. Default: it sends no notices, and a dead leader is found by the minute tick. */
  readonly watchdog?: Watchdog;
  /** Where it sends events that are malformed. */
  readonly deadLetterQueue: IQueue;
}

/**
 * A candidate of one election. It does nothing until {@link ReElection} wakes it. Section 8, minute tick, relay and duty.
 *
 * @example
 * const a = new Heartbeater(this, 'A', { election: 'billing', candidate: 'billing-a', table, watchdog, deadLetterQueue });
 * new ReElection(this, 'ReElection', { election: 'billing', bus: events.bus, heartbeaters: [a], deadLetterQueue });
 */
export class Heartbeater extends Construct implements IGrantable {
  /** The candidate's id. */
  readonly candidate: string;
  /** The election that it stands for. */
  readonly election: string;
  /** How it leads. */
  readonly mode: Mode;
  /** The function itself. */
  readonly function: IFunction;
  /** The function's role: grant it what its work needs. */
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: HeartbeaterProps) {
    super(scope, id);
    const { priority, table, watchdog, deadLetterQueue } = props;
    // `leaderOnly()` is a duty: in mode `always` its own resignations would wake it.
    const { mode = props.function ? 'duty' : 'always' } = props;
    if (mode !== 'always' && mode !== 'duty')
      throw refusal(this, `\`mode\` must be 'always' or 'duty', but is ${show(mode)}.`);
    if (priority !== undefined) checkWhole(this, 'priority', priority, 0, 1_000_000);
    this.election = checkElectionName(this, props.election);
    this.candidate = checkCandidateId(this, props.candidate);
    this.mode = mode;
    const timings = resolveTimings(this, props);
    const environment = {
      ...candidateEnvironment({ ...props, timings, given: props, noticeQueue: watchdog?.queue }),
      [ENVIRONMENT.mode]: mode,
      [ENVIRONMENT.deadLetterQueue]: deadLetterQueue.queueUrl,
    };
    this.function = props.function
      ? this.#adopt(props.function, props, timings, environment)
      : this.#make(props, timings, environment);
    this.grantPrincipal = this.function.grantPrincipal;
    table.grantCandidate(this, this.election);
    watchdog?.grantMail(this);
    grantSend(deadLetterQueue, this);
  }

  #make(props: HeartbeaterProps, timings: Required<Timings>, environment: Record<string, string>): IFunction {
    const { mode, work, timeout = Duration.seconds(900), memorySize = 128 } = props;
    checkTimeout(this, timeout, mode ?? 'always', timings);
    return makeFunction(this, 'Heartbeater', {
      ...props,
      file: 'heartbeater',
      description: `Tenure, election ${this.election}: candidate ${this.candidate}`,
      environment: { ...work?.environment, ...environment },
      timeout,
      memorySize,
      work: work ? workEntry(this, work.entry) : lambdaEntry(this, 'work'),
      async: true,
    });
  }

  #adopt(
    given: IFunction,
    props: HeartbeaterProps,
    timings: Required<Timings>,
    environment: Record<string, string>,
  ): IFunction {
    const clash = (['work', 'timeout', 'memorySize'] as const).filter((key) => props[key] !== undefined);
    if (clash.length > 0) {
      throw refusal(
        this,
        `\`function\` brings its own ${clash.map((key) => `\`${key}\``).join(', ')}: set it there instead.`,
      );
    }
    if (!(given instanceof LambdaFunction)) {
      Annotations.of(this).addWarningV2(
        'tenure:imported-function',
        `The environment and the limits of ${given.node.path} cannot be set from here. It needs a time-out longer than its ` +
          `lease, no retries of asynchronous invocations, and these variables: ${Object.keys(environment).join(', ')}.`,
      );
      return given;
    }
    // Without a time-out, Lambda's own three seconds apply.
    checkTimeout(this, given.timeout ?? Duration.seconds(3), this.mode, timings);
    for (const [name, value] of Object.entries(environment)) given.addEnvironment(name, value);
    if (given.node.tryFindChild('EventInvokeConfig') === undefined) {
      given.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: MAX_EVENT_AGE });
    }
    return given;
  }
}
