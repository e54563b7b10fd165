/** Runs the seeds of one thread, and reports its progress now and then. */
import type { Failover } from './failovers.js';
import { type Outcome, type SimulationOptions, simulate } from './run.js';
import { added, type Rest } from './traffic.js';

/** Which seeds: `from`, `from + step`, ... below `end`. */
export interface Task {
  readonly from: number;
  readonly end: number;
  readonly step: number;
  readonly options?: SimulationOptions;
  /** Ends at the first violation. */
  readonly untilViolated?: boolean;
}

/** A seed, or a scenario's name, with what was violated. */
export interface Violated {
  readonly seed: number | string;
  readonly violations: readonly string[];
}

/** What has happened since the last report. */
export interface Progress {
  seeds: number;
  elections: number;
  relays: number;
  simulatedMs: number;
  events: number;
  refusedStamps: number;
  rest: Rest;
  injected: Record<string, number>;
  /** Each with its length in leases as well: over many seeds, leases differ. */
  failovers: (Failover & { readonly leases: number })[];
  violated: Violated[];
  /** All of it, where a timeline was asked for. */
  outcome?: Outcome;
  done: boolean;
}

const REPORT_EVERY_MS = 250;

/** What is summed up, of nothing yet. */
export const noSums = () => ({ seeds: 0, elections: 0, relays: 0, simulatedMs: 0, events: 0, refusedStamps: 0 });

export const freshProgress = (): Progress => ({
  ...noSums(),
  rest: { heartbeats: 0, reads: 0, seen: 0 },
  injected: {},
  failovers: [],
  violated: [],
  done: false,
});

/**
 * @param report called with what has happened since the last call; the last time with `done`
 */
export async function runSeeds(task: Task, report: (progress: Progress) => void): Promise<void> {
  const { from, end, step, options, untilViolated } = task;
  let progress = freshProgress();
  let reportedAt = performance.now();
  for (let seed = from; seed < end; seed += step) {
    const violations = await runSeed(seed, options, progress);
    progress.seeds += 1;
    if (violations.length > 0) progress.violated.push({ seed, violations });
    if (untilViolated && violations.length > 0) break;
    if (performance.now() - reportedAt > REPORT_EVERY_MS) {
      report(progress);
      progress = freshProgress();
      reportedAt = performance.now();
    }
  }
  report({ ...progress, done: true });
}

/** A run that breaks is violated: what throws out of the background is a bug of its own. */
async function runSeed(
  seed: number,
  options: SimulationOptions | undefined,
  progress: Progress,
): Promise<readonly string[]> {
  try {
    const outcome = await simulate(seed, options);
    progress.elections += outcome.elections;
    progress.relays += outcome.relays;
    // Whole, so that the sum does not depend on the order in which threads report it.
    progress.simulatedMs += Math.round(outcome.simulatedMs);
    progress.events += outcome.events;
    progress.refusedStamps += outcome.refusedStamps;
    progress.rest = added(progress.rest, outcome.rest);
    for (const [kind, count] of Object.entries(outcome.injected)) {
      progress.injected[kind] = (progress.injected[kind] ?? 0) + count;
    }
    const { leaseMs } = outcome.settings;
    for (const one of outcome.failovers) {
      progress.failovers.push({ ...one, leases: one.withoutLeaderMs / leaseMs });
    }
    if (options?.timeline) progress.outcome = outcome;
    return outcome.violations;
  } catch (error) {
    return [brokenBy(error)];
  }
}

export const brokenBy = (error: unknown): string => `it broke: ${error instanceof Error ? error.message : error}`;

/** What a thread that simulates needs, before all else. */
export function preparedThread(): void {
  // Thousands of errors are made for simulated failures, and nobody reads where.
  Error.stackTraceLimit = 0;
  // What a promise of the simulated world rejects with after its world has ended is nobody's business.
  process.on('unhandledRejection', () => {});
}
