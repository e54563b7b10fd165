/** Looks at an office until it is as wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Election, Office } from '../index.js';

const LOOK_EVERY_MS = 200;

/** @returns the office that was found as wanted; undefined if it was not within `limitMs` */
export async function lookUntil(
  election: Election,
  limitMs: number,
  isWanted: (office: Office) => boolean,
): Promise<Office | undefined> {
  for (const until = performance.now() + limitMs; ; await sleep(LOOK_EVERY_MS)) {
    const office = await election.leader();
    if (isWanted(office)) return office;
    if (performance.now() >= until) return undefined;
  }
}
