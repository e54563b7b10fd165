/**
 * A process of its own that enforces the deadline of a leader's command: it kills the command's process group when the
 * lease ends, and when `tenure run` has ended. So a command ends with its lease even where `tenure run` was stopped
 * (SIGSTOP) or killed (SIGKILL), and can do nothing itself. It knows no election: it reads a group and a deadline from
 * each line of its input.
 *
 * Its input is a pipe that its parent alone holds: the end of the pipe says that the parent has ended. A program, never imported.
 */
import { createInterface } from 'node:readline';
import { hostMs } from '../../local/host-clock.js';
import type { DeadlineOrder } from './deadline-enforcer-client.js';

/** Timers too stand still while the machine is suspended: the clocks are read again and again. */
const CHECK_EVERY_MS = 1_000;

let order: DeadlineOrder = { n: 0 };
let timer: NodeJS.Timeout | undefined;
const kill = () => {
  if (order.group === undefined) return;
  try {
    process.kill(-order.group, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
const check = () => {
  clearTimeout(timer);
  const { group, mono, wall } = order;
  if (group === undefined || mono === undefined || wall === undefined) return;
  const leftMs = Math.min(mono - hostMs(), wall - Date.now());
  if (leftMs > 0) timer = setTimeout(check, Math.min(Math.ceil(leftMs), CHECK_EVERY_MS));
  else kill();
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    order = JSON.parse(line) as DeadlineOrder;
    check();
    process.stdout.write(`${order.n}\n`);
  })
  .on('close', () => {
    kill();
    process.exit();
  });
// It has to outlive the signals that end its parent; it cannot remain for ever, because the pipe ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => {});
process.stdout.on('error', () => {});
