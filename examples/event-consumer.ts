/** A consumer of office events that keeps the newest, in whatever order and however often they arrive. */
// #region event-consumer
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** What all four events have in common, and the fields that are read here. */
interface OfficeChanged {
  readonly 'detail-type': string;
  readonly detail: {
    readonly election: string;
    readonly term: number;
    readonly beat: number;
    readonly holder?: string;
  };
}

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export async function handler({ 'detail-type': change, detail }: OfficeChanged): Promise<'kept' | 'older'> {
  const { election, term, beat, holder = null } = detail; // only `Leader Elected` has a holder
  try {
    await documents.send(
      new UpdateCommand({
        TableName: process.env.LEADERS_TABLE,
        Key: { id: election },
        UpdateExpression: 'SET #term = :term, #beat = :beat, #holder = :holder, #change = :change',
        ConditionExpression: 'attribute_not_exists(#term) OR #term < :term OR (#term = :term AND #beat < :beat)',
        ExpressionAttributeNames: { '#term': 'term', '#beat': 'beat', '#holder': 'holder', '#change': 'change' },
        ExpressionAttributeValues: { ':term': term, ':beat': beat, ':holder': holder, ':change': change },
      }),
    );
    return 'kept';
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return 'older'; // or a double
    throw error;
  }
}
// #endregion
