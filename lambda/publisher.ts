/** Puts changes of office from the table's stream on the event bus, in their order, and counts them. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { ENVIRONMENT } from '../lib/names/environment.js';
import { EVENT_SOURCE } from '../lib/names/office-events.js';
import { type Change, changeOf, type OfficeEvent } from '../lib/serverless/office-event.js';
import { deadLettersOf } from './shared/dead-letters.js';
import { required } from './shared/environment.js';
import { loggerOf, sinkOf } from './shared/telemetry.js';

const logger = loggerOf('publisher');
const bury = deadLettersOf('publisher', logger);
const bus = new EventBridgeClient({});
const busName = required(ENVIRONMENT.bus);

/** One after another, because the events of an election must keep the order of the stream. */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  for (const record of Records) {
    try {
      const change = changeOf(record);
      if ('malformed' in change) await bury(record, change.malformed);
      else await publish(change);
    } catch (error) {
      logger.error('A change of office is tried again', { error: error as Error, eventID: record.eventID });
      return { batchItemFailures: [{ itemIdentifier: sequenceOf(record) }] };
    }
  }
  return { batchItemFailures: [] };
};

async function publish({ election, events, metrics }: Change): Promise<void> {
  for (const event of events) await put(event);
  const sink = sinkOf(election);
  for (const [name, value] of metrics) sink.add(name, value);
  sink.flush();
}

async function put({ type, detail }: OfficeEvent): Promise<void> {
  const { Entries = [] } = await bus.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: busName,
          Source: EVENT_SOURCE,
          DetailType: type,
          Detail: JSON.stringify(detail),
          Time: new Date(detail.at),
        },
      ],
    }),
  );
  const [entry] = Entries;
  if (entry?.ErrorCode !== undefined) throw new Error(`${entry.ErrorCode}: ${entry.ErrorMessage}`);
  // The dashboard's list of leaders reads these lines.
  logger.info(type, detail);
}

const sequenceOf = (record: DynamoDBRecord): string => record.dynamodb?.SequenceNumber ?? '';
