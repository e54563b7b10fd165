/** Runs seeds side by side: one thread for each core, each with every so manieth seed. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Progress, Task } from './seeds.js';

/** The thread's program, as it stands beside this module: built, or not. */
export const WORKER = fileURLToPath(
  new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export const CORES = availableParallelism();

/**
 * @param file the thread's program: {@link WORKER}, or a bundle of it
 * @param told called with what has happened since the last call
 * @returns when all threads have ended; rejects if one breaks
 */
export async function inThreads<T extends Task>(
  file: string,
  task: Omit<T, 'step'>,
  told: (progress: Progress) => void,
  { cores = CORES }: { cores?: number } = {},
): Promise<void> {
  const workers: Worker[] = [];
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()));
  const run = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(file, { workerData: { ...task, from: task.from + index, step: cores } });
      workers.push(worker);
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (progress: Progress) => {
        told(progress);
        const over = progress.done || (task.untilViolated && progress.violated.length > 0);
        if (!over) return;
        if (task.untilViolated && progress.violated.length > 0) void stop();
        else void worker.terminate(); // a simulated world leaves promises behind that nobody settles
      });
    });
  try {
    await Promise.all(Array.from({ length: cores }, (_, index) => run(index)));
  } finally {
    await stop();
  }
}
