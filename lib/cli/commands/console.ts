/** `tenure console [election...]`: elections in the browser, as they go. */
import { type Command, InvalidArgumentError } from 'commander';
import { electionNames } from '../elections.js';
import { EXIT } from '../exit-codes.js';
import type { Acts, Call } from '../program.js';
import { untilTold } from '../until-told.js';

interface ConsoleFlags {
  readonly port: number;
}

export function registerConsole(program: Command, acts: Acts): void {
  program
    .command('console')
    .summary('elections in the browser, as they go')
    .description(
      'Serves a page on this machine that shows who leads, what is left of the lease, who comes next and what happened ' +
        'before, until Ctrl-C. Who has the whole address, with its token, may challenge and revoke; without the token it only ' +
        'shows. Without an election: all of the table, which is scanned for new ones every 30 s.',
    )
    .argument('[election...]', 'the names of elections; all if left out')
    .option('--port <number>', 'where it listens on 127.0.0.1; 0 for a free one', portOf, 7655)
    .addHelpText('after', '\nExamples:\n  $ tenure console billing\n  $ tenure console --port 0')
    .action(acts(serve));
}

async function serve({ words, connection, options, print, json }: Call<ConsoleFlags>): Promise<number> {
  const { client, tableName } = connection;
  const found = await electionNames(client, tableName); // what cannot be read at all ends the command
  // Loaded here: no other command has use for a server.
  const { startConsole, tableSource } = await import('../../console/console.js');
  const elections = words.length > 0 ? words : () => electionNames(client, tableName);
  const page = await startConsole({ source: tableSource({ tableName, client, elections }), port: options.port });
  if (options.json) json({ url: page.url, viewUrl: page.viewUrl, elections: words.length > 0 ? words : found });
  else print(`${page.url}\nCtrl-C ends it. To look on without the buttons: ${page.viewUrl}`);
  await untilTold();
  await page.close();
  return EXIT.done;
}

/** @throws InvalidArgumentError that says what a port is */
export function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
