/** What the commands of an operator share (challenge, transfer, revoke): their answer, and waiting for its effect. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Election, Office } from '../index.js';
import type { CommandCall } from './command.js';
import { officeJson } from './office-state.js';

const POLL_EVERY_MS = 200;

/** Prints the outcome: as JSON, or the sentence, on standard output if the command did what it was asked. */
export type PrintOutcome = (outcome: string, office: Office, sentence: string) => void;

/** @param successes the outcomes with which the command did what it was asked */
export function outcomePrinter(
  { options, print, note, json }: CommandCall<object>,
  ...successes: readonly string[]
): PrintOutcome {
  return (outcome, office, sentence) => {
    if (options.json) json({ outcome, office: officeJson(office) });
    else (successes.includes(outcome) ? print : note)(sentence);
  };
}

/** Polls the office until it is as wanted. @returns that office; undefined if `limitMs` passed before */
export async function pollOffice(
  election: Election,
  limitMs: number,
  isWanted: (office: Office) => boolean,
): Promise<Office | undefined> {
  for (const until = performance.now() + limitMs; ; await sleep(POLL_EVERY_MS)) {
    const office = await election.leader();
    if (isWanted(office)) return office;
    if (performance.now() >= until) return undefined;
  }
}
