/** The queue of post-dated notices on SQS. Its client is loaded where there is such a queue: most users need none. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { TenureError } from '../../lease/errors.js';
import type { Notice, Post } from './notice.js';

/** A notice that takes longer comes too late to be worth waiting for. */
const ATTEMPT_MS = 1_000;

type Sqs = typeof import('@aws-sdk/client-sqs');

let shared: Promise<{ sqs: Sqs; client: SQSClient }> | undefined;

/** Mails notices to this queue. All elections of a process share one client. */
export function sqsPost(queueUrl: string): Post {
  // At once, so that the first notice leaves together with its write: a leader may die just then.
  shared ??= load();
  shared.catch(() => {}); // the first notice says so
  return async (notice: Notice, delayS: number) => {
    shared ??= load();
    const { sqs, client } = await shared;
    await client.send(
      new sqs.SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(notice), DelaySeconds: delayS }),
    );
  };
}

async function load(): Promise<{ sqs: Sqs; client: SQSClient }> {
  let sqs: Sqs;
  try {
    sqs = await import('@aws-sdk/client-sqs');
  } catch (cause) {
    throw new TenureError(
      'NoticeFailed',
      'The option `noticeQueueUrl` needs the package @aws-sdk/client-sqs, which could not be loaded: install it beside ' +
        'tenure, or leave the option out.',
      { cause },
    );
  }
  const client = new sqs.SQSClient({
    maxAttempts: 2,
    retryMode: 'standard', // whatever the environment says: a rate limiter would hold notices back for minutes
    requestHandler: { connectionTimeout: 500, requestTimeout: ATTEMPT_MS, throwOnRequestTimeout: true },
  });
  return { sqs, client };
}
