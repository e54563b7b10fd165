/** `tenure completion <shell>`: the script by which a shell completes commands, options, and names of elections. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { script } from '@bomb.sh/tab';
import { Argument, type Command } from 'commander';
import type { CommandCall, ToAction } from '../command.js';
import { type Names, suggest } from '../completion-suggestions.js';
import { Connection, type SharedOptions } from '../connection.js';
import { EXIT } from '../failure.js';
import { electionNames } from '../table-scan.js';

/** A shell that completes a word does not wait longer for names. */
const PATIENCE_MS = 1_500;
/** Tells the shells' scripts: offer no files. */
const NO_FILES = ':4';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

/**
 * For bash a script of our own: it needs no other package of completions, takes what the user has written for words and
 * never for commands, and may be sourced again.
 */
const BASH = `# bash completion for tenure
_tenure() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(tenure complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _tenure tenure`;

export function registerCompletion(program: Command, toAction: ToAction): void {
  program
    .command('completion')
    .summary('the completion script of a shell')
    .description(
      'Prints a script that completes commands, options, names of elections, and standbys (`transfer --to`).',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(tenure completion bash)           in ~/.bashrc
  $ source <(tenure completion zsh)            in ~/.zshrc, after compinit
  $ tenure completion fish > ~/.config/fish/completions/tenure.fish
  > tenure completion powershell | Out-String | Invoke-Expression`,
    )
    .action(toAction(completion));
  program
    .command('complete', { hidden: true })
    .description('What the completion scripts ask: `complete -- words...`.')
    .argument('[words...]')
    .action(toAction<object>((call) => complete(program, call)));
}

async function completion({ words, print }: CommandCall<object>): Promise<number> {
  if (words[0] === 'bash') print(BASH);
  else script(words[0] as 'zsh' | 'fish' | 'powershell', 'tenure', 'tenure');
  return EXIT.done;
}

async function complete(program: Command, { words, options, print }: CommandCall<object>): Promise<number> {
  const names: Names = {
    elections: (given) =>
      quietly(tableGiven(given, options), (connection, client) => electionNames(client, connection.tableName)),
    standbys: (given, name) =>
      quietly(tableGiven(given, options), async (connection, client) => {
        await using election = connection.election(name, { client });
        const roster = await election.roster();
        return roster.filter(({ present, leads }) => present && !leads).map(({ id }) => id);
      }),
  };
  for (const { value, about } of await suggest(program, words, names)) print(`${value}\t${about}`);
  print(NO_FILES);
  return EXIT.done;
}

/** The table that the line being written asks for. */
function tableGiven(words: readonly string[], options: SharedOptions): SharedOptions {
  const given = (name: string) => {
    const at = words.lastIndexOf(`--${name}`);
    const joined = words.findLast((word) => word.startsWith(`--${name}=`));
    return at >= 0 ? words[at + 1] : joined?.slice(name.length + 3);
  };
  return {
    ...options,
    table: given('table') ?? options.table,
    region: given('region') ?? options.region,
    endpoint: given('endpoint') ?? options.endpoint,
  };
}

/** Silence, where they cannot be had soon: nobody wants an error within the line. */
async function quietly(
  options: SharedOptions,
  ask: (connection: Connection, client: DynamoDBClient) => Promise<string[]>,
): Promise<string[]> {
  let connection: Connection | undefined;
  try {
    connection = new Connection(options);
    const client = connection.clientWith({ maxAttempts: 1 });
    const late = new Promise<string[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
    return await Promise.race([ask(connection, client), late]);
  } catch {
    return [];
  } finally {
    connection?.close();
  }
}
