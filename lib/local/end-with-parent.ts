/**
 * Ties child processes to the life of this one: however this process goes, `kill -9` included, they go with it.
 *
 * A process cannot clean up after its own SIGKILL, so one small `sh` does it. It reads the pids to watch over from a
 * pipe whose other end only this process holds: the pipe's end is the news that this process is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

// Signals are ignored because the reaper has to outlive whatever ends its parent. It cannot linger: the pipe ends.
// SIGKILL is the one signal that also ends a process stopped by SIGSTOP.
const SCRIPT = `
trap '' HUP INT QUIT TERM
pids=' '
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) pids="$pids$pid " ;;
    -*) case $pids in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
`;

const tied = new Set<number>();
let pipe: Socket | undefined;

/**
 * Kills `child` when this process ends, in whatever way. Call it right after `spawn`; a child that ends by itself is
 * let go. Keeps no event loop alive. Needs `sh`: without one (Windows) the child is not tied.
 */
export function endWithParent(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  pipe ??= startReaper();
  tied.add(pid);
  pipe.write(`+${pid}\n`);
  child.once('exit', () => {
    // At once: the system may give the pid to somebody else, who must not be killed for it.
    tied.delete(pid);
    pipe?.write(`-${pid}\n`);
  });
}

function startReaper(): Socket {
  // Detached is a session of its own: Ctrl-C and a closing terminal reach neither the reaper nor, early, its wards.
  const reaper = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const stdin = reaper.stdin as Socket;
  const forget = () => {
    if (pipe === stdin) pipe = undefined;
  };
  reaper.on('error', forget).on('exit', forget).unref();
  stdin.on('error', forget).unref();
  // Somebody may have killed an earlier reaper: the new one takes over its wards.
  for (const pid of tied) stdin.write(`+${pid}\n`);
  return stdin;
}
