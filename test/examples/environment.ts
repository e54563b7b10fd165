/** An execution environment of `examples/scheduled/handler.ts`, as a process: each message is an event, each answer its result. */
import { handler } from '../../examples/scheduled/handler.js';

export interface Answer {
  readonly result?: { readonly day: string; readonly ran: boolean; readonly why?: string; readonly sent?: number };
  readonly error?: string;
}

const answer = (message: Answer) => process.send?.(message);

process.on('message', async (event: { time: string }) => {
  const end = performance.now() + 60_000;
  const context = { getRemainingTimeInMillis: () => Math.max(0, end - performance.now()) };
  try {
    answer({ result: await handler(event, context) });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
});
process.once('disconnect', () => process.exit());
