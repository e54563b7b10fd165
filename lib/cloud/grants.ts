/** The few permissions that grants are made of, each spelled out: no action and no resource is a wildcard. */

import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** What DynamoDB does with a table's own key in the name of who reads, and of who writes as well. */
const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = [...KEY_READ, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** Lets read or write through a table's own key. Without one, nothing is needed. */
export function grantTableKey(key: IKey | undefined, grantee: IGrantable, use: 'read' | 'write'): void {
  key?.grant(grantee, ...(use === 'read' ? KEY_READ : KEY_WRITE));
}

/** Lets send to a queue, and no more: a sender has no need to look at the queue. */
export function grantSend(queue: IQueue, grantee: IGrantable): Grant {
  queue.encryptionMasterKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  return Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
}

/** Lets a function be fed from a queue: the three actions that an event source mapping needs. */
export function grantConsume(queue: IQueue, grantee: IGrantable): Grant {
  queue.encryptionMasterKey?.grant(grantee, 'kms:Decrypt');
  return Grant.addToPrincipal({
    grantee,
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resourceArns: [queue.queueArn],
  });
}

/** EventBridge, as the sender of what it could not deliver, must be able to use the queue's own key. */
export function letEventsUseKey(queue: IQueue): void {
  const events: IPrincipal = new ServicePrincipal('events.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(queue).account } },
  });
  queue.encryptionMasterKey?.grant(events, 'kms:Decrypt', 'kms:GenerateDataKey');
}
