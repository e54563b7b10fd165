/** One leader and two standbys of one system, as processes of their own, and the waiting for what they do. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostMs } from '../lib/local/host-clock.js';
import type { Report } from './candidate-program.js';
import { MeasuredCandidate } from './measured-candidate.js';
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
  readonly candidate: MeasuredCandidate;
  readonly at: number;
}

export class Team {
  readonly elections: Election[] = [];
  readonly #name: string;
  #candidates: MeasuredCandidate[] = [];
  #count = 0;

  constructor(
    readonly system: SystemName,
    private readonly stage: Stage,
  ) {
    this.#name = `${system}-${randomBytes(3).toString('hex')}`;
  }

  get candidates(): readonly MeasuredCandidate[] {
    return this.#candidates.filter((candidate) => candidate.isAlive);
  }

  get leader(): MeasuredCandidate | undefined {
    return this.candidates.find((candidate) => candidate.leading);
  }

  /** Brings the team to its full size, each after a random while, so that nobody keeps anybody's phase. */
  async complete(): Promise<void> {
    while (this.candidates.length < SIZE) {
      await sleep(between(0, LEASE_MS));
      await this.#add();
    }
  }

  /** Full, led, and at rest for long enough that every standby knows the leader's rhythm; and at no moment in particular. */
  async settle(leastMs = 6_000): Promise<MeasuredCandidate> {
    await this.complete();
    for (;;) {
      const leader = await this.until('a leader', () => this.leader);
      await sleep(between(leastMs, leastMs + LEASE_MS));
      if (leader.leading && this.candidates.length === SIZE) return leader;
      await this.complete();
    }
  }

  /** The first election after so many. */
  next(after: number): Promise<Election> {
    return this.until('the next leader', () => this.elections[after]);
  }

  async until<T>(what: string, look: () => T | undefined, limitMs = LIMIT_MS): Promise<T> {
    const from = hostMs();
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (hostMs() - from > limitMs) throw new Error(`${this.system}: ${what} did not come within ${limitMs / 1000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#candidates.map(({ process, ended }) => Promise.all([process.end(), ended])));
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
    const onReport = (candidate: MeasuredCandidate, report: Report) => {
      if (report.is === 'elected') this.elections.push({ candidate, at: report.at });
    };
    this.#candidates = [
      ...this.#candidates.filter((candidate) => candidate.isAlive),
      await MeasuredCandidate.start(program, settings, engine, onReport),
    ];
  }
}
