/** The queues of Tenure: encrypted, and reachable only by TLS. */
import { Duration, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** A queue, encrypted with `key`, or with a key that SQS owns. */
export function makeQueue(scope: Construct, id: string, key: IKey | undefined, props: QueueProps): Queue {
  return new Queue(scope, id, {
    enforceSSL: true,
    encryption: key ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: key,
    ...props,
  });
}

/** The queue for what cannot be handled, which people can read for two weeks: `given`, or a new one. */
export function deadLetters(scope: Construct, key: IKey | undefined, given?: IQueue): IQueue {
  if (given !== undefined) return given;
  const queue = makeQueue(scope, 'DeadLetters', key, { retentionPeriod: Duration.days(14) });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'This is itself the dead-letter queue. Only people read it, so no message of it can fail.',
  });
  return queue;
}
