/**
 * The payment story, with real processes on a local engine: `npx tsx examples/billing/story.ts`, from the clone. The
 * same kill, pause and failover happen twice, without the fence and with it.
 */
import { createTable } from 'tenure';
import { engineClient, startEngine } from '../../lib/local/engine.js';
import { bill, type Payment } from './run.js';

const tableName = process.env.TENURE_TABLE ?? 'tenure-billing';
const say = (line = '') => console.log(line);

function showLedger(ledger: string, payments: readonly Payment[]): void {
  say(`  the ledger ${ledger}:`);
  for (const { subscriber, amount, term, by } of payments) {
    const others = payments.filter((other) => other.subscriber === subscriber).length - 1;
    say(`    ${subscriber}  ${amount}  in term ${term} by ${by}${others > 0 ? '   <- charged twice' : ''}`);
  }
  const names = new Set(payments.map(({ subscriber }) => subscriber));
  const sum = payments.reduce((total, { amount }) => total + amount, 0);
  say(`  ${names.size} subscribers, ${payments.length} payments, ${sum} charged`);
}

const engine = await startEngine({ prefer: 'dynoxide', say });
say(engine.line);
const client = engineClient(engine.endpoint);
await createTable({ client, tableName });
client.destroy();
const run = Date.now().toString(36); // a ledger of its own for each run, where the engine outlives the story
for (const fenced of [false, true]) {
  say(fenced ? '\nWith the fence' : '\nWithout the fence');
  const ledger = `${run}-${fenced ? 'fenced' : 'unfenced'}`;
  const payments = await bill({
    endpoint: engine.endpoint,
    tableName,
    ledger,
    fenced,
    say: (line) => say(`  ${line}`),
  });
  showLedger(ledger, payments);
}
await engine.stop();
