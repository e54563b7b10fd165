/**
 * A process of its own that watches over a leader's command: it kills the command's process group when the lease ends,
 * and when `tenure run` is gone. So a command ends with its lease even where its parent was stopped (SIGSTOP) or killed
 * (SIGKILL), and can do nothing itself. It knows no election: it is told a group and a deadline, line by line.
 *
 * The pipe it reads is held by its parent alone: the pipe's end is the news that the parent is gone. A program, never imported.
 */
import { createInterface } from 'node:readline';
import { hostMs, type Order } from './orders.js';

/** Timers stand still in a suspension too: the clocks are looked at again and again. */
const LOOK_EVERY_MS = 1_000;

let order: Order = { n: 0 };
let timer: NodeJS.Timeout | undefined;
const kill = () => {
  if (order.group === undefined) return;
  try {
    process.kill(-order.group, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
const look = () => {
  clearTimeout(timer);
  const { group, mono, wall } = order;
  if (group === undefined || mono === undefined || wall === undefined) return;
  const leftMs = Math.min(mono - hostMs(), wall - Date.now());
  if (leftMs > 0) timer = setTimeout(look, Math.min(Math.ceil(leftMs), LOOK_EVERY_MS));
  else kill();
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    order = JSON.parse(line) as Order;
    look();
    process.stdout.write(`${order.n}\n`);
  })
  .on('close', () => {
    kill();
    process.exit();
  });
// It outlives whatever ends its parent; it cannot linger, for the pipe ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => {});
process.stdout.on('error', () => {});
