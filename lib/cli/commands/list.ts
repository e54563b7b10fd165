/** `tenure ls`: all elections of the table, a line each. */
import type { Command } from 'commander';
import type { Office } from '../../index.js';
import { showMs } from '../../names/durations.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { leaseLeftMs, officeJson, stateOf } from '../office-state.js';
import { inColumns } from '../style.js';
import { allElections } from '../table-scan.js';

export function registerList(program: Command, toAction: ToAction): void {
  program
    .command('ls')
    .alias('list')
    .summary('all elections of the table, a line each')
    .description(
      'Lists the elections of the table, a line each, by a scan: it reads the whole table, eventually consistent, and costs ' +
        'half a read unit for each 4 KB that is stored there.',
    )
    .addHelpText(
      'after',
      `\nExamples:\n  $ tenure ls\n  $ tenure ls --json | jq -r '.[] | select(.state != "led") | .election'`,
    )
    .action(toAction(list));
}

const HEAD = ['ELECTION', 'STATE', 'TERM', 'LEADER', 'FOR', 'LEASE LEFT', 'BEFORE'];

async function list({ connection, options, print, note, json, style }: CommandCall<object>): Promise<number> {
  const { offices, malformed } = await allElections(connection.client, connection.tableName);
  if (options.json) json(offices.map(officeJson));
  else if (offices.length === 0) note(`There is no election yet in table ${connection.tableName} ${connection.place}.`);
  else {
    const paint = (cell: string, row: number) => (row === 0 ? style.dim(cell) : cell);
    for (const line of inColumns([HEAD, ...offices.map(row)], paint)) print(line);
  }
  for (const error of malformed) note(`tenure: ${error.message}`);
  return malformed.length > 0 ? EXIT.failed : EXIT.done;
}

function row(office: Office): string[] {
  const { election, term, holder, acquiredAt, vacatedAt, previous, reason } = office;
  const from = holder === undefined ? vacatedAt : acquiredAt;
  const left = leaseLeftMs(office);
  return [
    election,
    stateOf(office),
    String(term),
    holder ?? '-',
    from === undefined ? '-' : showMs(Math.max(0, Date.now() - from)),
    left === undefined ? '-' : left > 0 ? `about ${showMs(left)}` : 'none',
    previous === undefined ? '-' : `${previous}: ${reason ?? '?'}`,
  ];
}
