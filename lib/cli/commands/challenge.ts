/** `tenure challenge <election>`: an operator asks the leader to give the office up; every leader yields to that. */

import type { Command } from 'commander';
import type { Office } from '../../index.js';
import { parseDurationMs, showMs } from '../durations.js';
import { EXIT } from '../exit-codes.js';
import { lookUntil } from '../look-until.js';
import { changeLine, officeJson } from '../office-state.js';
import type { Acts, Call } from '../program.js';

export interface ChallengeOptions {
  readonly why?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

export function registerChallenge(program: Command, acts: Acts): void {
  program
    .command('challenge')
    .summary('ask the leader to give the office up')
    .description(
      'Asks the leader, as an operator, to give the office up. It sees that with its next heartbeat, and stops its work and ' +
        'vacates with the one after, where the standbys look; the first candidate in the line follows. Who led leaves the office to others for one lease: alone, it ' +
        'leads again after that.\n\nEnds with 0 if it is asked (with --wait: if the term has ended), 3 if nobody leads, 4 if ' +
        'it was waited for in vain.',
    )
    .argument('<election>', 'the name of the election')
    .option('--why <text>', 'the reason, shown to the leader and by status: at most 64 bytes', 'operator')
    .option('--wait', 'wait until the term has ended')
    .option('--timeout <duration>', 'how long to wait (default: a lease and a heartbeat of that leader)')
    .addHelpText('after', `\nExamples:\n  $ tenure challenge billing\n  $ tenure challenge billing --why deploy --wait`)
    .action(acts<ChallengeOptions>((call) => challenge(call, call.options)));
}

/** Asks, and waits for the end of the term if that is wanted. */
export async function challenge(
  { words, options, connection, print, note, json }: Call<ChallengeOptions>,
  { why, wait = false, timeout }: ChallengeOptions,
): Promise<number> {
  const limitMs = timeout === undefined ? undefined : parseDurationMs('--timeout', timeout);
  await using election = connection.election(words[0]!);
  const before = await election.leader();
  const tell = (outcome: string, office: Office, words: string) => {
    if (options.json) json({ outcome, office: officeJson(office) });
    else (outcome === 'asked' || outcome === 'ended' ? print : note)(words);
  };
  if (before.holder === undefined) {
    tell('nobody', before, `Nobody leads ${election.name}: ${changeLine(before)}.`);
    return EXIT.nobody;
  }
  const { challenged, office } = await election.challenge({ why });
  const pending = !challenged && office.term === before.term ? office.challenger : undefined;
  if (!challenged && pending === undefined) {
    tell('changed', office, `The office of ${election.name} has just changed hands: ${changeLine(office)}. Ask again.`);
    return EXIT.nobody;
  }
  const who = `${before.holder}, leader of ${election.name} in term ${before.term},`;
  if (!wait) {
    const already = pending === undefined ? '' : ` already, by ${pending.id} (${pending.why})`;
    tell('asked', office, `${who} is asked${already} to give the office up.`);
    return EXIT.done;
  }
  const patienceMs = limitMs ?? (before.leaseMs ?? 0) + (before.renewMs ?? 0);
  const hasEnded = ({ term, holder }: Office) => term !== before.term || holder !== before.holder;
  const after = await lookUntil(election, patienceMs, hasEnded);
  if (after === undefined) {
    tell('timed out', office, `${who} was asked, and is still in office after ${showMs(patienceMs)}.`);
    return EXIT.timedOut;
  }
  tell('ended', after, `${who} has gone: ${changeLine(after)}.`);
  return EXIT.done;
}
