/** `tenure run <election> -- command...`: runs a command while this process leads, and not a moment longer. */
import { constants } from 'node:os';
import { type Command, Option } from 'commander';
import { Election } from '../../election/election.js';
import { leaseClientConfig } from '../../lease/client.js';
import { lostSentence } from '../../names/reasons.js';
import { ORDERS, type Order } from '../../names/succession.js';
import type { CommandCall, ToAction } from '../command.js';
import { explainError } from '../explain-error.js';
import { EXIT, Failure, usage } from '../failure.js';
import { changeLine } from '../office-state.js';
import { parseDurationMs } from '../option-values.js';
import { DeadlineEnforcerClient } from '../run/deadline-enforcer-client.js';
import { checkCommand } from '../run/find-command.js';
import { LeaderCommand } from '../run/leader-command.js';
import { exitCodeOf, howItEnded } from '../run/process-group.js';

interface RunOptions {
  readonly id?: string;
  readonly lease?: string;
  readonly heartbeat?: string;
  readonly grace?: string;
  readonly priority?: string;
  readonly succession?: Order;
  readonly value?: string;
  readonly once?: boolean;
  readonly onLost: 'restart' | 'exit';
  readonly quiet?: boolean;
}

/** They ask for the end; a second one for the end at once. */
const ENDING = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;
/** They are the command's own business. */
const PASSED = ['SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
/** The same error is reported again after this time. */
const SAME_ERROR_MS = 30_000;

export function registerRun(program: Command, toAction: ToAction): void {
  program
    .command('run')
    .summary('run a command while this process leads')
    .description(
      'Campaigns, and runs the command while it leads, in a process group of its own. When the leadership is lost, the ' +
        'whole group gets SIGTERM, and after --grace SIGKILL: always before the lease ends, even where this process is stopped ' +
        'or killed. Then it campaigns again. A command that ends by itself gives the office back, and leaves it ' +
        'to others for a lease, and longer each time.\n\nSIGTERM, SIGINT, SIGHUP and SIGQUIT end it: the command gets its time, and the ' +
        'office is given back where the standbys poll, within one heartbeat. A second one kills the command at once. ' +
        'SIGUSR1, SIGUSR2 and SIGWINCH are passed on to the command.\n\nThe command finds TENURE_ELECTION, TENURE_TERM (the ' +
        'fencing token), TENURE_CANDIDATE and TENURE_TABLE in its environment.',
    )
    .usage('[options] <election> -- <command> [arguments...]')
    .argument('<election>', 'the name of the election')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('--once', "end when the command has ended, with the command's exit code")
    .addOption(
      new Option('--on-lost <what>', 'when the leadership is lost').choices(['restart', 'exit']).default('restart'),
    )
    .option('--id <text>', "this candidate's name (default: host, process and a random part)")
    .option('--lease <duration>', 'how long it leads after a heartbeat', '10s')
    .option('--heartbeat <duration>', 'the heartbeat period (default: 3/10 of the lease)')
    .option('--grace <duration>', 'from SIGTERM to SIGKILL (default: 1/10 of the lease)')
    .option('--priority <number>', 'rank among the candidates, higher first', '0')
    .addOption(
      new Option(
        '--succession <order>',
        'which standby follows, the same for all: it lists the candidates, for status to show (default: the quickest)',
      ).choices(ORDERS),
    )
    .option('--value <text>', 'what to proclaim while it leads: an address, a version')
    .option('--quiet', 'say nothing but errors')
    .addHelpText(
      'after',
      `
Examples:
  $ tenure run billing -- node worker.js
  $ tenure run nightly --once --on-lost exit -- ./report.sh
  $ tenure run billing --lease 30s --grace 5s --value "$(hostname)" -- ./server --port 80`,
    )
    .action(toAction(run));
}

async function run(call: CommandCall<RunOptions>): Promise<number> {
  const { words, options, connection } = call;
  const [name = '', ...command] = words;
  if (process.platform === 'win32') throw new Failure('`tenure run` needs process groups, which Windows has not.');
  const { graceMs, killMs, ...settings } = settingsOf(options);
  checkCommand(command[0]!);
  const client = connection.clientWith(leaseClientConfig(Math.floor(settings.renewMs / 2)));
  const election = new Election({ name, tableName: connection.tableName, client, ...settings });
  const tell = reporter(call, election);
  await firstLook(call, name, tell);

  const stopping = new AbortController();
  const enforcer = new DeadlineEnforcerClient();
  enforcer.start();
  const leaderCommand = new LeaderCommand(election, enforcer, {
    command,
    tableName: connection.tableName,
    graceMs,
    killMs,
  });
  let exitCode: number | undefined;
  const finish = (code: number) => {
    exitCode ??= code;
    stopping.abort();
  };
  const release = catchSignals(leaderCommand, (signal, again) => {
    tell(
      'asked to end',
      `${signal}: ${again ? 'the command is killed' : 'ends where the next heartbeat would have been'}`,
    );
    if (again) exitCode = EXIT.bySignal + constants.signals[signal];
    finish(EXIT.done);
  });
  reportErrors(call, election);
  tell('stands', `stands for ${name} as ${election.id}`);
  try {
    await election.run(
      async (leadership) => {
        const { term } = leadership;
        tell('elected', `is elected: term ${term}`, { term });
        const end = await leaderCommand.run(leadership, (sentence) => tell('serves', sentence, { term }));
        if ('ended' in end) {
          const code = exitCodeOf(end.ended);
          tell('command ended', `the command has ended ${howItEnded(end.ended)}; the office is given back`, {
            term,
            exitCode: code,
          });
          await leadership.resign();
          if (options.once) finish(code);
          return;
        }
        const how = end.killed ? 'was killed' : 'has ended in its time';
        const why = `${end.lost}: ${lostSentence(end.lost)}`;
        tell('lost', `term ${term} is over (${why}); the command ${how}`, { term, reason: end.lost });
        if (options.onLost === 'exit') finish(EXIT.lost);
      },
      { signal: stopping.signal },
    );
    await election.close();
  } finally {
    release();
    enforcer.close();
  }
  return exitCode ?? EXIT.done;
}

/** The timings of the candidate: the command's grace, and the time that SIGKILL takes, are what it steps down before its end. */
function settingsOf({ id, lease, heartbeat, grace, priority, succession, value }: RunOptions) {
  const leaseMs = parseDurationMs('--lease', lease ?? '10s');
  const renewMs = heartbeat === undefined ? Math.floor(leaseMs * 0.3) : parseDurationMs('--heartbeat', heartbeat);
  const graceMs = grace === undefined ? Math.floor(leaseMs * 0.1) : parseDurationMs('--grace', grace);
  const killMs = Math.max(20, Math.floor(leaseMs * 0.02));
  const rank = /^\d+$/.test(priority ?? '0') ? Number(priority ?? 0) : Number.NaN;
  if (Number.isNaN(rank)) throw usage(`--priority must be a whole number from 0, but is ${JSON.stringify(priority)}.`);
  const stepDownMs = graceMs + killMs;
  return { id, leaseMs, renewMs, stepDownMs, priority: rank, succession, value, graceMs, killMs };
}

/**
 * What can never work ends the command now; an outage is waited out, as by any candidate. It asks with more patience than a
 * heartbeat has: the first request of a process is its slowest.
 */
async function firstLook({ connection }: CommandCall<RunOptions>, name: string, tell: Tell): Promise<void> {
  await using onlooker = connection.election(name);
  try {
    const office = await onlooker.leader();
    if (office.holder !== undefined) tell('office', changeLine(office), { term: office.term });
  } catch (error) {
    const { permanent, message } = explainError(error, connection);
    if (permanent) throw error;
    tell('error', `${message} It is tried again.`);
  }
}

type Tell = (event: string, sentence: string, facts?: object) => void;

/** Says what happens on standard error: the standard output is the command's. */
function reporter({ options, note }: CommandCall<RunOptions>, election: Election): Tell {
  return (event: string, sentence: string, facts: object = {}) => {
    if (options.quiet) return;
    if (!options.json) return note(`tenure: ${election.name}: ${sentence}`);
    note(
      JSON.stringify({
        at: Date.now(),
        event,
        election: election.name,
        candidate: election.id,
        ...facts,
        message: sentence,
      }),
    );
  };
}

function reportErrors({ connection, options, note }: CommandCall<RunOptions>, election: Election): void {
  let last = { message: '', at: 0 };
  election.on('error', (error) => {
    const { message } = explainError(error, connection);
    if (message === last.message && Date.now() - last.at < SAME_ERROR_MS) return;
    last = { message, at: Date.now() };
    if (options.json) note(JSON.stringify({ at: Date.now(), event: 'error', code: error.code, message }));
    else note(`tenure: ${election.name}: ${message}`);
  });
}

function catchSignals(command: LeaderCommand, onEnding: (signal: NodeJS.Signals, again: boolean) => void): () => void {
  let asked = false;
  const ending = (signal: NodeJS.Signals) => {
    onEnding(signal, asked);
    if (asked) command.kill();
    asked = true;
  };
  const passing = (signal: NodeJS.Signals) => command.forward(signal);
  for (const signal of ENDING) process.on(signal, ending);
  for (const signal of PASSED) process.on(signal, passing);
  return () => {
    for (const signal of ENDING) process.off(signal, ending);
    for (const signal of PASSED) process.off(signal, passing);
  };
}
