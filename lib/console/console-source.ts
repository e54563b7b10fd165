/** Where the console gets its events from, and the actions that an operator can take there. */
import { z } from 'zod';
import type { EmitEvent } from './console-events.js';

const election = z.string().min(1).max(64);
const id = z.string().min(1).max(128);

/** The request of a button. */
export const actionSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('challenge'), election }),
  z.strictObject({ action: z.literal('transfer'), election, id }),
  z.strictObject({
    action: z.literal('revoke'),
    election,
    term: z.number().int().min(1),
    holder: id,
    dead: z.boolean(),
  }),
  z.strictObject({ action: z.literal('kill'), election, id }),
  z.strictObject({ action: z.literal('pause'), election, id }),
  z.strictObject({ action: z.literal('resume'), election, id }),
  z.strictObject({ action: z.literal('cut'), election, id }),
  z.strictObject({ action: z.literal('join'), election, id }),
  z.strictObject({ action: z.literal('end'), election, id }),
  z.strictObject({ action: z.literal('add'), election }),
]);

export type Action = z.infer<typeof actionSchema>;
export type ActionName = Action['action'];

/** An action that is not possible as things are: the message is shown beside the button. */
export class ImpossibleAction extends Error {}

export interface ConsoleSource {
  /** What is watched, for the page's head: the table, the engine. */
  readonly title: string;
  readonly actions: readonly ActionName[];
  /** Begins to emit events. Called once. */
  start(emit: EmitEvent): void;
  /** @returns what was done, in a sentence. @throws ImpossibleAction, TenureError */
  act(action: Action): Promise<string>;
  close(): Promise<void>;
}
