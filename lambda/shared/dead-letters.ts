/** The dead-letter queue of a function. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ENVIRONMENT } from '../../lib/names/environment.js';
import { buryMalformed } from '../../lib/serverless/dead-letters.js';
import { required } from './environment.js';
import { ownSink } from './telemetry.js';

const sqs = new SQSClient({});

/** Makes the function that sends malformed input to the dead-letter queue, whole and with its reason, logs and counts it. */
export function deadLettersOf(source: string, logger: Logger): (what: unknown, reason: string) => Promise<void> {
  return async (what, reason) => {
    logger.warn('Malformed input goes to the dead-letter queue', { reason });
    await buryMalformed(
      async (body, attributes) => {
        const texts = Object.entries(attributes).map(([name, value]) => [
          name,
          { DataType: 'String', StringValue: value },
        ]);
        await sqs.send(
          new SendMessageCommand({
            QueueUrl: required(ENVIRONMENT.deadLetterQueue),
            MessageBody: body,
            MessageAttributes: Object.fromEntries(texts),
          }),
        );
      },
      what,
      source,
      reason,
    );
    const sink = ownSink();
    sink.add('Malformed', 1);
    sink.flush();
  };
}
