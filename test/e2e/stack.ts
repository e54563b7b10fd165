/** What a deployed stack of the app holds: by its outputs, and by the settings of its functions and rules. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeRuleCommand,
  type DescribeRuleCommandOutput,
  DisableRuleCommand,
  EnableRuleCommand,
} from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { ENVIRONMENT } from '../../lib/names/environment.js';
import type { Cloud } from './cloud.js';

/** A function and its settings. */
export interface DeployedFunction {
  readonly name: string;
  readonly logGroup: string;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A message that was buried, and why. */
export interface Buried {
  readonly body: string;
  readonly reason: string | undefined;
  readonly source: string | undefined;
}

type Rule = DescribeRuleCommandOutput;

export class Stack {
  private constructor(
    readonly cloud: Cloud,
    readonly name: string,
    readonly functions: readonly DeployedFunction[],
    readonly rules: readonly Rule[],
    private readonly outputs: Readonly<Record<string, string>>,
  ) {}

  /** Looks at what the stack of this name holds now. */
  static async of(cloud: Cloud, name: string): Promise<Stack> {
    const resources = await cloud.resourcesOf(name);
    const idsOf = (type: string) =>
      resources.filter((one) => one.ResourceType === type).map((one) => one.PhysicalResourceId ?? '');
    const functions = await Promise.all(idsOf('AWS::Lambda::Function').map((id) => functionOf(cloud, id)));
    const buses = ['default', ...idsOf('AWS::Events::EventBus')];
    const rules = await Promise.all(idsOf('AWS::Events::Rule').map((id) => ruleOf(cloud, id, buses)));
    return new Stack(cloud, name, functions, rules, await cloud.outputsOf(name));
  }

  /** The heartbeaters, by candidate id. */
  get candidates(): ReadonlyMap<string, DeployedFunction> {
    const pairs = this.functions.map((one) => [one.environment[ENVIRONMENT.candidate], one] as const);
    return new Map(pairs.filter((pair): pair is readonly [string, DeployedFunction] => pair[0] !== undefined));
  }

  get publisher(): DeployedFunction {
    return this.#the('Publisher');
  }

  get undertaker(): DeployedFunction {
    return this.#the('Undertaker');
  }

  get watchdog(): DeployedFunction {
    return this.#the('Watchdog');
  }

  get election(): string {
    return this.#setting(ENVIRONMENT.election);
  }

  get table(): string {
    return this.#setting(ENVIRONMENT.table);
  }

  get bus(): string {
    return this.#setting(ENVIRONMENT.bus);
  }

  get leaseMs(): number {
    return Number(this.#setting(ENVIRONMENT.leaseMs));
  }

  get renewMs(): number {
    return Number(this.#setting(ENVIRONMENT.renewMs));
  }

  /** The URL of the queue of notices. */
  get notices(): string {
    return this.#setting(ENVIRONMENT.noticeQueue);
  }

  /** The rules that wake heartbeaters when the office becomes vacant. */
  get vacancyRules(): readonly Rule[] {
    return this.rules.filter(({ EventPattern = '' }) => EventPattern.includes('Leader Expired'));
  }

  get tickRules(): readonly Rule[] {
    return this.rules.filter(({ ScheduleExpression }) => ScheduleExpression !== undefined && ScheduleExpression !== '');
  }

  get taskRules(): readonly Rule[] {
    return this.rules.filter(({ EventPattern = '' }) => EventPattern.includes('aws.ecs'));
  }

  /** Switches rules off or on. */
  async switch(rules: readonly Rule[], on: boolean): Promise<void> {
    const Command = on ? EnableRuleCommand : DisableRuleCommand;
    for (const { Name, EventBusName } of rules) await this.cloud.events.send(new Command({ Name, EventBusName }));
  }

  /** Ends the processes of a candidate's function as `kill -9` does; returns how many there were. */
  kill(candidate: string): number {
    const pids = this.cloud.emulator.workers(this.#candidate(candidate).name);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return pids.length;
  }

  /** Sends a message to the queue of notices, as it is. */
  async mail(body: string, delayS = 0): Promise<void> {
    await this.cloud.sqs.send(
      new SendMessageCommand({ QueueUrl: this.notices, MessageBody: body, DelaySeconds: delayS }),
    );
  }

  async purgeNotices(): Promise<void> {
    await this.cloud.sqs.send(new PurgeQueueCommand({ QueueUrl: this.notices }));
  }

  /** How many notices are out of their delay and not dealt with. */
  async noticesDue(): Promise<number> {
    const { Attributes } = await this.cloud.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.notices,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
  }

  /** What is in a function's dead-letter queue now; it is left there. */
  async buriedBy(one: DeployedFunction): Promise<Buried[]> {
    const { Messages = [] } = await this.cloud.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: one.environment[ENVIRONMENT.deadLetterQueue],
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 0,
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
      body: Body,
      reason: MessageAttributes.reason?.StringValue,
      source: MessageAttributes.source?.StringValue,
    }));
  }

  /** What the demo's work has written last. */
  async work(): Promise<Record<string, unknown> | undefined> {
    const TableName = this.#setting('WORK_TABLE');
    const Key = { id: { S: this.election } };
    const { Item } = await this.cloud.dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    return Item && unmarshall(Item);
  }

  #candidate(id: string): DeployedFunction {
    const found = this.candidates.get(id);
    if (found === undefined) throw new Error(`${this.name} has no candidate ${id}: ${[...this.candidates.keys()]}`);
    return found;
  }

  /** The function that an output of the stack names. */
  #the(output: string): DeployedFunction {
    const found = this.functions.find(({ name }) => name === this.outputs[output]);
    if (found !== undefined) return found;
    throw new Error(
      `The output ${output} of ${this.name} is ${this.outputs[output]}, which is not one of its functions.`,
    );
  }

  /** A setting that all functions share which have it. */
  #setting(name: string): string {
    const value = this.functions.map(({ environment }) => environment[name]).find(Boolean);
    if (value === undefined) throw new Error(`No function of ${this.name} has the environment variable ${name}.`);
    return value;
  }
}

async function functionOf(cloud: Cloud, id: string): Promise<DeployedFunction> {
  const answer = await cloud.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: id }));
  return {
    name: answer.FunctionName ?? id,
    logGroup: answer.LoggingConfig?.LogGroup ?? `/aws/lambda/${id}`,
    timeoutMs: (answer.Timeout ?? 0) * 1000,
    environment: answer.Environment?.Variables ?? {},
  };
}

/** The id of a rule on a bus of its own has both: `bus|rule`. */
async function ruleOf(cloud: Cloud, id: string, buses: readonly string[]): Promise<Rule> {
  const name = id.split(/[|/]/).at(-1);
  for (const bus of buses) {
    try {
      return await cloud.events.send(new DescribeRuleCommand({ Name: name, EventBusName: bus }));
    } catch (error) {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    }
  }
  throw new Error(`The rule ${id} is on none of the buses ${buses.join(', ')}.`);
}
