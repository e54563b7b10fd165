/** The few permissions of which grants are made, each in full: no action and no resource is a wildcard. */

import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, type IPrincipal, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** What DynamoDB does with a table's own key in the name of a reader, and of a writer. */
const KEY_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE = [...KEY_READ, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** Lets `grantee` read or write through a table's own key. Without such a key, nothing is needed. */
export function grantTableKey(key: IKey | undefined, grantee: IGrantable, use: 'read' | 'write'): void {
  key?.grant(grantee, ...(use === 'read' ? KEY_READ : KEY_WRITE));
}

/** Lets `grantee` send to a queue, and nothing else: a sender need not look at the queue. */
export function grantSend(queue: IQueue, grantee: IGrantable): Grant {
  queue.encryptionMasterKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  return Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
}

/** Lets `grantee` consume a queue: the three actions that an event source mapping needs. */
export function grantConsume(queue: IQueue, grantee: IGrantable): Grant {
  queue.encryptionMasterKey?.grant(grantee, 'kms:Decrypt');
  return Grant.addToPrincipal({
    grantee,
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resourceArns: [queue.queueArn],
  });
}

/** Lets EventBridge use the queue's own key, because it sends there what it could not deliver. */
export function letEventsUseKey(queue: IQueue): void {
  const events: IPrincipal = new ServicePrincipal('events.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(queue).account } },
  });
  queue.encryptionMasterKey?.grant(events, 'kms:Decrypt', 'kms:GenerateDataKey');
}
