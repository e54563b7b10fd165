/**
 * The program: its name, the options that all commands share, and the commands. A new command is a file that exports a
 * function which registers it, and a line in {@link COMMANDS}.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { packageRoot } from '../local/package-root.js';
import type { RegisterCommand, ToAction } from './command.js';
import { registerAgent } from './commands/agent.js';
import { registerChallenge } from './commands/challenge.js';
import { registerCompletion } from './commands/completion.js';
import { registerConsole } from './commands/console.js';
import { registerHistory } from './commands/history.js';
import { registerList } from './commands/list.js';
import { registerResign } from './commands/resign.js';
import { registerRevoke } from './commands/revoke.js';
import { registerRun } from './commands/run.js';
import { registerSimulate } from './commands/simulate.js';
import { registerStatus } from './commands/status.js';
import { registerTable } from './commands/table.js';
import { registerTransfer } from './commands/transfer.js';
import { registerWatch } from './commands/watch.js';
import { Connection, type SharedOptions } from './connection.js';
import { styleOf } from './style.js';
import { terminal } from './terminal.js';

const COMMANDS: readonly RegisterCommand[] = [
  registerStatus,
  registerList,
  registerWatch,
  registerHistory,
  registerRun,
  registerChallenge,
  registerResign,
  registerTransfer,
  registerRevoke,
  registerTable,
  registerConsole,
  registerSimulate,
  registerAgent,
  registerCompletion,
];

/** What a program was called with, and how it ended. */
export interface Ending {
  exitCode: number;
  connection?: Connection;
}

/** @param ending gets the exit code of the command that was called */
export function makeProgram(ending: Ending): Command {
  const program = new Command('tenure')
    .description('Leader election on DynamoDB: see who leads, stand for office, ask a leader to go.')
    .version(version(), '-V, --version', 'print the version')
    .addOption(new Option('--table <name>', 'the table of the elections').env('TENURE_TABLE').default('tenure'))
    .option('--region <name>', 'the AWS Region (default: as AWS_REGION and your profile say)')
    .option('--endpoint <url>', 'another DynamoDB, such as http://127.0.0.1:8000')
    .option('--json', 'print JSON, for programs')
    .option('--no-color', 'print without colours (also: NO_COLOR)')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .helpCommand('help [command]', 'print the help of a command')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
Examples:
  $ tenure table create                        make the table (or deploy it: docs/deploying.md)
  $ tenure run billing -- node worker.js       run a command in the leader alone
  $ tenure status billing                      who leads, and how it came to be
  $ tenure challenge billing --wait            ask the leader to hand over

Credentials and Region come from where all AWS tools take them. Exit codes: docs/cli.md.`,
    );
  const toAction: ToAction =
    (run) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals();
      const connection = new Connection(options as SharedOptions);
      ending.connection = connection;
      const style = styleOf(process.env, Boolean(process.stdout.isTTY), options.color);
      try {
        ending.exitCode = await run({ ...terminal, words: command.args, options: options as never, connection, style });
      } finally {
        connection.close();
      }
    };
  for (const register of COMMANDS) register(program, toAction);
  for (const command of everyCommand(program)) command.exitOverride().showHelpAfterError(hintOf(command));
  return program;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function hintOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `Try: ${names.join(' ')} --help`;
}

/** The package's own version; unknown where the program was bundled into another package. */
function version(): string {
  try {
    return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
  } catch {
    return 'unknown';
  }
}
