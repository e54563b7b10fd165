/** Where the console has its facts from, and what an operator may have done there. */
import { z } from 'zod';
import type { Tell } from './facts.js';

const election = z.string().min(1).max(64);
const id = z.string().min(1).max(128);

/** What a button asks for. */
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

/** An action that cannot be done as things are: the message is for who pressed the button. */
export class CannotBeDone extends Error {}

export interface Source {
  /** What is watched, for the page's head: the table, the engine. */
  readonly title: string;
  readonly actions: readonly ActionName[];
  /** Begins to tell facts. Called once. */
  start(tell: Tell): void;
  /** @returns what was done, in a sentence. @throws CannotBeDone, TenureError */
  act(action: Action): Promise<string>;
  close(): Promise<void>;
}
