/** `tenure history <election>`: the changes of office that the table's stream still holds. */
import type { Command } from 'commander';
import type { OfficeEvent } from '../../index.js';
import { inColumns } from '../columns.js';
import { showMs, showTime } from '../durations.js';
import { EXIT } from '../exit-codes.js';
import type { Acts, Call } from '../program.js';
import { recordsOf } from '../stream.js';

export function registerHistory(program: Command, acts: Acts): void {
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
    .action(acts(history));
}

async function history({ words, connection, options, print, note, json, style }: Call<object>): Promise<number> {
  const name = words[0]!;
  await using election = connection.election(name); // checks the name
  // Loaded here: no other command has use for the schemas of events.
  const { changeOf } = await import('../../serverless/office-event.js');
  const events = new Map<string, OfficeEvent>();
  let malformed = 0;
  for await (const record of recordsOf(connection, election.name)) {
    const change = changeOf(record);
    if ('malformed' in change) {
      malformed += 1;
      continue;
    }
    for (const event of change.events) events.set(`${event.detail.term}.${event.detail.beat}`, event);
  }
  const inOrder = [...events.values()].sort((a, b) => a.detail.term - b.detail.term || a.detail.beat - b.detail.beat);
  if (options.json) json(inOrder.map(({ type, detail }) => ({ type, ...detail })));
  else if (inOrder.length === 0) note(`The stream holds no change of office of ${name}: none in the last 24 hours.`);
  else for (const line of inColumns(inOrder.map(row))) print(line);
  if (malformed > 0)
    note(style.yellow(`tenure: ${malformed} entries of the stream could not be read, and were left out.`));
  return EXIT.done;
}

function row({ type, detail }: OfficeEvent): string[] {
  return [showTime(detail.at), `term ${detail.term}`, sentence({ type, detail })];
}

function sentence({ type, detail }: OfficeEvent): string {
  // One wide shape for all: what an event does not have is undefined.
  const d: { holder?: string; previous?: string; reason?: string; relay?: true; successor?: string; dead?: true } & {
    withoutLeaderMs?: number;
    failoverMs?: number;
  } = detail;
  if (type === 'Leader Resigned') return `${d.previous} resigned${d.successor ? `, in favour of ${d.successor}` : ''}`;
  if (type === 'Leader Expired') return `the lease of ${d.previous} ran out`;
  if (type === 'Leader Revoked') return `${d.previous} was revoked${d.dead ? ', proved dead' : ''}`;
  if (d.relay) return `${d.holder} goes on in its next runner`;
  const before = d.previous === undefined ? 'the first' : `after ${d.previous}: ${d.reason ?? 'no reason told'}`;
  const gap = d.withoutLeaderMs === undefined ? '' : `, ${showMs(d.withoutLeaderMs)} without a leader`;
  return `${d.holder} is elected (${before}${gap})`;
}
