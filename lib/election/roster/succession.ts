/**
 * The line of succession (section 6): which candidate comes next, and which are still there. Pure. All of this is courtesy:
 * an acquisition out of turn is valid.
 */
import type { LeaseRecord } from '../../lease/record.js';
import type { Order } from '../../names/succession.js';
import type { Member } from './roster-store.js';

/** So many periods without a sign of life, and a candidate is taken to be gone. */
const MISSED = 3;
/** No period that an item may declare counts for more. */
const MAX_PERIOD_MS = 900_000;

/** A member, and since when (monotonic ms) it has given no other sign of life. */
export interface Seen {
  readonly member: Member;
  readonly since: number;
  /** It looked long gone at its first sight already. */
  readonly stale: boolean;
}

/** After so long without a sign of life, a member is taken to be gone. */
export const goneAfterMs = ({ everyMs }: Member): number => MISSED * Math.min(everyMs, MAX_PERIOD_MS);

/**
 * What is known after another look at the roster. A sign of life is a change that this process has seen; at first sight,
 * whose last one lags behind the newest of all by too much is taken to be gone (a hint by wall clocks, until it moves).
 */
export function look(known: ReadonlyMap<string, Seen>, members: readonly Member[], now: number): Map<string, Seen> {
  const newest = Math.max(0, ...members.map(({ aliveAt }) => aliveAt));
  return new Map(
    members.map((member) => {
      const last = known.get(member.id);
      if (last === undefined) {
        return [member.id, { member, since: now, stale: newest - member.aliveAt > goneAfterMs(member) }];
      }
      const same = last.member.seq === member.seq && last.member.beat === member.beat;
      return [member.id, same ? { ...last, member } : { member, since: now, stale: false }];
    }),
  );
}

export function isPresent({ member, since, stale }: Seen, now: number): boolean {
  return !stale && now - since <= goneAfterMs(member);
}

/**
 * Those members in the order in which they come to office after `last`, which comes last: it is dead, or it has just
 * given the office back.
 */
export function succession(members: readonly Member[], order: Order, last: string | undefined): Member[] {
  const inLine = [...members].sort(COMPARE[order]);
  if (order === 'ring' && last !== undefined) {
    const next = inLine.findIndex(({ id }) => id > last);
    if (next > 0) inLine.push(...inLine.splice(0, next));
  }
  return [...inLine.filter(({ id }) => id !== last), ...inLine.filter(({ id }) => id === last)];
}

/** The candidate after which the office passes on: the present or the last holder. */
export const lastLeader = (record: LeaseRecord | undefined): string | undefined => record?.holder ?? record?.previous;

/** A candidate that stands, as {@link Election.roster} shows it. */
export interface RosterMember {
  /** The candidate's id. */
  readonly id: string;
  /** It holds the office by the record. */
  readonly leads: boolean;
  /** It has given a sign of life within three of its periods, by the clock of the asking process: a hint. */
  readonly present: boolean;
  /** Its rank, higher first. */
  readonly priority: number;
  /** Since when it has stood, or since its last term ended: its own wall clock, epoch ms. */
  readonly joinedAt: number;
  /** Its last sign of life: its own wall clock, epoch ms. */
  readonly aliveAt: number;
  /** What it would proclaim as leader. */
  readonly value?: unknown;
}

/** The leader, then the line of succession, then those that seem to be gone. For people: by wall clocks. */
export function rosterOf(members: readonly Member[], record: LeaseRecord | undefined, wall: number): RosterMember[] {
  const shown = ({ id, priority, joinedAt, aliveAt, value, ...rest }: Member): RosterMember => ({
    id,
    leads: id === record?.holder,
    present: wall - aliveAt <= goneAfterMs({ ...rest, id, priority, joinedAt, aliveAt }),
    priority,
    joinedAt,
    aliveAt,
    ...(value !== undefined && { value }),
  });
  const newest = members.reduce<Member | undefined>(
    (a, b) => (a !== undefined && a.aliveAt > b.aliveAt ? a : b),
    undefined,
  );
  const inLine = succession(members, newest?.order ?? 'seniority', lastLeader(record)).map(shown);
  const rank = ({ leads, present }: RosterMember) => (present ? (leads ? 0 : 1) : 2);
  return inLine.sort((a, b) => rank(a) - rank(b));
}

const byId = (a: Member, b: Member) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const bySeniority = (a: Member, b: Member) => a.seq - b.seq || byId(a, b);

const COMPARE: Record<Order, (a: Member, b: Member) => number> = {
  priority: (a, b) => b.priority - a.priority || bySeniority(a, b),
  seniority: bySeniority,
  ring: byId,
};
