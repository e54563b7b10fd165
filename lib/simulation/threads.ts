/** Runs seeds side by side: one thread for each core, and the seeds dealt out in turn. */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Progress, Task } from './seeds.js';

/** The thread's program: beside this module, and built as it is. */
export const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

export const CORES = availableParallelism();

/** A thread does not take over how its parent reads TypeScript: run from the sources, each thread registers a loader of its own. */
function threadOf(file: string, workerData: unknown): Worker {
  if (!file.endsWith('.ts')) return new Worker(file, { workerData });
  const [reader, sources] = [import.meta.resolve('tsx/esm/api'), pathToFileURL(file).href].map((url) =>
    JSON.stringify(url),
  );
  const program = `import(${reader}).then(({ register }) => (register(), import(${sources})))`;
  return new Worker(program, { eval: true, workerData });
}

/**
 * @param file the thread's program: {@link WORKER}, or a bundle of it
 * @param report called with what has happened since the last call
 * @returns when all threads have ended; rejects if one breaks
 */
export async function inThreads<T extends Task>(
  file: string,
  task: Omit<T, 'step'>,
  report: (progress: Progress) => void,
  { cores = CORES }: { cores?: number } = {},
): Promise<void> {
  const workers: Worker[] = [];
  const stop = () => Promise.all(workers.map((worker) => worker.terminate()));
  const run = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const worker = threadOf(file, { ...task, from: task.from + index, step: cores });
      workers.push(worker);
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (progress: Progress) => {
        report(progress);
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
