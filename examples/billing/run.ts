/** One run of the story: three chargers, of which the first is killed and the second is paused at the worst moment. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { endWithParent } from '../../lib/local/end-with-parent.js';
import { engineClient, engineEnv } from '../../lib/local/engine.js';

const SUBSCRIBERS = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gus'];
const KILLED_AT = 'cat';
const PAUSED_AT = 'eve';
const LEASE_MS = 2_000;
/** Nothing takes this long, not even on a busy machine: it ends a story that is stuck. */
const LIMIT_MS = 45_000;

export interface Payment {
  readonly subscriber: string;
  readonly amount: number;
  readonly term: number;
  readonly by: string;
}

interface Run {
  readonly endpoint: string;
  readonly tableName: string;
  readonly ledger: string;
  readonly fenced: boolean;
  readonly say: (line: string) => void;
}

interface Message {
  readonly what: string;
  readonly subscriber?: string;
  readonly term?: number;
}

/** A charger, and the messages that it has sent so far. */
class Charger {
  readonly #child: ChildProcess;
  readonly #messages: Message[] = [];

  constructor(
    readonly name: string,
    { endpoint, tableName, ledger, fenced }: Run,
    fate = '',
  ) {
    this.#child = fork(fileURLToPath(new URL('charger.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx'],
      env: {
        ...process.env,
        ...engineEnv(endpoint),
        TENURE_TABLE: tableName,
        LEDGER: ledger,
        CANDIDATE: name,
        SUBSCRIBERS: SUBSCRIBERS.join(),
        LEASE_MS: String(LEASE_MS),
        FATE: fate,
        ...(!fenced && { WITHOUT_FENCE: 'yes' }),
      },
    });
    endWithParent(this.#child); // however the story ends, its processes end with it
    this.#child.on('message', (message) => this.#messages.push(message as Message));
  }

  async heard(what: string, subscriber?: string): Promise<Message> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const message = this.#messages.find((one) => one.what === what && (!subscriber || one.subscriber === subscriber));
      if (message !== undefined) return message;
      await once(this.#child, 'message', { signal: limit }).catch((cause: unknown) => {
        const heard = this.#messages.map((each) => each.what).join(', ');
        throw new Error(`${this.name} did not report "${what}" within ${LIMIT_MS} ms, but: ${heard}`, { cause });
      });
    }
  }

  charged(): string {
    const names = this.#messages.filter(({ what }) => what === 'charged').map(({ subscriber }) => subscriber);
    return names.length === 0 ? 'nobody' : names.join(', ');
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    await once(this.#child, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) });
  }
}

/** @returns the ledger when all chargers have ended */
export async function bill(run: Run): Promise<Payment[]> {
  const { say } = run;
  const ada = new Charger('ada', run, `SIGKILL ${KILLED_AT}`);
  say(`ada leads term ${(await ada.heard('elected')).term}`);
  const ben = new Charger('ben', run, `SIGSTOP ${PAUSED_AT}`);
  await ada.ended();
  say(`ada charged ${ada.charged()}, and was killed (SIGKILL) just before the payment of ${KILLED_AT}`);

  say(`ben leads term ${(await ben.heard('elected')).term}: it sees which are charged, and goes on with ${KILLED_AT}`);
  const cleo = new Charger('cleo', run);
  await ben.heard('about to charge', PAUSED_AT);
  say(`ben charged ${ben.charged()}; it saw that ${PAUSED_AT} is not charged and that it holds its lease,`);
  say('  and was stopped (SIGSTOP) right there, before the write');

  say(`cleo leads term ${(await cleo.heard('elected')).term}: the lease of ben has run out`);
  await cleo.heard('charged', SUBSCRIBERS.at(-1));
  say(`cleo charged ${cleo.charged()}`);

  ben.send('SIGCONT');
  await ben.heard(run.fenced ? 'refused' : 'charged', PAUSED_AT);
  say(
    `ben is continued (SIGCONT), and sends what it had ready: the payment of ${PAUSED_AT} is ${run.fenced ? 'REFUSED' : 'ACCEPTED'}`,
  );

  for (const charger of [ben, cleo]) charger.send('SIGTERM');
  await Promise.all([ben.ended(), cleo.ended()]);
  return payments(run);
}

async function payments({ endpoint, tableName, ledger }: Run): Promise<Payment[]> {
  const client = engineClient(endpoint);
  const query = new QueryCommand({
    TableName: tableName,
    KeyConditionExpression: 'pk = :ledger',
    ExpressionAttributeValues: { ':ledger': `ledger#${ledger}` },
    ConsistentRead: true,
  });
  const { Items = [] } = await DynamoDBDocumentClient.from(client).send(query);
  client.destroy();
  return Items as Payment[];
}
