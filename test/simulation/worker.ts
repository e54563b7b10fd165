/** Runs seeds in a thread of its own, and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads';
import { differences } from './engine.js';
import type { Fault } from './faults.js';
import { simulate } from './run.js';
import { SCENARIOS } from './scenarios.js';
import { added, type Rest } from './traffic.js';

/** Which seeds: `from`, `from + step`, ... below `end`. */
export interface Task {
  readonly from: number;
  readonly end: number;
  readonly step: number;
  readonly only?: readonly Fault[];
  /** Ends at the first violation. */
  readonly untilViolated?: boolean;
  /** Runs this directed scenario instead of seeds. */
  readonly scenario?: string;
  /** Compares with the real engine there, instead. */
  readonly endpoint?: string;
}

/** What has happened since the last time it was told. */
export interface Progress {
  seeds: number;
  elections: number;
  relays: number;
  simulatedMs: number;
  events: number;
  refusedStamps: number;
  rest: Rest;
  injected: Record<string, number>;
  violated: { seed: number | string; violations: readonly string[] }[];
  done: boolean;
}

const TELL_EVERY_MS = 250;

const fresh = (): Progress => ({
  seeds: 0,
  elections: 0,
  relays: 0,
  simulatedMs: 0,
  events: 0,
  refusedStamps: 0,
  rest: { heartbeats: 0, reads: 0, seen: 0 },
  injected: {},
  violated: [],
  done: false,
});

/** A scenario that breaks is violated: what throws out of the background is a bug of its own. */
async function play(scenario: string, endpoint: string | undefined): Promise<readonly string[]> {
  try {
    return endpoint === undefined
      ? await SCENARIOS[scenario]!.play()
      : await differences({ operations: 1_000, seed: 1, endpoint });
  } catch (error) {
    return [`it broke: ${error instanceof Error ? error.message : error}`];
  }
}

async function work({ from, end, step, only, untilViolated, scenario, endpoint }: Task): Promise<void> {
  let progress = fresh();
  if (scenario !== undefined) {
    const violations = await play(scenario, endpoint);
    if (violations.length > 0) progress.violated.push({ seed: scenario, violations });
    parentPort!.postMessage({ ...progress, seeds: 1, done: true });
    return;
  }
  let told = performance.now();
  for (let seed = from; seed < end; seed += step) {
    let violations: readonly string[];
    try {
      const outcome = await simulate(seed, { only });
      violations = outcome.violations;
      progress.elections += outcome.elections;
      progress.relays += outcome.relays;
      progress.simulatedMs += outcome.simulatedMs;
      progress.events += outcome.events;
      progress.refusedStamps += outcome.refusedStamps;
      progress.rest = added(progress.rest, outcome.rest);
      for (const [kind, count] of Object.entries(outcome.injected)) {
        progress.injected[kind] = (progress.injected[kind] ?? 0) + count;
      }
    } catch (error) {
      violations = [`the run broke: ${error instanceof Error ? error.message : error}`];
    }
    progress.seeds += 1;
    if (violations.length > 0) progress.violated.push({ seed, violations });
    if (untilViolated && violations.length > 0) break;
    if (performance.now() - told > TELL_EVERY_MS) {
      parentPort!.postMessage(progress);
      progress = fresh();
      told = performance.now();
    }
  }
  parentPort!.postMessage({ ...progress, done: true });
}

// Thousands of errors are made for simulated failures, and nobody reads where.
Error.stackTraceLimit = 0;
// What a promise of the simulated world rejects with after its world has ended is nobody's business.
process.on('unhandledRejection', () => {});
void work(workerData as Task);
