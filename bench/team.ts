/** One leader and two standbys of one system, as processes of their own, and the waiting for what they do. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostNow } from '../lib/local/reports.js';
import type { Report } from './candidate.js';
import { Member } from './member.js';
import { between } from './statistics.js';
import type { Settings, SystemName } from './systems/system.js';

/** The same for all systems, in milliseconds. */
export const LEASE_MS = 3_000;
export const HEARTBEAT_MS = 1_000;
const SIZE = 3;
const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 5;

/** What all teams of a run share. */
export interface Stage {
  readonly engine: string;
  readonly tableName: string;
  readonly program: string;
  readonly peers: string;
}

export interface Election {
  readonly member: Member;
  readonly at: number;
}

export class Team {
  readonly elections: Election[] = [];
  readonly #name: string;
  #members: Member[] = [];
  #count = 0;

  constructor(
    readonly system: SystemName,
    private readonly stage: Stage,
  ) {
    this.#name = `${system}-${randomBytes(3).toString('hex')}`;
  }

  get members(): readonly Member[] {
    return this.#members.filter((member) => member.isAlive);
  }

  get leader(): Member | undefined {
    return this.members.find((member) => member.leading);
  }

  /** Brings the team to its full size, each after a random while, so that nobody keeps anybody's phase. */
  async complete(): Promise<void> {
    while (this.members.length < SIZE) {
      await sleep(between(0, LEASE_MS));
      await this.#add();
    }
  }

  /** Full, led, and at rest for long enough that every standby knows the leader's rhythm; and at no moment in particular. */
  async settle(leastMs = 6_000): Promise<Member> {
    await this.complete();
    for (;;) {
      const leader = await this.until('a leader', () => this.leader);
      await sleep(between(leastMs, leastMs + LEASE_MS));
      if (leader.leading && this.members.length === SIZE) return leader;
      await this.complete();
    }
  }

  /** The first election after so many. */
  next(after: number): Promise<Election> {
    return this.until('the next leader', () => this.elections[after]);
  }

  async until<T>(what: string, look: () => T | undefined, limitMs = LIMIT_MS): Promise<T> {
    const from = hostNow();
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (hostNow() - from > limitMs) throw new Error(`${this.system}: no sign of ${what} within ${limitMs / 1000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async end(): Promise<void> {
    for (const member of this.members) member.signal('SIGKILL');
    await Promise.all(this.#members.map((member) => member.ended));
  }

  async #add(): Promise<void> {
    const { engine, tableName, program, peers } = this.stage;
    this.#count += 1;
    const settings: Omit<Settings, 'endpoint'> = {
      system: this.system,
      id: `${this.system}-${this.#count}`,
      name: this.#name,
      tableName,
      leaseMs: LEASE_MS,
      heartbeatMs: HEARTBEAT_MS,
      peers,
    };
    const heard = (member: Member, report: Report) => {
      if (report.is === 'elected') this.elections.push({ member, at: report.at });
    };
    this.#members = [
      ...this.#members.filter((member) => member.isAlive),
      await Member.start(program, settings, engine, heard),
    ];
  }
}
