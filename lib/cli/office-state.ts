/** What an office looks like from outside: the words and the JSON that `status`, `ls` and `watch` share. Pure. */
import type { Office } from '../index.js';
import { MAX_LEASE_MS } from '../lease/timing.js';

/**
 * `led`; `silent`: led by the record, but the last heartbeat looks older than its lease; `vacant`; `new`: nobody was ever
 * elected. `silent` compares the clocks of two machines: a hint.
 */
export type OfficeState = 'led' | 'silent' | 'vacant' | 'new';

export function stateOf(office: Office): OfficeState {
  if (office.term === 0) return 'new';
  if (office.holder === undefined) return 'vacant';
  return (leaseLeftMs(office) ?? 0) > 0 ? 'led' : 'silent';
}

/** What is left of the lease, by two clocks: a hint; undefined where nobody holds it. */
export function leaseLeftMs({ holder, leaseMs, ageMs }: Office): number | undefined {
  if (holder === undefined || leaseMs === undefined || ageMs === undefined) return undefined;
  return Math.min(leaseMs, MAX_LEASE_MS) - ageMs;
}

/** The office as JSON. The names are part of the interface: docs/cli.md lists them. */
export function officeJson(office: Office) {
  const { challenger, ...rest } = office;
  return {
    ...rest,
    state: stateOf(office),
    leaseLeftMs: leaseLeftMs(office),
    // The attempt of a challenge is the key to the term that it may be handed: nobody's business.
    challenger: challenger && {
      id: challenger.id,
      rank: challenger.rank,
      why: challenger.why,
      stands: challenger.stands,
      to: challenger.to,
    },
  };
}

/** When a vacancy may be taken, and by which candidates. */
export function whenFree({ reason, dead, successor, leaseMs, renewMs }: Office): string {
  const isFree = reason === 'resigned' || reason === 'expired' || (reason === 'revoked' && dead);
  if (!isFree)
    return `to be taken when it was seen unchanged for a lease (${leaseMs ?? '?'} ms): the old leader may be alive`;
  if (successor !== undefined) return `kept for ${successor}, for ${2 * (renewMs ?? 0)} ms; then free`;
  return 'free at once';
}

/** One line for a change of office. */
export function changeLine(office: Office): string {
  const { term, holder, previous, reason, value, dead, successor } = office;
  if (term === 0) return 'nobody was ever elected';
  const how = reason === 'revoked' && dead ? 'revoked, dead' : reason;
  if (holder === undefined) {
    const heir = successor === undefined ? '' : `; kept for ${successor}`;
    return `vacant after term ${term} of ${previous ?? 'nobody'} (${how ?? 'no reason given'}${heir})`;
  }
  const before = previous === undefined ? 'the first' : `after ${previous}: ${how ?? 'no reason given'}`;
  const proclaims = value === undefined ? '' : `, proclaims ${JSON.stringify(value)}`;
  return `${holder} leads term ${term} (${before})${proclaims}`;
}
