/**
 * Charges each subscriber once a month. A payment is an item of its own in a ledger, so no condition on the payment
 * itself can see that there is another one already. The leader looks first, and the fence makes sure that this is enough.
 */
// #region billing-charge
import { type DynamoDBDocumentClient, PutCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Leadership } from 'tenure';

/** What is charged, which subscribers pay it, and into which ledger. */
export interface Bill {
  readonly documents: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly ledger: string;
  readonly subscribers: readonly string[];
  readonly amount: number;
  /** Only to show what happens without it: leave it at `true`. */
  readonly fenced: boolean;
  /** Called between the check and the write; for the story. */
  readonly beforeWrite?: (subscriber: string) => Promise<void>;
}

/** Charges all subscribers that are not charged yet, until the office is lost. The next leader goes on from there. */
export async function chargeAll(
  leadership: Leadership,
  bill: Bill,
  tell: (what: 'charged' | 'refused', subscriber: string) => void,
): Promise<void> {
  for (const subscriber of bill.subscribers) {
    if (leadership.signal.aborted) return;
    if (await isCharged(bill, subscriber)) continue;
    leadership.assertHeld(); // true now. It says nothing about the moment in which the write arrives
    await bill.beforeWrite?.(subscriber);
    try {
      await charge(leadership, bill, subscriber);
      tell('charged', subscriber);
    } catch (error) {
      if (!leadership.fence.refused(error)) throw error;
      return tell('refused', subscriber); // deposed: a later leader has begun, and charges it
    }
  }
}

async function isCharged({ documents, tableName, ledger }: Bill, subscriber: string): Promise<boolean> {
  const payments = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'pk = :ledger AND begins_with(sk, :subscriber)',
    ExpressionAttributeValues: { ':ledger': `ledger#${ledger}`, ':subscriber': `${subscriber}#` },
    ConsistentRead: true,
  });
  return ((await documents.send(payments)).Items ?? []).length > 0;
}

async function charge({ term, id, fence }: Leadership, bill: Bill, subscriber: string): Promise<void> {
  const { documents, tableName: TableName, ledger, amount, fenced } = bill;
  // The term is in the key: a leader that repeats its own write, because the reply was lost, replaces it by the same item.
  const Item = { pk: `ledger#${ledger}`, sk: `${subscriber}#${term}`, subscriber, amount, term, by: id };
  if (fenced)
    await documents.send(new TransactWriteCommand({ TransactItems: [fence.check(), { Put: { TableName, Item } }] }));
  else await documents.send(new PutCommand({ TableName, Item }));
}
// #endregion
