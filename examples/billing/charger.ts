/**
 * A process that stands for the office of charging. Start any number of them. For the story, FATE makes it send itself a
 * signal between the check and the write of one payment, so that the worst moment comes every time.
 *
 *   TENURE_TABLE=tenure SUBSCRIBERS=ann,ben LEDGER=2026-11 npx tsx charger.ts
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Election } from 'tenure';
import { type Bill, chargeAll } from './charge.js';

const { TENURE_TABLE: tableName = 'tenure', LEDGER: ledger = '2026-11', CANDIDATE: id, FATE = '' } = process.env;
const [fatalSignal, fatalSubscriber] = FATE.split(' ');
const leaseMs = Number(process.env.LEASE_MS ?? 10_000);

const bill: Bill = {
  documents: DynamoDBDocumentClient.from(new DynamoDBClient({})),
  tableName,
  ledger,
  subscribers: (process.env.SUBSCRIBERS ?? '').split(',').filter((name) => name !== ''),
  amount: 10,
  fenced: process.env.WITHOUT_FENCE === undefined,
  beforeWrite: async (subscriber) => {
    if (subscriber !== fatalSubscriber) return;
    await tell('about to charge', { subscriber });
    process.kill(process.pid, fatalSignal as NodeJS.Signals);
  },
};

/** Reports to the parent process if there is one, else to standard output. */
async function tell(what: string, more: object): Promise<void> {
  if (process.send === undefined) return console.log(JSON.stringify({ what, ...more }));
  if (process.connected) await new Promise((resolve) => process.send?.({ what, ...more }, resolve));
}

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());

await using election = new Election({ name: `billing-${ledger}`, tableName, leaseMs, ...(id && { id }) });
election.on('elected', ({ term }) => tell('elected', { term }));
election.on('lost', ({ term, reason }) => tell('lost', { term, reason }));
election.on('error', (error) => console.error(error.message));

await election.run(
  async (leadership) => {
    const { signal } = leadership;
    await chargeAll(leadership, bill, (what, subscriber) => void tell(what, { subscriber }));
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
  { signal: stopping.signal },
);
process.disconnect?.();
