/** `tenure resign <election>`: has the leader resign, and waits until it has. Nobody can resign for another: it is asked. */
import type { Command } from 'commander';
import type { ToAction } from '../command.js';
import { type ChallengeOptions, challenge } from './challenge.js';

export function registerResign(program: Command, toAction: ToAction): void {
  program
    .command('resign')
    .summary('have the leader give the office back, and wait until it has')
    .description(
      'Has the leader resign: a challenge by an operator, as `tenure challenge --wait`. Nobody can resign for another: the ' +
        'leader is asked, and a leader that does not answer is left in office (see `tenure revoke`).',
    )
    .argument('<election>', 'the name of the election')
    .option('--why <text>', 'the reason, shown to the leader and by status: at most 64 bytes', 'resign')
    .option('--timeout <duration>', 'how long to wait (default: a lease and a heartbeat of that leader)')
    .addHelpText('after', `\nExamples:\n  $ tenure resign billing\n  $ tenure resign billing --timeout 1m`)
    .action(toAction<ChallengeOptions>((call) => challenge(call, { ...call.options, wait: true })));
}
