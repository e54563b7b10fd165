/** What every part of one election is given: its options, checked, and its effects on the world. */
import { type Chance, realChance } from '../lease/chance.js';
import { type Lent, lendClient } from '../lease/client.js';
import { type Clock, realClock } from '../lease/clock.js';
import { DynamoLeaseStore } from '../lease/dynamodb.js';
import { Gate } from '../lease/gate.js';
import type { LeaseStore } from '../lease/store.js';
import { Emitter } from './events.js';
import { Notices, type Post } from './notices/notice.js';
import { sqsPost } from './notices/sqs-queue.js';
import { bad, type ElectionOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { DynamoRosterStore, type RosterStore } from './roster/roster-store.js';
import { View } from './view.js';

/** The effects on the world, for simulations and tests that bring a store or a clock of their own. */
export interface Effects {
  /** Reads and writes the record and the fence. Default: the table. */
  readonly store: LeaseStore;
  /** The local clocks and timers. Default: this machine's. */
  readonly clock: Clock;
  /** Randomness: jitter, and the ids of attempts and writes. Default: the kernel's. */
  readonly chance: Chance;
  /** Takes the death notices to their queue. Default: made from `noticeQueueUrl`. */
  readonly post: Post;
  /** Where the candidates that stand are listed. Default: the same table. */
  readonly roster: RosterStore;
}

/** Any of them; undefined stands for the default. */
export type GivenEffects = { readonly [E in keyof Effects]?: Effects[E] | undefined };

/** One election of one candidate. */
export interface Context
  extends Omit<ResolvedOptions, 'name' | 'id' | 'client' | 'sharedConnections' | 'noticeQueueUrl'> {
  readonly election: string;
  /** The candidate's id. Drawn anew when this process turns out to be a clone. */
  id: string;
  readonly store: LeaseStore;
  readonly rosterStore: RosterStore | undefined;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly emitter: Emitter;
  readonly view: View;
  readonly notices: Notices;
  /** Given back when the election is closed. */
  readonly lent: Lent | undefined;
}

/** @throws TenureError `BadOption` or `RecordTooLarge`: what was expected, what came, what to do */
export function contextOf(options: ElectionOptions, effects: GivenEffects): Context {
  const resolved = resolveOptions(options);
  const { name, client, sharedConnections, noticeQueueUrl, timings, tableName, succession } = resolved;
  const { requestTimeoutMs } = timings;
  // A store that is brought along needs no client.
  const lent =
    effects.store === undefined
      ? lendClient({ tableName, requestTimeoutMs, client, asGiven: sharedConnections })
      : undefined;
  const rosterStore = effects.roster ?? (lent && new DynamoRosterStore(lent.client, tableName, name));
  if (succession !== undefined && rosterStore === undefined) {
    throw bad('`effects.roster`', 'given beside `effects.store`, because `succession` is set', undefined);
  }
  const clock = effects.clock ?? realClock;
  const emitter = new Emitter();
  const post = effects.post ?? (noticeQueueUrl === undefined ? undefined : sqsPost(noticeQueueUrl));
  void lent?.unfit.then((error) => error && emitter.emit('error', error));
  return {
    election: name,
    store: effects.store ?? new DynamoLeaseStore(lent!.client, tableName, name),
    rosterStore,
    gate: lent?.gate ?? new Gate(),
    clock,
    chance: effects.chance ?? realChance,
    emitter,
    view: new View(name, clock, emitter),
    notices: new Notices(name, timings, emitter, post),
    lent,
    ...resolved,
  };
}
