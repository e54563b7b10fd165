/**
 * One process of another lock's candidates, under the same faults: what the lock's own words say is claimed, from "elected"
 * to "lost", as its users have to. Their terms have no numbers, so each is known by the instant at which it began. Their
 * writes are fenced by nothing but the question whether the lock is held.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryhero } from '../../bench/systems/deliveryhero.js';
import { dynamodbLockClient } from '../../bench/systems/dynamodb-lock-client.js';
import type { Candidate, System } from '../../bench/systems/system.js';
import { ENDPOINT_VARIABLE } from '../../lib/local/client.js';
import { givenTask, SupervisorChannel } from '../../lib/local/supervisor-channel.js';
import { hostClock } from './host-clock.js';
import { Journal } from './journal.js';
import type { Order, PeerName, Report, Task } from './messages.js';
import { between, random } from './random.js';
import { block, Witness } from './witness.js';

const WRITE_EVERY_MS = 400;

const SYSTEMS: Readonly<Record<PeerName, System>> = {
  deliveryhero,
  'dynamodb-lock-client': dynamodbLockClient,
};

const task = givenTask<Task>();
const channel = new SupervisorChannel<readonly Report[], Order>();
const { system, packages } = task.peer!;
const { leaseMs, renewMs, requestTimeoutMs } = task.timings;
const now = hostClock(task.clock);
const chance = random(task.seed);
const journal = new Journal(task.tableName, 2 * requestTimeoutMs);
const witness = new Witness(now, channel);

/** Higher for a later term, in any process, and whole: in hundredths of a millisecond. */
const nameOfTerm = () => Math.round(now().most * 100);

/** Of each election: the present term. */
const leading = new Map<string, number>();

function stand(election: string): Candidate {
  const lost = (why: string) => {
    const term = leading.get(election);
    if (term === undefined) return;
    witness.end(election, term);
    witness.report({ is: 'lost', election, term, reason: why, at: now() });
    leading.delete(election);
  };
  const work = async (mine: number) => {
    while (leading.get(election) === mine) {
      const sentAt = now();
      const outcome = await journal.prepareUnfenced(election, mine)();
      witness.report({ is: 'wrote', election, term: mine, by: 'stamp', late: false, sentAt, outcome });
      await sleep(between(chance, 0.5, 1.5) * WRITE_EVERY_MS);
    }
  };
  const settings = { system, id: task.id, name: election, tableName: task.tableName, leaseMs, heartbeatMs: renewMs };
  return SYSTEMS[system](
    { ...settings, endpoint: process.env[ENDPOINT_VARIABLE]!, peers: packages },
    {
      elected() {
        const mine = nameOfTerm();
        leading.set(election, mine);
        witness.report({ is: 'elected', election, term: mine, reason: 'taken', at: now() });
        witness.begin(election, mine, () => leading.get(election) === mine);
        void work(mine);
      },
      stopping: () => lost('its work has to stop'),
      lost,
    },
  );
}

const standing = new Map(task.elections.map((election) => [election, stand(election)]));

channel.onOrder((order) => {
  if (order.do === 'resign') {
    // A candidate that does not lead would only campaign twice.
    if (leading.has(order.election)) void standing.get(order.election)?.resign();
  } else {
    block(order.ms);
    witness.ask();
  }
});
channel.onEnd(async () => {
  await Promise.all([...standing.values()].map((each) => each.close()));
  witness.close();
  process.exit();
});
