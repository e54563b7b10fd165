/** Runs seeds in a thread of its own. A program, never imported. */
import { parentPort, workerData } from 'node:worker_threads';
import { preparedThread, runSeeds, type Task } from './seeds.js';

preparedThread();
void runSeeds(workerData as Task, (progress) => parentPort!.postMessage(progress));
