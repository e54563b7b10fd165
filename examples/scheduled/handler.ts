/**
 * A function on a daily schedule: each customer gets one statement a day, although a schedule may fire twice, invocations
 * may overlap, and one may be ended in the middle. Its environment comes from `connect()`, see stack.ts.
 */
// #region scheduled
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Election, type Leadership, leaderOnly } from 'tenure';

const TableName = process.env.WORK_TABLE;
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const election = Election.fromEnvironment();
election.on('error', (error) => console.error(error.message));

/** The day for which the schedule fired, which is not always the day on which it runs. */
const dayOf = (event: { time: string }) => event.time.slice(0, 10);

export const handler = leaderOnly(
  election,
  async (event: { time: string }, leadership) => {
    const day = dayOf(event);
    const done = await read(`day#${day}`);
    if (done !== undefined) return { day, ran: false, why: `it was done in term ${done.term}` };
    let sent = 0;
    for (const customer of await customers()) {
      // Fail the invocation, so that Lambda retries it: the next one goes on from here.
      if (leadership.signal.aborted) throw new Error(`The statements of ${day} are not done: ${sent} were sent.`);
      if (await sendStatement(leadership, customer, day)) sent += 1;
    }
    const mark = { id: `day#${day}`, term: leadership.term, sent };
    await documents.send(new PutCommand(leadership.fence.stamp({ TableName, Item: mark })));
    return { day, ran: true, sent, term: leadership.term };
  },
  { otherwise: (office, event) => ({ day: dayOf(event), ran: false, why: `${office.holder ?? 'another'} is at it` }) },
);

async function read(id: string): Promise<Record<string, unknown> | undefined> {
  return (await documents.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }))).Item;
}

async function customers(): Promise<string[]> {
  return ((await read('customers'))?.ids ?? []) as string[];
}

/** One write: its own condition allows it once a day, and its stamp never for an earlier leader. */
async function sendStatement({ fence }: Leadership, customer: string, day: string): Promise<boolean> {
  const statement = fence.stamp({
    TableName,
    Key: { id: `customer#${customer}` },
    UpdateExpression: 'SET statementOf = :day ADD statements :one',
    ConditionExpression: 'attribute_not_exists(statementOf) OR statementOf < :day',
    ExpressionAttributeValues: { ':day': day, ':one': 1 },
  });
  try {
    await documents.send(new UpdateCommand(statement));
    return true;
  } catch (error) {
    if (fence.refused(error)) throw error; // deposed while it was paused: a later leader sends it
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false; // it was sent before
    throw error;
  }
}
// #endregion
