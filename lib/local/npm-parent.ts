/**
 * Notices that the npm which started this process has ended. npm passes SIGTERM on to its shell alone, and SIGKILL to no
 * process at all: without this, all of `npm start` would run on after npm was ended.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 250;

/**
 * Calls `gone` once, as soon as npm or its shell has ended. Without npm it never does: a program in the background
 * rightly outlives its terminal's shell. Keeps no event loop alive.
 * @returns the way to stop looking
 */
export function watchNpmParent(gone: () => void, env: NodeJS.ProcessEnv = process.env): () => void {
  if (env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const npm = npmAbove(parent);
  const looking = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isThere(npm))) return;
    clearInterval(looking);
    gone();
  }, LOOK_EVERY_MS);
  looking.unref();
  return () => clearInterval(looking);
}

/** npm, where a shell stands between it and this process; known only where there is a /proc. */
function npmAbove(parent: number): number | undefined {
  try {
    // The name is in parentheses and may hold anything: the fields are counted from behind it.
    const [, name, fields] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return /sh$/.test(name ?? '') ? Number(fields?.split(' ')[1]) : undefined;
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
