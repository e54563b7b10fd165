/** `tenure history <election>`: the changes of office that the table's stream still holds. */
import type { Command } from 'commander';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { allChanges, changeJson, changeRow } from '../office-changes.js';
import { inColumns } from '../style.js';

export function registerHistory(program: Command, toAction: ToAction): void {
  program
    .command('history')
    .summary('the changes of office of the last 24 hours')
    .description(
      "Prints the changes of office of the last 24 hours, from the table's stream, ordered by term and beat. It reads all that " +
        'the stream holds of all elections of the table, heartbeats too: with many elections it takes a while.\n\nThe table ' +
        'needs a stream of new and old images: the CDK app and `tenure table create` turn it on.',
    )
    .argument('<election>', 'the name of the election')
    .addHelpText(
      'after',
      `\nExamples:\n  $ tenure history billing\n  $ tenure history billing --json | jq 'map(select(.failoverMs)) | length'`,
    )
    .action(toAction(history));
}

async function history({ words, connection, options, print, note, json, style }: CommandCall<object>): Promise<number> {
  const name = words[0]!;
  await using election = connection.election(name); // checks the name
  const { events, malformed } = await allChanges(connection, election.name);
  if (options.json) json(events.map(changeJson));
  else if (events.length === 0) note(`The stream holds no change of office of ${name}: none in the last 24 hours.`);
  else for (const line of inColumns(events.map(changeRow))) print(line);
  if (malformed > 0)
    note(style.yellow(`tenure: ${malformed} entries of the stream could not be read, and were left out.`));
  return EXIT.done;
}
