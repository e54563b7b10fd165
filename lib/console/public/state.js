/** What the page knows: folded from the facts of the stream, each once, in order. Knows nothing of the document. */

const MOST_TERMS = 400;
const MOST_LOG = 300;
const MOST_BEATS = 3_000;
/** Of each kind of mark in the lanes, and of changes in each candidate's life. */
const MOST_MARKS = 1_000;
const MOST_PASSINGS = 10_000;

export class State {
  elections = new Map();

  /** A fact of the stream. */
  take(fact) {
    if (fact.is === 'trouble' && fact.election === '') return;
    const known = this.elections.get(fact.election) ?? newElection(fact.election);
    this.elections.set(fact.election, known);
    known.changed += 1;
    TAKES[fact.is]?.(known, fact);
    if (fact.text !== undefined) {
      known.log.unshift(fact);
      known.log.length = Math.min(known.log.length, MOST_LOG);
    }
  }
}

function newElection(name) {
  return {
    name,
    /** Rises with each event, so that a drawing can see whether there is anything new. */
    changed: 0,
    terms: [],
    candidates: new Map(),
    roster: [],
    log: [],
    challenges: [],
    refusals: [],
    passings: [],
    vacancy: undefined,
    trouble: undefined,
  };
}

const TAKES = {
  term(known, { term, holder, at, leaseMs, previous, reason, passed, why }) {
    const last = known.terms.at(-1);
    if (last !== undefined && last.endedAt === undefined) last.endedAt = Math.min(at, runsOutAt(last));
    keep(
      known.terms,
      { term, holder, from: at, beatAt: at, beats: [], leaseMs, value: '', endedAt: undefined, why },
      MOST_TERMS,
    );
    known.vacancy = undefined;
    if (passed !== undefined) keep(known.passings, { ...passed, term, previous, reason }, MOST_PASSINGS);
    lane(known, holder);
  },
  heartbeat(known, { term, holder, at, leaseMs }) {
    let mine = known.terms.at(-1);
    if (mine?.term !== term) {
      // The beginning of this term is forgotten.
      mine = { term, holder, from: at, beatAt: at, beats: [], leaseMs, value: '', endedAt: undefined };
      known.terms.push(mine);
      lane(known, holder);
    }
    mine.beats.push(at);
    if (mine.beats.length > MOST_BEATS) mine.beats.splice(0, MOST_BEATS / 2);
    mine.beatAt = Math.max(mine.beatAt, at);
  },
  proclaimed(known, { value }) {
    const last = known.terms.at(-1);
    if (last !== undefined) last.value = value;
  },
  vacancy(known, fact) {
    const last = known.terms.at(-1);
    if (last !== undefined && last.endedAt === undefined) {
      last.endedAt = Math.min(fact.at, runsOutAt(last));
      // Its lease is void: given back, or taken away.
      last.released = true;
    }
    known.vacancy = fact;
  },
  challenge(known, { term, by, at }) {
    const leader = known.terms.findLast((one) => one.term === term)?.holder;
    keep(known.challenges, { term, by, at, leader }, MOST_MARKS);
  },
  lost(known, { id }) {
    lane(known, id);
  },
  refused(known, { id, at }) {
    keep(known.refusals, { id, at }, MOST_MARKS);
    lane(known, id);
  },
  candidate(known, { id, status, isCutOff, pid, at }) {
    const mine = lane(known, id);
    Object.assign(mine, { status, isCutOff, pid });
    keep(mine.spells, { status, isCutOff, at }, MOST_MARKS);
  },
  roster(known, { line }) {
    known.roster = line;
    for (const { id } of line) lane(known, id);
  },
  trouble(known, { message }) {
    known.trouble = message;
  },
};

/** A page may stay open for days: the oldest goes. */
function keep(list, one, most) {
  list.push(one);
  if (list.length > most) list.shift();
}

function lane(known, id) {
  const mine = known.candidates.get(id) ?? { id, status: undefined, isCutOff: false, pid: undefined, spells: [] };
  known.candidates.set(id, mine);
  return mine;
}

/** When the lease of a term ends, if no other heartbeat comes. */
export const runsOutAt = ({ beatAt, leaseMs }) => beatAt + leaseMs;

/** The leader, or why nobody leads, at one glance. */
export function officeOf(known, now) {
  const last = known.terms.at(-1);
  if (last === undefined || known.vacancy !== undefined) {
    return { state: known.vacancy === undefined ? 'new' : 'vacant', last, vacancy: known.vacancy, leftMs: 0 };
  }
  const leftMs = Math.max(0, runsOutAt(last) - now);
  return { state: leftMs > 0 ? 'led' : 'silent', last, leftMs };
}

/** The candidates that come next, and how that is known. */
export function nextInLine(known) {
  const leader = known.vacancy === undefined ? known.terms.at(-1)?.holder : undefined;
  const line = known.roster.filter(({ id, leads, present }) => present && !leads && id !== leader).map(({ id }) => id);
  if (line.length > 0) return { line, ordered: true };
  const standbys = [...known.candidates.values()]
    .filter(({ status, isCutOff }) => status === 'standby' && !isCutOff)
    .map(({ id }) => id);
  return { line: standbys, ordered: false };
}

/** A candidate's state in a word: its own, or what the roster and the record show. */
export function statusOf(known, { id, status }) {
  if (status !== undefined) return status;
  const leader = known.vacancy === undefined ? known.terms.at(-1)?.holder : undefined;
  if (id === leader) return 'leading';
  const member = known.roster.find((one) => one.id === id);
  if (member === undefined) return known.roster.length > 0 ? 'gone' : 'unknown';
  return member.present ? 'standby' : 'gone';
}
