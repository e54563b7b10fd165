/** What the lanes show: rows of things with a place in time, in ms from now. Knows nothing of the document. */
import { officeOf, runsOutAt } from './state.js';

const MOST_LANES = 14;
/** A gap is seen, however short it was. */
const LEAST_GAP_PX = 2;
/** Closer heartbeats than this, in pixels, are a texture that says nothing. */
const LEAST_BEAT_GAP_PX = 3;
/** Two refused at once are two marks. */
const REFUSAL_PX = 11;

/** @param msPerPixel of the picture that is to be drawn */
export function laneMarks(known, now, spanMs, msPerPixel) {
  const lanes = lanesOf(known, now - spanMs);
  const from = -spanMs - 8 * msPerPixel;
  const isInSight = ({ to }) => to >= from;
  const { state, last } = officeOf(known, now);
  const leader = state === 'led' ? last.holder : undefined;
  const terms = known.terms.map((term, n) => barOf(term, known.terms[n + 1], now)).filter(isInSight);
  const shown = new Set(lanes.map(({ id }) => id));
  return {
    lanes: [...shown],
    leader,
    terms: terms.filter(({ id }) => shown.has(id)),
    beats: terms.flatMap((term) => beatsOf(term, now, from, msPerPixel)).filter(({ id }) => shown.has(id)),
    gaps: gapsOf(known, now, msPerPixel).filter(isInSight),
    spells: lanes.flatMap((lane) => spellsOf(lane, now)).filter(isInSight),
    cuts: lanes.flatMap((lane) => cutsOf(lane, now)).filter(isInSight),
    ends: lanes
      .flatMap(({ id, spells }) =>
        spells.filter(({ status }) => isEnd(status)).map(({ at }) => ({ id, at: at - now, to: at - now })),
      )
      .filter(isInSight),
    challenges: known.challenges
      .filter(({ leader: id, at }) => shown.has(id) && at - now >= from)
      .map(({ leader: id, at }) => ({ id, at: at - now })),
    refusals: refusalsOf(known, now, from, msPerPixel).filter(({ id }) => shown.has(id)),
  };
}

/** The candidates within sight: the leader, or the last one, is never left out. */
function lanesOf({ candidates, terms }, from) {
  const seen = [...candidates.values()].filter(({ id, spells }) => {
    const last = spells.at(-1);
    const gone = last !== undefined && isEnd(last.status) && last.at < from;
    const leads = terms.some((term) => term.holder === id && (term.endedAt ?? runsOutAt(term)) >= from);
    return leads || !gone;
  });
  return seen.slice(-MOST_LANES);
}

const isEnd = (status) => status === 'dead' || status === 'left';

/** A term: in office for sure to the last heartbeat; from there on its lease runs out. */
function barOf(term, next, now) {
  const runsOut = runsOutAt(term);
  const to = term.endedAt ?? Math.min(runsOut, next?.from ?? Number.POSITIVE_INFINITY);
  return {
    id: term.holder,
    term: term.term,
    beats: term.beats,
    from: term.from - now,
    sureTo: Math.min(term.beatAt, to) - now,
    to: to - now,
    runsOut: runsOut - now,
  };
}

function beatsOf({ id, beats }, now, from, msPerPixel) {
  if (beats.length > 1 && beats.at(-1) - beats[0] < LEAST_BEAT_GAP_PX * msPerPixel * beats.length) return [];
  return beats.filter((at) => at - now >= from).map((at) => ({ id, at: at - now }));
}

/** When nobody led: between the end of one lease and the next term. */
function gapsOf({ terms }, now, msPerPixel) {
  return terms.flatMap((term, n) => {
    const next = terms[n + 1];
    // Of terms that were not seen nothing is known.
    if (next !== undefined && next.term !== term.term + 1) return [];
    const to = next?.from ?? now;
    const from = Math.min(term.endedAt ?? runsOutAt(term), to);
    if (to - from < 1) return [];
    return [{ from: Math.min(from, to - LEAST_GAP_PX * msPerPixel) - now, to: to - now }];
  });
}

/** The thread of a candidate's life: there, or standing still. A candidate that is known by the record alone has always been there. */
function spellsOf({ id, spells }, now) {
  if (spells.length === 0) return [{ id, from: Number.NEGATIVE_INFINITY, to: 0, paused: false }];
  return spells
    .map(({ status, at }, n) => ({ id, status, from: at - now, to: (spells[n + 1]?.at ?? now) - now }))
    .filter(({ status }) => !isEnd(status))
    .map(({ status, ...spell }) => ({ ...spell, paused: status === 'paused' }));
}

/** From being cut off to being joined again, or to the end. */
function cutsOf({ id, spells }, now) {
  const cuts = [];
  for (const { isCutOff, at } of spells) {
    const open = cuts.at(-1)?.isOver === false ? cuts.at(-1) : undefined;
    if (isCutOff && open === undefined) cuts.push({ id, from: at - now, to: 0, isOver: false });
    if (!isCutOff && open !== undefined) Object.assign(open, { to: at - now, isOver: true });
  }
  return cuts;
}

function refusalsOf({ refusals }, now, from, msPerPixel) {
  const lastOf = new Map();
  return refusals
    .filter(({ at }) => at - now >= from && at <= now)
    .map(({ id, at }) => {
      const place = Math.max(at - now, (lastOf.get(id) ?? Number.NEGATIVE_INFINITY) + REFUSAL_PX * msPerPixel);
      lastOf.set(id, place);
      return { id, at: Math.min(place, -5 * msPerPixel) };
    });
}
