/** Many simulated worlds, on all cores, with reports of the progress. */

import type { SimulationOptions } from '../../simulation/run.js';
import type { Task } from '../../simulation/seeds.js';
import { CORES, inThreads } from '../../simulation/threads.js';
import { Totals } from '../../simulation/totals.js';
import { grouped } from './report.js';

const NOTE_EVERY_MS = 5_000;

export interface Many {
  /** The thread's program. */
  readonly file: string;
  readonly from: number;
  readonly seeds: number;
  readonly options: SimulationOptions;
}

/** @param note prints the progress, and how long it took: what differs from run to run */
export async function runMany({ file, from, seeds, options }: Many, note: (line: string) => void): Promise<Totals> {
  const totals = new Totals();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let saidAt = began;
  await inThreads<Task>(file, { from, end: from + seeds, options }, (progress) => {
    for (const { seed, violations } of progress.violated) note(`seed ${seed}: ${violations[0]}`);
    totals.add(progress);
    if (performance.now() - saidAt < NOTE_EVERY_MS) return;
    saidAt = performance.now();
    const { violated, sums } = totals;
    note(`${grouped(sums.seeds)} of ${grouped(seeds)} worlds, ${violated.length} violated, ${seconds().toFixed(0)} s`);
  });
  const { sums } = totals;
  if (sums.seeds !== seeds) throw new Error(`Only ${sums.seeds} of ${seeds} worlds were run: a thread ended early.`);
  note(`took ${seconds().toFixed(1)} s on ${CORES} cores: ${(seeds / seconds()).toFixed(0)} worlds a second`);
  return totals;
}
