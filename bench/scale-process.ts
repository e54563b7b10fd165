/**
 * Many elections in one process, all of them led by it, and what that costs. A process of its own for each size, so that
 * no heap and no compiled code of another is counted. Prints one line of JSON.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Election } from '../lib/index.js';
import { MemoryStore } from './memory-store.js';
import type { Scale } from './results.js';
import { spread } from './statistics.js';

export interface ScaleSettings {
  readonly store: string;
  /** Undefined: a store in memory. */
  readonly tableName: string | undefined;
  readonly elections: number;
  readonly heartbeatMs: number;
  readonly measureMs: number;
}

/** Finer costs more than a thousand elections do. */
const SAMPLE_MS = 10;
const {
  store,
  tableName,
  elections: count,
  heartbeatMs,
  measureMs,
} = JSON.parse(process.argv[2] as string) as ScaleSettings;
const leaseMs = 3 * heartbeatMs;

/** When each election's last heartbeat was sent: the next is due one period later. */
const sentAt = new Float64Array(count).fill(Number.NaN);
let lateness: number[] = [];
let [lost, unanswered, leading] = [0, 0, 0];
let closing = false;

function heapKilobytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024;
}

function candidate(n: number): Election {
  const options = { name: `scale-${n}`, tableName: tableName ?? 'memory', leaseMs, renewMs: heartbeatMs };
  const election = new Election(options, tableName === undefined ? { store: new MemoryStore() } : {});
  election.on('heartbeat', ({ latencyMs }) => {
    const landed = performance.now();
    const due = sentAt[n]! + heartbeatMs;
    sentAt[n] = landed - latencyMs;
    if (!Number.isNaN(due)) lateness.push(landed - due);
  });
  election.on('elected', () => {
    leading += 1;
  });
  election.on('lost', () => {
    leading -= 1;
    if (!closing) lost += 1;
  });
  election.on('error', () => {
    unanswered += 1;
  });
  return election;
}

const before = heapKilobytes();
const began = performance.now();
const stop = new AbortController();
const all = Array.from({ length: count }, (_, n) => candidate(n));
// As in a process that has been up for a while: spread over a heartbeat, and not all at the same moment.
all.forEach(async (election, n) => {
  await sleep((heartbeatMs * n) / count);
  await election.run(
    (leadership) => new Promise<void>((resolve) => leadership.signal.addEventListener('abort', () => resolve())),
    { signal: stop.signal },
  );
});
while (leading < count && performance.now() - began < 120_000) await sleep(20);
const electedMs = performance.now() - began;
await sleep(2 * heartbeatMs);

const kilobytes = heapKilobytes() - before;
const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
[lateness, lost, unanswered] = [[], 0, 0];
delay.enable();
const [cpuBefore, from] = [process.cpuUsage(), performance.now()];
await sleep(measureMs);
const cpu = process.cpuUsage(cpuBefore);
const seconds = (performance.now() - from) / 1000;
delay.disable();
const measured = lateness;

const cpuMs = (cpu.user + cpu.system) / 1000;
const { p50, p99, max } = spread(measured) ?? { p50: 0, p99: 0, max: 0 };
/** The histogram holds the whole time between two samples. */
const beyond = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - SAMPLE_MS);
const result: Scale = {
  store,
  elections: count,
  heartbeatMs,
  seconds,
  electedMs,
  heartbeats: measured.length,
  late: measured.filter((ms) => ms > heartbeatMs / 10).length,
  lateness: { p50, p99, max },
  lost,
  unanswered,
  cpuMsPerHeartbeat: cpuMs / measured.length,
  cpuPercent: (100 * cpuMs) / (seconds * 1000),
  kilobytesPerElection: kilobytes / count,
  loopDelay: {
    p50: beyond(delay.percentile(50)),
    p99: beyond(delay.percentile(99)),
    max: beyond(delay.max),
  },
};
closing = true;
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
