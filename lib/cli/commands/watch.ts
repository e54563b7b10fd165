/** `tenure watch [election...]`: a line for each change of office, until it is interrupted. */
import type { Command } from 'commander';
import type { Election, Office } from '../../index.js';
import { realClock, sleep } from '../../lease/clock.js';
import type { CommandCall, ToAction } from '../command.js';
import { explainError } from '../explain-error.js';
import { EXIT } from '../failure.js';
import { changeLine, officeJson } from '../office-state.js';
import { electionNames } from '../table-scan.js';
import { terminationSignal } from '../termination.js';

/** Without names, the table is searched for new elections so often. */
const SEARCH_EVERY_MS = 30_000;

export function registerWatch(program: Command, toAction: ToAction): void {
  program
    .command('watch')
    .summary('a line for each change of office, until Ctrl-C')
    .description(
      'Prints the present office and then a line for each change of office, until Ctrl-C. It reads once per heartbeat of the ' +
        'leader, eventually consistent; quick changes may coalesce, and a gap in the terms shows it. Without an election: all ' +
        'of the table, which is scanned for new ones every 30 s.',
    )
    .argument('[election...]', 'the names of elections; all if left out')
    .addHelpText(
      'after',
      `
Examples:
  $ tenure watch billing
  $ tenure watch --json | jq -c '{election, term, holder}'`,
    )
    .action(toAction(watch));
}

async function watch(call: CommandCall<object>): Promise<number> {
  const { words, connection, options, print, note, json, style } = call;
  const termination = terminationSignal();
  const width = Math.max(0, ...words.map((word) => word.length));
  const show = (office: Office) => {
    if (options.json) return json({ at: Date.now(), ...officeJson(office) });
    const time = new Date().toISOString();
    print(`${style.dim(time)}  ${style.bold(office.election.padEnd(width))}  ${changeLine(office)}`);
  };
  const follow = async (name: string) => {
    await using election = connection.election(name);
    await election.leader(); // what cannot be read at all ends the command, instead of being tried again for ever
    reportErrors(election, (error) => note(`tenure: ${explainError(error, connection).message}`));
    for await (const office of election.observe({ signal: termination })) show(office);
  };
  if (words.length > 0) await Promise.all(words.map(follow));
  else await followAll(call, follow, termination);
  return EXIT.done;
}

async function followAll(
  { connection, note }: CommandCall<object>,
  follow: (name: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Map<string, Promise<void>>();
  const failed = new AbortController();
  let failure: unknown;
  for (let first = true; !signal.aborted && !failed.signal.aborted; first = false) {
    const names = await electionNames(connection.client, connection.tableName).catch((error: unknown) => {
      if (first) throw error;
      note(`tenure: ${explainError(error, connection).message}`);
      return [];
    });
    if (first && names.length === 0) note('There is no election yet: waiting for the first.');
    for (const name of names) {
      if (followed.has(name)) continue;
      const following = follow(name).catch((error: unknown) => {
        failure ??= error;
        failed.abort();
      });
      followed.set(name, following);
    }
    await sleep(realClock, SEARCH_EVERY_MS, signal, failed.signal);
  }
  if (failure !== undefined) throw failure;
  await Promise.all(followed.values());
}

/** The same error is not reported again, until another was or a while has passed. */
function reportErrors(election: Election, report: (error: Error) => void): void {
  let last = { message: '', at: 0 };
  election.on('error', (error) => {
    if (error.message === last.message && Date.now() - last.at < SEARCH_EVERY_MS) return;
    last = { message: error.message, at: Date.now() };
    report(error);
  });
}
