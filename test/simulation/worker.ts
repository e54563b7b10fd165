/**
 * Runs seeds in a thread of its own, or a directed scenario, or the comparison with a real engine: whatever kills a
 * known-bad variant, in the build that has it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  brokenBy,
  freshProgress,
  type Progress,
  preparedThread,
  runSeeds,
  type Task,
} from '../../lib/simulation/seeds.js';
import { differences } from './engine.js';
import { SCENARIOS } from './scenarios.js';

export interface KillTask extends Task {
  /** Runs this directed scenario instead of seeds. */
  readonly scenario?: string;
  /** Compares with the real engine there, instead. */
  readonly endpoint?: string;
}

/** A scenario that breaks is violated. */
async function play(scenario: string, endpoint: string | undefined): Promise<readonly string[]> {
  try {
    return endpoint === undefined
      ? await SCENARIOS[scenario]!.play()
      : await differences({ operations: 1_000, seed: 1, endpoint });
  } catch (error) {
    return [brokenBy(error)];
  }
}

async function work(task: KillTask): Promise<void> {
  const tell = (progress: Progress) => parentPort!.postMessage(progress);
  if (task.scenario === undefined) return runSeeds(task, tell);
  const violations = await play(task.scenario, task.endpoint);
  const violated = violations.length > 0 ? [{ seed: task.scenario, violations }] : [];
  tell({ ...freshProgress(), seeds: 1, violated, done: true });
}

preparedThread();
void work(workerData as KillTask);
