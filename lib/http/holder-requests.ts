/**
 * What the holder of a term asks for: to extend its lease, to proclaim, to resign. The client is the candidate and keeps
 * the clocks; the API only carries its conditional writes (section 3) and says what came of them (section 5).
 *
 * 200 is said of a heartbeat only if **this very request** was applied. A beat that had landed before (a repeated request,
 * or a lost answer of the table) is refused with `BeatTaken`, which extends nothing: else a client that repeats a request
 * and takes a new stamp for it would count its lease from too late.
 */
import { judge } from '../election/candidate/challenge-rules.js';
import { endOf, fateOfRelease, type LostReason } from '../lease/outcome.js';
import type { LeaseRecord } from '../lease/record.js';
import type { Marks, Reply, Tenancy } from '../lease/store.js';
import { holdMs } from '../lease/timing.js';
import { checkFits, copyValue } from '../lease/value.js';
import type { ApiTable } from './api-table.js';
import { challengerAnswer } from './office-answer.js';
import { Problem } from './problem.js';
import type { Answer, Asked } from './routes.js';

export async function heartbeat(table: ApiTable, election: string, asked: Asked<'Heartbeat'>) {
  const store = table.store(election);
  const office = holderOf(asked);
  const { beat } = asked;
  const write = { office, marks: marksOf(office), beat, at: table.at() };
  const reply = await table.send((o) => store.renew(write, o));
  return extended(table, election, office, reply);
}

export async function proclaim(table: ApiTable, election: string, asked: Asked<'Proclaim'>) {
  const { beat, value } = asked;
  copyValue(value); // refuses what cannot be written
  const store = table.store(election);
  const office = holderOf(asked);
  const seen = await table.send((o) => store.read(o));
  const ended = seen === undefined ? 'superseded' : endOf(office, seen);
  if (ended !== undefined) throw lost(table, election, office, ended, seen);
  checkFits(election, { ...seen!, beat, value });
  const write = { office, marks: marksOf(office), beat, at: table.at(), proclaim: { value } };
  const reply = await table.send((o) => store.renew(write, o));
  return extended(table, election, office, reply);
}

export async function resign(table: ApiTable, election: string, asked: Asked<'Resign'>): Promise<Answer<'Released'>> {
  const store = table.store(election);
  const office = holderOf(asked);
  const write = { office, marks: marksOf(office), beat: asked.beat, at: table.at(), successor: asked.to };
  const reply = await table.send((o) => store.resign(write, o));
  if (fateOfRelease(office, reply, () => true).is === 'unclear') throw beatTaken(reply.record!);
  return { election, term: office.term, released: true };
}

function holderOf({ id, term, attempt }: { id: string; term: number; attempt: string }): Tenancy {
  return { term, attempt, holder: id };
}

/** A client of the API knows no marks: its record keeps the one that its term began with, the attempt. */
export const marksOf = ({ attempt }: Tenancy): Marks => ({ known: [attempt, undefined], next: attempt });

function extended(table: ApiTable, election: string, office: Tenancy, { applied, record }: Reply): Answer<'Extended'> {
  if (!applied || record === undefined) {
    const ended = record === undefined ? 'superseded' : endOf(office, record);
    throw ended === undefined ? beatTaken(record!) : lost(table, election, office, ended, record);
  }
  const { term, beat, leaseMs, renewMs, priority, challenger } = record;
  return {
    election,
    term,
    beat,
    leaseMs,
    renewMs,
    holdMs: holdMs(leaseMs, table.drift),
    challenger: challengerAnswer(challenger),
    yields: challenger !== undefined && judge(challenger, { id: office.holder, priority, yieldTo: 'operator' }),
  };
}

/** The term is over: only ever said of a record that shows it. */
export function lost(
  table: ApiTable,
  election: string,
  office: Tenancy,
  reason: LostReason,
  record: LeaseRecord | undefined,
): Problem {
  const detail =
    `Term ${office.term} of ${office.holder} in election "${election}" is over (${reason}). Stop its work; to lead again, ` +
    'acquire with a new `attempt`.';
  return new Problem(409, 'LeadershipLost', detail, { reason, office: table.state(election, record) });
}

function beatTaken({ term, beat }: LeaseRecord): Problem {
  const detail =
    `Term ${term} goes on, but its record is at beat ${beat} already, and a beat may only rise: this request changed nothing. ` +
    `Send \`beat\` ${beat + 1} or higher, with a stamp of its own.`;
  return new Problem(409, 'BeatTaken', detail, { beat });
}
