/** `tenure agent`: the lease API on this machine, for programs in any language beside it. */
import { type Command, Option } from 'commander';
import type { CommandCall, ToAction } from '../command.js';
import { explainError } from '../explain-error.js';
import { EXIT } from '../failure.js';
import { parsePort } from '../option-values.js';
import { untilTerminated } from '../termination.js';

interface AgentFlags {
  readonly port: number;
  readonly host: string;
  readonly tokenFile?: string;
  readonly beyondThisMachine?: boolean;
}

export function registerAgent(program: Command, toAction: ToAction): void {
  program
    .command('agent')
    .summary('the lease API over HTTP, for programs in any language')
    .description(
      'Serves the lease API on this machine until SIGTERM or Ctrl-C: a program on this machine has the agent campaign for it, ' +
        'or takes and keeps the lease by itself (docs/http.md). At its end the agent gives its offices back as their programs stop.',
    )
    .argument('[election...]', 'the elections that it serves; all of the table if left out')
    .option('--port <number>', 'where it listens; 0 for a free one', parsePort, 7654)
    .option('--host <address>', 'on which address', '127.0.0.1')
    .option('--beyond-this-machine', 'allow an address that others reach; needs a token')
    .addOption(
      new Option('--token-file <file>', 'a file with the token that each request must carry').env(
        'TENURE_AGENT_TOKEN_FILE',
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tenure agent billing\n  $ curl http://127.0.0.1:7654/elections/billing/leader',
    )
    .action(toAction(serve));
}

async function serve({ words, connection, options, print, note, json }: CommandCall<AgentFlags>): Promise<number> {
  const { port, host, tokenFile, beyondThisMachine } = options;
  // Loaded here: no other command has use for a server.
  const { startAgent } = await import('../../http/agent.js');
  const agent = await startAgent({
    ...{ tableName: connection.tableName, client: connection.client, port, host, tokenFile, beyondThisMachine },
    elections: words.length > 0 ? [...words] : undefined,
    report: (error) => note(`tenure: ${explainError(error, connection).message}`),
  });
  if (options.json) json({ url: agent.url });
  else print(`The lease API answers at ${agent.url}; ${agent.url}/openapi.json says what to ask.`);
  await untilTerminated();
  await agent.close();
  return EXIT.done;
}
