/** `tenure revoke <election> --term N`: removes a leader that does not answer. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { Office } from '../../index.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT, usage } from '../failure.js';
import { changeLine } from '../office-state.js';
import { outcomePrinter } from '../operator-command.js';

interface RevokeOptions {
  readonly term: string;
  readonly dead?: boolean;
  readonly yes?: boolean;
}

const WITHOUT_PROOF = 'Nobody takes the office until the lease that it may still believe in has run out.';
const WITH_PROOF =
  'The office is free at once. If that process does run after all, two lead at the same time: only the fence protects you.';

export function registerRevoke(program: Command, toAction: ToAction): void {
  program
    .command('revoke')
    .summary('remove a leader that does not answer')
    .description(
      'Removes the leader of that term from office. The term must be named, so that no later leader is hit by mistake.\n\n' +
        `Without --dead: ${WITHOUT_PROOF} A leader that is alive hears of it at its next heartbeat, and stops.\n\n` +
        'With --dead you vouch that the process can never run again: the machine is gone, the task is stopped for good, the ' +
        `pid does not exist. Not answering is no proof. ${WITH_PROOF} It may be said later, of a term that was revoked before.`,
    )
    .argument('<election>', 'the name of the election')
    .requiredOption('--term <number>', 'the term that the leader is in office for: status shows it')
    .option('--dead', 'it is proved that the leader can never run again')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `\nExamples:\n  $ tenure revoke billing --term 7\n  $ tenure revoke billing --term 7 --dead --yes`,
    )
    .action(toAction(revoke));
}

async function revoke(call: CommandCall<RevokeOptions>): Promise<number> {
  const { options, connection, words } = call;
  const { dead = false } = options;
  const term = termOf(options.term);
  await using election = connection.election(words[0]!);
  const before = await election.leader();
  const answer = outcomePrinter(call, 'revoked');
  // The proof may come after the revoke, when the holder is out of office already.
  const holder = before.holder ?? (dead && before.reason === 'revoked' ? before.previous : undefined);
  if (before.term !== term || holder === undefined) {
    answer('not in office', before, `Nobody was revoked: ${notInOffice(term, before)}.`);
    return EXIT.nobody;
  }
  const meaning = dead ? WITH_PROOF : WITHOUT_PROOF;
  if (!options.yes && !(await confirmed(`Revoke ${holder}, leader of ${election.name} in term ${term}? ${meaning}`))) {
    answer('kept', before, 'Nothing was done.');
    return EXIT.failed;
  }
  const { revoked, office } = await election.revoke({ term, holder, dead });
  if (!revoked) {
    answer('not in office', office, `Nobody was revoked: ${notInOffice(term, office)}.`);
    return EXIT.nobody;
  }
  answer('revoked', office, `${holder} is revoked in term ${term} of ${election.name}. ${meaning}`);
  return EXIT.done;
}

function termOf(text: string): number {
  const term = /^\d+$/.test(text) ? Number(text) : 0;
  if (Number.isSafeInteger(term) && term > 0) return term;
  throw usage(`--term must be a whole number from 1, as \`tenure status\` shows it, but is ${JSON.stringify(text)}.`);
}

const notInOffice = (term: number, office: Office) => `term ${term} is not in office; ${changeLine(office)}`;

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usage('A revoke has to be confirmed on a terminal, and standard input is not one: add --yes.');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
