/** The API, piece by piece. The README shows these pieces, and the tests run them. */
import { type DynamoDBDocumentClient, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { Election, type Leadership, type Office } from 'tenure';

/** Leading by hand. */
export async function byHand(election: Election, charge: (leadership: Leadership) => Promise<void>) {
  // #region campaign
  await using leadership = await election.campaign({ signal: AbortSignal.timeout(60_000) }); // ends only the waiting
  await leadership.proclaim({ address: '10.0.0.7:8080' }); // followers read it in office.value
  while (!leadership.signal.aborted && leadership.remainingMs() > 500) {
    leadership.assertHeld(); // throws once the lease is over
    await charge(leadership);
  }
  const { released } = await leadership.resign({ to: 'worker-2' }); // the vacancy is kept for worker-2
  // #endregion
  return { term: leadership.term, released };
}

/** Fenced writes. */
export async function fenced(leadership: Leadership, documents: DynamoDBDocumentClient, TableName: string) {
  // #region fence
  // In your own transaction: commits only while no later leader has begun to work.
  await documents.send(
    new TransactWriteCommand({
      TransactItems: [
        leadership.fence.check(),
        { Put: { TableName, Item: { pk: 'invoice#7', sk: 'v1', amount: 100 } } },
      ],
    }),
  );
  // Or stamped onto one write, at half the price: refused where a later leader has written before.
  const input = leadership.fence.stamp({
    TableName,
    Key: { pk: 'account#7', sk: 'v1' },
    UpdateExpression: 'SET balance = :b',
    ConditionExpression: 'attribute_exists(pk) OR :b > :zero',
    ExpressionAttributeValues: { ':b': 900, ':zero': 0 },
  });
  await documents.send(new UpdateCommand(input));
  // #endregion
}

/** Knowing the leader. */
export async function following(election: Election, signal: AbortSignal, tell: (line: string) => void) {
  // #region observe
  const now: Office = await election.leader(); // one strongly consistent read
  tell(now.holder === undefined ? `vacant: ${now.reason ?? 'never held'}` : `${now.holder} leads term ${now.term}`);

  for await (const office of election.observe({ signal })) {
    tell(
      `term ${office.term}: ${office.holder ?? 'nobody'} after ${office.previous ?? 'nobody'} (${office.reason ?? 'first'})`,
    );
  }
  // #endregion
}

/** The line of succession. */
export async function standing(tableName: string, address: string, signal: AbortSignal, tell: (line: string) => void) {
  // #region roster
  await using election = new Election({ name: 'billing', tableName, succession: 'seniority', value: { address } });
  election.on('roster', ({ line, joined, left }) => tell(`next: ${line.join(', ')} (+${joined} -${left})`));
  const standing = election.run((leadership) => work(leadership), { signal });

  for (const { id, leads, present } of await election.roster())
    tell(`${id} ${leads ? 'leads' : present ? 'waits' : 'is gone'}`);
  // #endregion
  await standing;
}

/** Something that goes on until the signal aborts. */
async function work({ signal }: Leadership): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** What an operator may do. */
export async function operating(tableName: string, client: DynamoDBDocumentClient) {
  // #region operate
  await using election = new Election({ name: 'billing', tableName, client });
  const { term, holder } = await election.leader();
  await election.challenge({ why: 'deploy' }); // every leader yields to an operator
  if (holder !== undefined) await election.revoke({ term, holder, dead: false }); // or remove it; its lease must run out
  // #endregion
  return election.leader();
}
