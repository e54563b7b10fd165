/** `tenure challenge <election>`: an operator asks the leader to give the office up; every leader yields to that. */

import type { Command } from 'commander';
import type { Office } from '../../index.js';
import { showMs } from '../../names/durations.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { changeLine } from '../office-state.js';
import { outcomePrinter, pollOffice } from '../operator-command.js';
import { parseDurationMs } from '../option-values.js';

export interface ChallengeOptions {
  readonly why?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
}

export function registerChallenge(program: Command, toAction: ToAction): void {
  program
    .command('challenge')
    .summary('ask the leader to give the office up')
    .description(
      'Asks the leader, as an operator, to give the office up. It sees that with its next heartbeat, and stops its work and ' +
        'vacates with the one after, where the standbys poll; the first candidate in the line follows. The old leader leaves the ' +
        'office to others for one lease: if it is alone, it leads again after that.\n\nEnds with 0 if it is asked (with ' +
        '--wait: if the term has ended), 3 if nobody leads or the office has just changed hands, 4 if the term did not end in time.',
    )
    .argument('<election>', 'the name of the election')
    .option('--why <text>', 'the reason, shown to the leader and by status: at most 64 bytes', 'operator')
    .option('--wait', 'wait until the term has ended')
    .option('--timeout <duration>', 'how long to wait (default: a lease and a heartbeat of that leader)')
    .addHelpText('after', `\nExamples:\n  $ tenure challenge billing\n  $ tenure challenge billing --why deploy --wait`)
    .action(toAction<ChallengeOptions>((call) => challenge(call, call.options)));
}

/** Asks, and waits for the end of the term if that is wanted. */
export async function challenge(
  call: CommandCall<ChallengeOptions>,
  { why, wait = false, timeout }: ChallengeOptions,
): Promise<number> {
  const limitMs = timeout === undefined ? undefined : parseDurationMs('--timeout', timeout);
  await using election = call.connection.election(call.words[0]!);
  const before = await election.leader();
  const answer = outcomePrinter(call, 'asked', 'ended');
  if (before.holder === undefined) {
    answer('nobody', before, `Nobody leads ${election.name}: ${changeLine(before)}.`);
    return EXIT.nobody;
  }
  const { challenged, office } = await election.challenge({ why });
  if (!challenged) {
    answer(
      'changed',
      office,
      `The office of ${election.name} has just changed hands: ${changeLine(office)}. Ask again.`,
    );
    return EXIT.nobody;
  }
  const leader = `${before.holder}, leader of ${election.name} in term ${before.term},`;
  if (!wait) {
    answer('asked', office, `${leader} is asked to give the office up.`);
    return EXIT.done;
  }
  const patienceMs = limitMs ?? (before.leaseMs ?? 0) + (before.renewMs ?? 0);
  const hasEnded = ({ term, holder }: Office) => term !== before.term || holder !== before.holder;
  const after = await pollOffice(election, patienceMs, hasEnded);
  if (after === undefined) {
    answer('timed out', office, `${leader} was asked, and is still in office after ${showMs(patienceMs)}.`);
    return EXIT.timedOut;
  }
  answer('ended', after, `${leader} has gone: ${changeLine(after)}.`);
  return EXIT.done;
}
