/** What a run found, as it is kept in `bench/results.json`. Each part says where and when it was measured. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HandOver, LostReply, Traffic } from './failovers.js';
import type { Setting } from './setup.js';
import type { SystemName } from './systems/system.js';

/** One figure, or list of figures, for each system that was measured. All times are in milliseconds. */
type PerSystem<T> = Partial<Record<SystemName, T>>;

/** What one process with many elections did; see `scale-process.ts`. */
export interface Scale {
  readonly store: string;
  readonly elections: number;
  readonly heartbeatMs: number;
  readonly seconds: number;
  /** From the first start to the last election won; the starts are spread over one heartbeat. */
  readonly electedMs: number;
  readonly heartbeats: number;
  /** Landed later than due by more than a tenth of the period. */
  readonly late: number;
  readonly lateness: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly lost: number;
  readonly unanswered: number;
  readonly cpuMsPerHeartbeat: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly kilobytesPerElection: number;
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface Results {
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  failover?: { readonly setting: Setting; readonly beyond: PerSystem<readonly number[]> };
  handover?: {
    readonly setting: Setting;
    readonly closes: PerSystem<readonly HandOver[]>;
    readonly resigns: PerSystem<readonly HandOver[]>;
  };
  requests?: { readonly setting: Setting; readonly traffic: PerSystem<Traffic> };
  lostReplies?: { readonly setting: Setting; readonly replies: PerSystem<readonly LostReply[]> };
  scale?: { readonly setting: Setting; readonly runs: readonly Scale[] };
}

/** The parts that this run measured replace the older ones in the file; the others stay, with their own date. */
export async function keepResults(file: string, found: Results): Promise<Results> {
  const before = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Results>) : {};
  const sameTimes = before.leaseMs === found.leaseMs && before.heartbeatMs === found.heartbeatMs;
  const all: Results = { ...(sameTimes && before), ...found };
  await mkdir(dirname(file), { recursive: true });
  const rounded = JSON.stringify(
    all,
    (_, value) => (typeof value === 'number' ? Math.round(value * 1e3) / 1e3 : value),
    1,
  );
  await writeFile(file, `${rounded}\n`);
  return all;
}
