/** `tenure console [election...]`: elections in the browser, as they go. */
import type { Command } from 'commander';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { parsePort } from '../option-values.js';
import { electionNames } from '../table-scan.js';
import { untilTerminated } from '../termination.js';

interface ConsoleFlags {
  readonly port: number;
}

export function registerConsole(program: Command, toAction: ToAction): void {
  program
    .command('console')
    .summary('elections in the browser, as they go')
    .description(
      'Serves a page on this machine that shows who leads, what is left of the lease, who comes next and what happened ' +
        'before, until Ctrl-C. The whole address, with its token, allows to challenge and revoke; without the token the page ' +
        'only shows. Without an election: all of the table, which is scanned for new ones every 30 s.',
    )
    .argument('[election...]', 'the names of elections; all if left out')
    .option('--port <number>', 'where it listens on 127.0.0.1; 0 for a free one', parsePort, 7655)
    .addHelpText('after', '\nExamples:\n  $ tenure console billing\n  $ tenure console --port 0')
    .action(toAction(serve));
}

async function serve({ words, connection, options, print, json }: CommandCall<ConsoleFlags>): Promise<number> {
  const { client, tableName } = connection;
  const found = await electionNames(client, tableName); // what cannot be read at all ends the command
  // Loaded here: no other command has use for a server.
  const { startConsole, tableSource } = await import('../../console/console.js');
  const elections = words.length > 0 ? words : () => electionNames(client, tableName);
  const page = await startConsole({ source: tableSource({ tableName, client, elections }), port: options.port });
  if (options.json) json({ url: page.url, viewUrl: page.viewUrl, elections: words.length > 0 ? words : found });
  else print(`${page.url}\nCtrl-C ends it. To look on without the buttons: ${page.viewUrl}`);
  await untilTerminated();
  await page.close();
  return EXIT.done;
}
