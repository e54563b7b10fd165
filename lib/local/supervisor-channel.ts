/**
 * The child's side of `supervised-process.ts`: its task, its reports, and the orders that it takes. Without its parent a
 * supervised process ends at once.
 */
import { once } from 'node:events';

/** What this process was started for: its only argument. */
export const givenTask = <Task>(): Task => JSON.parse(process.argv[2] as string) as Task;

export class SupervisorChannel<Report, Order> {
  constructor() {
    process.on('disconnect', () => process.exit());
  }

  /** Sent to the parent, in the order of the calls. */
  report(report: Report): void {
    if (process.connected) process.send?.(report, () => {});
  }

  /** The next order: for a process that cannot begin without one. */
  async nextOrder<Expected extends Order>(): Promise<Expected> {
    const [order] = await once(process, 'message');
    return order as Expected;
  }

  onOrder(obey: (order: Order) => void): void {
    process.on('message', (order) => obey(order as Order));
  }

  /** Calls `end` at SIGTERM, once. */
  onEnd(end: () => void): void {
    process.once('SIGTERM', end);
  }

  /** Lets go of the parent. If nothing else keeps it, the process then ends by itself. */
  close(): void {
    process.removeAllListeners('disconnect');
    process.disconnect?.();
  }
}
