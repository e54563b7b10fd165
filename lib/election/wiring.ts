/** Makes what every part of one election is given, from its options and the effects on the world. */
import { type Chance, realChance } from '../lease/chance.js';
import { type Lent, lendClient } from '../lease/client.js';
import { type Clock, realClock } from '../lease/clock.js';
import { DynamoLeaseStore } from '../lease/dynamodb.js';
import { Gate } from '../lease/gate.js';
import { DynamoRosterStore, type RosterStore } from '../lease/roster.js';
import type { LeaseStore } from '../lease/store.js';
import type { Context, Surroundings } from './context.js';
import { Emitter } from './events.js';
import { Notices, type Post } from './notice.js';
import { bad, type ElectionOptions, resolveOptions } from './options.js';
import { sqsPost } from './post.js';
import { Roster } from './roster.js';
import { View } from './view.js';

/** The effects on the world, for who brings a store or a clock of their own (a simulation does). */
export interface Effects {
  /** Reads and writes the record and the fence (section 3). Default: the table. */
  readonly store: LeaseStore;
  /** The local clocks and timers (section 4). Default: this machine's. */
  readonly clock: Clock;
  /** Randomness: jitter, ids of attempts. Default: `node:crypto`. */
  readonly chance: Chance;
  /** Takes the death notices to their queue; made from `noticeQueueUrl` otherwise. */
  readonly post: Post;
  /** Where the candidates that stand are listed; in the same table otherwise. */
  readonly roster: RosterStore;
}

/** What an election stands on; `lent` is given back when it is closed. */
export interface Wired {
  readonly context: Context;
  readonly rosterStore: RosterStore | undefined;
  readonly lent: Lent | undefined;
}

/** @throws TenureError `BadOption` or `RecordTooLarge`: what was expected, what came, what to do */
export function wire(options: ElectionOptions, effects: Partial<Effects>): Wired {
  const { name, client, noticeQueueUrl, ...settings } = resolveOptions(options);
  const { timings, tableName, succession } = settings;
  // Who brings a store brings all there is to be reached.
  const lent = effects.store === undefined ? lendClient(client, timings.requestTimeoutMs) : undefined;
  const store = effects.store ?? new DynamoLeaseStore(lent!.client, tableName, name);
  const clock = effects.clock ?? realClock;
  const emitter = new Emitter();
  const post = effects.post ?? (noticeQueueUrl === undefined ? undefined : sqsPost(noticeQueueUrl));
  const rosterStore = effects.roster ?? (lent && new DynamoRosterStore(lent.client, tableName, name));
  const surroundings: Surroundings = {
    ...settings,
    election: name,
    store,
    gate: lent?.gate ?? new Gate(),
    clock,
    chance: effects.chance ?? realChance,
    emitter,
    view: new View(name, clock, emitter),
    notices: new Notices(name, timings, emitter, post),
  };
  if (succession !== undefined && rosterStore === undefined) {
    throw bad('`effects.roster`', 'given beside `effects.store`, for `succession` is asked for', undefined);
  }
  const roster = succession && rosterStore && new Roster(surroundings, rosterStore, succession);
  return { context: { ...surroundings, roster }, rosterStore, lent };
}
