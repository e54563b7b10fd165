/** Hears all events on a stack's bus, as any consumer would: a rule of its own, and a queue behind it. */
import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { EVENT_SOURCE } from '../../lib/names/office-events.js';
import { until } from '../support/until.js';
import type { Cloud } from './cloud.js';

/** One event as it came out of the queue. */
export interface Heard {
  /** When it was received, by the monotonic clock. */
  readonly at: number;
  readonly type: string;
  readonly source: string;
  readonly detail: { readonly election: string; readonly term: number; readonly beat: number } & Record<
    string,
    unknown
  >;
}

export class Hearing {
  readonly heard: Heard[] = [];
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  private constructor(
    private readonly cloud: Cloud,
    private readonly bus: string,
    private readonly name: string,
    private readonly queueUrl: string,
  ) {}

  static async of(cloud: Cloud, bus: string, name: string): Promise<Hearing> {
    const { QueueUrl = '' } = await cloud.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await cloud.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const arn = Attributes?.QueueArn ?? '';
    const allow = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: arn,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
    await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    const rule = { Name: name, EventBusName: bus };
    await cloud.events.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: [EVENT_SOURCE] }) }));
    await cloud.events.send(
      new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets: [{ Id: 'queue', Arn: arn }] }),
    );
    const hearing = new Hearing(cloud, bus, name, QueueUrl);
    hearing.#done = hearing.#run();
    return hearing;
  }

  /** The first event that fits, of those heard or to come. */
  until(what: string, fits: (event: Heard) => boolean, limitMs = 30_000): Promise<Heard> {
    return until(`the event ${what}`, () => this.heard.find(fits), { limitMs });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    const { name, bus } = this;
    await this.cloud.events.send(new RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: ['queue'] }));
    await this.cloud.events.send(new DeleteRuleCommand({ Name: name, EventBusName: bus }));
    await this.cloud.sqs.send(new DeleteQueueCommand({ QueueUrl: this.queueUrl }));
  }

  async #run(): Promise<void> {
    const QueueUrl = this.queueUrl;
    const ask = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
    while (!this.#stop.signal.aborted) {
      const { Messages = [] } = await this.cloud.sqs.send(ask).catch(() => ({ Messages: [] }));
      for (const { Body = '{}', ReceiptHandle } of Messages) {
        const { source, detail, 'detail-type': type } = JSON.parse(Body);
        this.heard.push({ at: performance.now(), type, source, detail });
        await this.cloud.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }
}
