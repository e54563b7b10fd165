/**
 * Child processes that have children of their own (the emulator's functions, the CLI's synthesis): each is the head of a
 * process group, and the whole group goes when this process does, however that is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

/** Outlives whatever ends this process: its pipe ends, and then it ends the group. `sh` alone is needed. */
const GUARD = `trap '' HUP INT QUIT TERM; read -r word; [ "$word" = free ] || kill -s KILL -- "-$1"`;

export interface Group {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Ends all of the group, and waits until its head is gone. May be called again. */
  stop(): Promise<void>;
}

const running = new Set<Group>();

/** Starts a program as the head of a group; what it says goes to the file. */
export function startGroup(
  file: string,
  args: readonly string[],
  { cwd, env, log }: { cwd?: string; env: NodeJS.ProcessEnv; log: string },
): Group {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${file} could not be started: is it on the PATH?`);
  const guard = spawn('sh', ['-c', GUARD, 'guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.stdin.on('error', () => {});
  guard.unref();
  const group: Group = {
    child,
    pid,
    async stop() {
      running.delete(group);
      // The head may have ended before its children: its group is there for as long as one of them is.
      killGroup(pid);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      guard.stdin.end('free\n');
    },
  };
  running.add(group);
  return group;
}

/** Ends every group that is still there. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((group) => group.stop()));
}

/**
 * Runs a program to its end, as a group.
 * @throws Error with its last words if it fails
 */
export async function runGroup(
  title: string,
  file: string,
  args: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv; log: string; limitMs: number },
): Promise<string> {
  const group = startGroup(file, args, options);
  let output = '';
  for (const stream of [group.child.stdout, group.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    killGroup(group.pid);
  }, options.limitMs);
  const [code, signal] = (await once(group.child, 'close')) as [number | null, string | null];
  clearTimeout(limit);
  await group.stop();
  const said = stripVTControlCharacters(output);
  if (code === 0) return said;
  const how = late ? `took over ${options.limitMs / 1000} s` : `ended with ${signal ?? `exit code ${code}`}`;
  throw new Error(`${title} ${how}. Its last words:\n${said.trim().split('\n').slice(-25).join('\n')}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
