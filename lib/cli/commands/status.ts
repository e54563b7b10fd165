/** `tenure status [election]`: who leads, since when, what is left of the lease, and how it came to be. */
import type { Command } from 'commander';
import { OPERATOR_RANK, RELAY_RANK } from '../../election/candidate/challenge-rules.js';
import type { Office, OfficeEvent, RosterMember } from '../../index.js';
import { showMs, showTime } from '../../names/durations.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { changeJson, changeRow, lastChanges } from '../office-changes.js';
import { leaseLeftMs, officeJson, stateOf, whenFree } from '../office-state.js';
import type { Style } from '../style.js';
import { inColumns } from '../style.js';
import { allElections } from '../table-scan.js';

/** How many of the last changes are shown. */
const CHANGES_SHOWN = 4;

export function registerStatus(program: Command, toAction: ToAction): void {
  program
    .command('status')
    .summary('who leads, since when, and how it came to be')
    .description(
      'Shows who leads an election, since when, what is left of the lease, and how it came to be: two strongly consistent ' +
        "reads, one of the roster, and the last changes of office from the table's stream, where there is one and it is read " +
        'in 1.5 s. Without an election: all of the table, by a scan that reads the whole table.\n\n' +
        'Ends with 0 if somebody leads, 3 if nobody does.',
    )
    .argument('[election]', 'the name of an election; all if left out')
    .addHelpText(
      'after',
      `
Examples:
  $ tenure status billing
  $ tenure status billing --json | jq -r .holder
  $ tenure status billing > /dev/null && echo "somebody leads"`,
    )
    .action(toAction(status));
}

async function status(call: CommandCall<object>): Promise<number> {
  const [name] = call.words;
  if (name === undefined) return statusOfAll(call);
  const { connection, options, print, json, style } = call;
  await using election = connection.election(name);
  const office = await election.leader();
  // Rights to read the record alone are enough: the roster and the changes are left out then.
  const [roster, changes] = await Promise.all([
    election.roster().catch(() => undefined),
    office.term === 0 ? undefined : lastChanges(connection, name, CHANGES_SHOWN),
  ]);
  if (options.json) json({ ...officeJson(office), roster, changes: changes?.map(changeJson) });
  else {
    const lines = [...describe(office, style), ...describeRoster(roster, style), ...describeChanges(changes, style)];
    for (const line of lines) print(line);
  }
  return office.holder === undefined ? EXIT.nobody : EXIT.done;
}

async function statusOfAll({ connection, options, print, note, json, style }: CommandCall<object>): Promise<number> {
  const { offices, malformed } = await allElections(connection.client, connection.tableName);
  if (options.json) json(offices.map(officeJson));
  else print(offices.map((office) => describe(office, style).join('\n')).join('\n\n') || 'There is no election yet.');
  for (const error of malformed) note(`tenure: ${error.message}`);
  return malformed.length > 0 ? EXIT.failed : EXIT.done;
}

/** The block of one election, a fact a line. */
function describe(office: Office, style: Style): string[] {
  const fact = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`  ${style.dim(name.padEnd(10))} ${text}`];
  const { term, previous, reason, dead, value, priority } = office;
  const state = stateOf(office);
  if (state === 'new') return [style.bold(office.election), ...fact('new', 'nobody was ever elected')];
  const held = state === 'vacant' ? undefined : office.holder;
  return [
    style.bold(office.election),
    ...(held === undefined
      ? fact('leader', `${style.yellow('nobody')}: vacant after term ${term}${ago(office.vacatedAt)}`)
      : fact('leader', `${style.green(held)}, term ${term}`)),
    ...(held === undefined ? fact('office', whenFree(office)) : fact('since', since(office.acquiredAt))),
    ...fact('lease', leaseLine(office, style)),
    ...fact('value', value === undefined ? undefined : JSON.stringify(value)),
    ...fact('priority', priority ? String(priority) : undefined),
    ...fact('before', previous && `${previous}: ${reason ?? 'no reason given'}${dead ? ', proved dead' : ''}`),
    ...fact('challenger', challengerLine(office)),
  ];
}

/** The line of succession, where candidates are listed (`succession`). */
function describeRoster(roster: readonly RosterMember[] | undefined, style: Style): string[] {
  const standing = (roster ?? []).filter(({ leads }) => !leads);
  if (roster === undefined || roster.length === 0) return [];
  const line = standing.filter(({ present }) => present).map(({ id }) => id);
  const gone = standing.filter(({ present }) => !present).map(({ id }) => id);
  const next = line.length > 0 ? line.join(', then ') : style.yellow('nobody stands by');
  return [
    `  ${style.dim('next'.padEnd(10))} ${next}`,
    ...(gone.length > 0 ? [`  ${style.dim('silent'.padEnd(10))} ${gone.join(', ')}`] : []),
  ];
}

/** The newest first, as the block that stands above it. */
function describeChanges(changes: readonly OfficeEvent[] | undefined, style: Style): string[] {
  const rows = inColumns((changes ?? []).toReversed().map(changeRow));
  return rows.map((row, at) => `  ${style.dim((at === 0 ? 'changes' : '').padEnd(10))} ${row}`);
}

function leaseLine(office: Office, style: Style): string | undefined {
  const left = leaseLeftMs(office);
  if (left === undefined) return undefined;
  const { leaseMs = 0, ageMs = 0 } = office;
  const beat = `the last heartbeat was sent ${showMs(Math.max(0, ageMs))} ago`;
  if (left > 0) return `about ${showMs(Math.min(left, leaseMs))} left of ${showMs(leaseMs)} (${beat}; by two clocks)`;
  return style.red(`over since about ${showMs(-left)} (${beat}; by two clocks): nobody has taken the office yet`);
}

function challengerLine({ challenger }: Office): string | undefined {
  if (challenger === undefined) return undefined;
  const { id, rank, why, stands, to } = challenger;
  const by = rank >= OPERATOR_RANK ? 'an operator' : rank >= RELAY_RANK ? 'its next runner' : `priority ${rank}`;
  return `${id} (${by}) asks for the office${why === '' ? '' : `: ${why}`}${stands ? '' : to === undefined ? '; does not stand for it' : `; in favour of ${to}`}`;
}

const ago = (at: number | undefined) => (at === undefined ? '' : `, ${showMs(Math.max(0, Date.now() - at))} ago`);
const since = (at: number | undefined) => (at === undefined ? undefined : `${showTime(at)}${ago(at)}`);
