/** What all parts of one simulated world share. */
import type { Post } from '../election/notices/notice.js';
import type { Checker } from './checker.js';
import type { Standing } from './courtesy.js';
import type { Log } from './event-log.js';
import type { Machine } from './machine.js';
import type { Networked } from './network.js';
import type { Traffic } from './traffic.js';

export interface Simulation extends Networked {
  readonly checker: Checker;
  readonly traffic: Traffic;
  /** All that stand, or may. */
  readonly all: () => readonly Standing[];
  /** Set once faults have ceased. */
  readonly ceased: { faults: boolean };
  readonly log: Log;
  /** How a machine mails its notices, in a world with a queue. */
  readonly post: ((machine: Machine) => Post) | undefined;
  /** The users' data: what a stamped item carries. */
  readonly journal: { stamped: number; refused: number };
}
