/**
 * Runs before each test file that only computes. It leaves the cores to those that wait for the clock as well; and since
 * such files share a process, it leaves nothing behind that another one could stumble over.
 */
import { getPriority, setPriority } from 'node:os';
import { afterAll, vi } from 'vitest';

/** A tenth of the share of a process that asks for nothing: more modest, it would never end on a machine that is busy. */
const MODEST = 10;

if (getPriority() < MODEST) setPriority(MODEST);

const before = { ...process.env };
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
