/** `tenure transfer <election> --to <candidate>`: the leader gives the office up in favour of a candidate of your choice. */
import type { Command } from 'commander';
import type { Election } from '../../index.js';
import { showMs } from '../../names/durations.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { changeLine } from '../office-state.js';
import { outcomePrinter, pollOffice } from '../operator-command.js';
import { parseDurationMs } from '../option-values.js';

interface TransferOptions {
  readonly to: string;
  readonly why: string;
  readonly timeout?: string;
}

export function registerTransfer(program: Command, toAction: ToAction): void {
  program
    .command('transfer')
    .summary('have the leader hand the office to a candidate of your choice')
    .description(
      'Asks the leader, as an operator, to give the office up in favour of a candidate. It sees that with its next ' +
        'heartbeat, and stops its work and vacates with the one after; the vacancy is kept for that candidate for two heartbeats, and is ' +
        "anybody's after that. Where candidates are listed (the option `succession`), one that does not stand is refused.\n\n" +
        'Ends with 0 if that candidate leads, 3 if nothing was done (nobody leads; the candidate does not stand), 4 if ' +
        'it does not lead in time, or another does.',
    )
    .argument('<election>', 'the name of the election')
    .requiredOption('--to <candidate>', 'the id of the candidate that is to lead')
    .option('--why <text>', 'the reason, shown to the leader and by status: at most 64 bytes', 'transfer')
    .option('--timeout <duration>', 'how long to wait (default: two leases and three heartbeats of that leader)')
    .addHelpText(
      'after',
      `\nExamples:\n  $ tenure transfer billing --to worker-2\n  $ tenure transfer billing --to worker-2 --why 'worker-1 is drained'`,
    )
    .action(toAction(transfer));
}

async function transfer(call: CommandCall<TransferOptions>): Promise<number> {
  const { to, why, timeout } = call.options;
  const limitMs = timeout === undefined ? undefined : parseDurationMs('--timeout', timeout);
  await using election = call.connection.election(call.words[0]!);
  const answer = outcomePrinter(call, 'transferred');
  const before = await election.leader();
  if (before.holder === to) {
    answer('transferred', before, `${to} leads ${election.name} already, in term ${before.term}.`);
    return EXIT.done;
  }
  if (before.holder === undefined) {
    answer('nobody', before, `Nobody leads ${election.name}: ${changeLine(before)}.`);
    return EXIT.nobody;
  }
  const others = await standbysBut(election, to);
  if (others !== undefined) {
    answer('does not stand', before, `${to} does not stand for ${election.name}. ${others} Nobody was asked.`);
    return EXIT.nobody;
  }
  const { challenged, office } = await election.challenge({ why, to });
  if (!challenged) {
    answer('changed', office, `Nothing was asked: ${changeLine(office)}. Look at it, and ask again.`);
    return EXIT.nobody;
  }
  const patienceMs = limitMs ?? 2 * (before.leaseMs ?? 0) + 3 * (before.renewMs ?? 0);
  const after = await pollOffice(
    election,
    patienceMs,
    ({ term, holder }) => term > before.term && holder !== undefined,
  );
  if (after?.holder === to) {
    answer('transferred', after, `${to} leads ${election.name} in term ${after.term}, after ${before.holder}.`);
    return EXIT.done;
  }
  const now = after ?? (await election.leader());
  const waited = after === undefined ? ` after ${showMs(patienceMs)}` : '';
  answer('not transferred', now, `${to} does not lead ${election.name}${waited}: ${changeLine(now)}.`);
  return EXIT.timedOut;
}

/** A sentence that names the standbys; undefined if the candidate is one, or if candidates are not listed. */
async function standbysBut(election: Election, to: string): Promise<string | undefined> {
  const roster = (await election.roster().catch(() => [])).filter(({ present }) => present);
  if (roster.length === 0 || roster.some(({ id }) => id === to)) return undefined;
  const standbys = roster.filter(({ leads }) => !leads).map(({ id }) => id);
  return standbys.length === 0 ? 'Nobody stands by.' : `Who does: ${standbys.join(', ')}.`;
}
