/** Takes post-dated notices from their queue, and expires the leases of holders that have died. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { leaseClientConfig } from '../lib/lease/client.js';
import { realClock } from '../lib/lease/clock.js';
import { DynamoLeaseStore } from '../lib/lease/dynamodb.js';
import { isTenureError } from '../lib/lease/errors.js';
import { resolveTimings } from '../lib/lease/timing.js';
import { ENVIRONMENT } from '../lib/names/environment.js';
import { type DueNotice, heed, parseNotice } from '../lib/serverless/watchdog.js';
import { deadLettersOf } from './shared/dead-letters.js';
import { required } from './shared/environment.js';
import { loggerOf, sinkOf } from './shared/telemetry.js';

/** The time limit of one request: well within the time of the function, which handles its batch concurrently. */
const REQUEST_MS = 4_000;

const logger = loggerOf('watchdog');
const bury = deadLettersOf('watchdog', logger);
const client = new DynamoDBClient(leaseClientConfig(REQUEST_MS));
const table = required(ENVIRONMENT.table);
/** The candidates' timings are not known here, and are in the records: these are so small that only the drift is checked. */
const LEAST = { renewMs: 10, stepDownMs: 0, requestTimeoutMs: 5 };
// With a drift that is not a number, every notice would be due at once.
const { drift } = resolveTimings({ ...LEAST, drift: numberOf(process.env[ENVIRONMENT.drift]) });

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failures = await Promise.all(Records.map(judge));
  return { batchItemFailures: failures.filter((failure) => failure !== undefined) };
};

/** Judges one message; returns it as a failure if another try may help. */
async function judge(record: SQSRecord): Promise<{ itemIdentifier: string } | undefined> {
  try {
    const due = parseNotice(record);
    if ('malformed' in due) await bury(record.body, due.malformed);
    else await settle(due, record);
    return undefined;
  } catch (error) {
    logger.error('A notice is tried again', { error: error as Error, messageId: record.messageId });
    return { itemIdentifier: record.messageId };
  }
}

async function settle(due: DueNotice, record: SQSRecord): Promise<void> {
  const { notice, waitedMs } = due;
  const store = new DynamoLeaseStore(client, table, notice.election);
  try {
    const outcome = await heed(due, { store, clock: realClock, drift });
    if (outcome === 'void' || outcome === 'renewed') return; // the usual end of a notice: not worth a log line
    logger.info(outcome === 'expired' ? 'expired' : 'a notice came too early and is discarded', { notice, waitedMs });
    if (outcome !== 'early') return;
    const sink = sinkOf(notice.election);
    sink.add('EarlyNotices', 1);
    sink.flush();
  } catch (error) {
    // A record that cannot be read does not become readable by trying again.
    const isHopeless = isTenureError(error, 'MalformedRecord') || isTenureError(error, 'NewerFormat');
    if (!isHopeless) throw error;
    await bury(record.body, error.message);
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}
