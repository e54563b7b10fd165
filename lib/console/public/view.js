/** The parts of the page that are words: the head line, the candidates, the log, the elections to choose from. */
import { byId, clock, element, ms, setText, span } from './format.js';
import { nextInLine, officeOf, statusOf } from './state.js';

const REASONS = { expired: 'its lease ran out', resigned: 'given back', revoked: 'revoked', yielded: 'handed over' };

/** What a leader's own process shows before the record can. */
const FATES = { dead: 'Its process is dead', left: 'Its process has ended', paused: 'Its process stands still' };
const CUT_OFF = 'It is cut off from the table, and ends its term by its own clock';

/** What changes with facts alone. */
export function showOffice(known, now) {
  const { state, last, vacancy } = officeOf(known, now);
  byId('office').dataset.state = state;
  setText(byId('election-name'), `Election ${known.name}`);
  setText(byId('headline'), headline(state, last));
  setText(byId('why'), why(known, state, last, vacancy));
  setText(byId('next'), next(known));
  const value = state === 'vacant' ? '' : (last?.value ?? '');
  byId('value-row').hidden = value === '';
  setText(byId('value'), value);
  setText(byId('of'), last === undefined ? '' : `of ${ms(last.leaseMs)}`);
  document.title = state === 'led' ? `${last.holder} leads term ${last.term}` : `${headline(state, last)} – Tenure`;
}

function headline(state, last) {
  if (state === 'new') return 'Nobody was ever elected';
  if (state === 'vacant') return 'Nobody leads';
  if (state === 'silent') return `${last.holder} is silent`;
  return `${last.holder} leads term ${last.term}`;
}

function why(known, state, last, vacancy) {
  if (state === 'new') return 'No candidate has stood yet.';
  if (state === 'vacant') {
    const leader = vacancy.previous ?? 'its last leader';
    const how = vacancy.reason === 'revoked' && vacancy.dead ? 'revoked, proved dead' : REASONS[vacancy.reason];
    return `The office is vacant after term ${vacancy.term} of ${leader}: ${how ?? vacancy.reason ?? 'no reason given'}.`;
  }
  if (state === 'silent') {
    return `Its lease of term ${last.term} has run out without a heartbeat: any standby takes the office.`;
  }
  const { status, isCutOff } = known.candidates.get(last.holder) ?? {};
  const own = isCutOff ? CUT_OFF : FATES[status];
  if (own !== undefined) return `${own}: the lease that it holds has to run out before another may lead.`;
  const begun = last.why ?? known.log.find(({ is, term }) => is === 'term' && term === last.term)?.why;
  return begun === undefined ? '' : `Why: ${begun}.`;
}

/** Of a longer line, the number of the others is shown. */
const MOST_NEXT = 3;

function next(known) {
  const { line, ordered } = nextInLine(known);
  if (line.length === 0) {
    const isKnown =
      known.roster.length > 0 || [...known.candidates.values()].some(({ status }) => status !== undefined);
    return isKnown ? 'nobody stands by' : 'not known: there is no roster';
  }
  const more = line.length > MOST_NEXT ? ` and ${line.length - MOST_NEXT} more` : '';
  const named = `${line.slice(0, MOST_NEXT).join(ordered ? ', then ' : ', ')}${more}`;
  return ordered || line.length === 1 ? named : `${named}: the quickest`;
}

/** What changes with time. `still`: the stream is cut off, and what is left of a lease is not known. */
export function showTime(known, now, still) {
  const { state, last, leftMs } = officeOf(known, now);
  const held = state === 'led' || state === 'silent';
  const since = state === 'vacant' ? officeOf(known, now).vacancy.at : last?.from;
  setText(byId('since'), since === undefined ? '–' : `${clock(since)}, ${span(now - since)} ago`);
  setText(byId('beat'), last === undefined ? '–' : `${span(now - last.beatAt)} ago`);
  setText(byId('left'), still ? 'unknown' : held ? `${(leftMs / 1000).toFixed(1)} s` : 'none');
  const part = still || last === undefined || !held ? 0 : Math.min(1, leftMs / last.leaseMs);
  byId('gauge').style.transform = `scaleX(${part})`;
}

/** @param act called with an action and an id; undefined where there are no processes to act on */
export function showCandidates(known, actions, mayAct, act) {
  const host = byId('candidates');
  const rows = [...known.candidates.values()];
  const gone = rows.filter(({ status }) => status === 'dead' || status === 'left');
  const here = rows.filter((one) => !gone.includes(one));
  if (rows.length === 0) {
    const text = 'None is known yet. The leader is shown here, and every candidate on the roster.';
    host.replaceChildren(element('li', { className: 'empty', textContent: text }));
    return;
  }
  const kept = new Map([...host.children].map((row) => [row.dataset.id, row]));
  const wanted = here.map((one) => candidate(kept.get(one.id), one, statusOf(known, one), actions, mayAct, act));
  if (gone.length > 0) {
    const names = gone
      .map(({ id, status }) => `${id} (${status})`)
      .slice(-8)
      .join(', ');
    const row = kept.get('') ?? element('li', { className: 'gone' }, element('small'));
    row.dataset.id = '';
    setText(row.firstChild, `Ended: ${names}`);
    wanted.push(row);
  }
  // Rows stay the same nodes: the focus is not lost while one goes through them by keyboard.
  if (wanted.length !== host.children.length || wanted.some((row, n) => host.children[n] !== row)) {
    host.replaceChildren(...wanted);
  }
}

const PER_CANDIDATE = [
  { action: 'transfer', text: 'Let lead', fits: ({ status, isCutOff }) => status === 'standby' && !isCutOff },
  { action: 'pause', text: 'Pause', fits: ({ status }) => status !== 'paused' },
  { action: 'resume', text: 'Resume', fits: ({ status }) => status === 'paused' },
  { action: 'cut', text: 'Cut off', fits: ({ isCutOff }) => !isCutOff },
  { action: 'join', text: 'Join again', fits: ({ isCutOff }) => isCutOff },
  { action: 'end', text: 'End', fits: () => true },
  { action: 'kill', text: 'Kill', fits: () => true },
];

function candidate(row, { id, pid, isCutOff }, status, actions, mayAct, act) {
  const mine = row ?? newRow(id, actions, act);
  mine.dataset.id = id;
  mine.dataset.status = status;
  mine.toggleAttribute('data-cut', isCutOff);
  setText(mine.querySelector('.state'), isCutOff ? `${status}, cut off` : status);
  setText(mine.querySelector('.pid'), pid ? `, process ${pid}` : '');
  const focused = mine.querySelector('button:focus');
  for (const { action, fits } of PER_CANDIDATE) {
    const button = mine.querySelector(`[data-action="${action}"]`);
    if (button === null) continue;
    button.hidden = !fits({ status, isCutOff });
    button.disabled = !mayAct;
  }
  // Pause and resume share one place, as do cut off and join: after one is pressed, the focus is on the other.
  if (focused?.hidden) (nextTo(focused, 'nextElementSibling') ?? nextTo(focused, 'previousElementSibling'))?.focus();
  return mine;
}

const nextTo = (button, side) => (button[side]?.hidden === false ? button[side] : undefined);

function newRow(id, actions, act) {
  const state = element('small', {}, element('span', { className: 'state' }), element('span', { className: 'pid' }));
  const row = element('li', {}, element('span', { className: 'name' }, id, state));
  const possible = PER_CANDIDATE.filter(({ action }) => actions.includes(action));
  if (possible.length > 0) {
    const buttons = possible.map(({ action, text }) => {
      const button = element('button', { type: 'button', textContent: text, ariaLabel: `${text} ${id}` });
      button.dataset.action = action;
      if (action === 'kill') button.className = 'danger';
      button.addEventListener('click', () => act({ action, id }));
      return button;
    });
    row.append(element('span', { className: 'acts' }, ...buttons));
  }
  return row;
}

const shown = new WeakMap();

/** The latest above; only what is new is added, so that what one reads stays where it is. */
export function showLog(known) {
  const host = byId('log');
  const isSame = shown.get(host) === known;
  const first = isSame ? known.log.indexOf(host.firstFact) : -1;
  const news = first < 0 ? known.log : known.log.slice(0, first);
  if (first < 0) host.replaceChildren();
  host.prepend(...news.map(entry));
  while (host.children.length > known.log.length) host.lastChild.remove();
  host.firstFact = known.log[0];
  shown.set(host, known);
}

function entry({ is, at, text, why: because }) {
  const words = element('p', {}, element('b', { textContent: text }));
  if (because) words.append(element('span', { textContent: `: ${because}` }));
  const when = element('time', { className: 'when', textContent: clock(at), dateTime: new Date(at).toISOString() });
  const row = element('li', {}, when, words);
  row.dataset.is = is;
  return row;
}

export function showElections(elections, chosen, now, choose) {
  const host = byId('elections');
  host.hidden = elections.length < 2;
  const kept = new Map([...host.children].map((button) => [button.dataset.election, button]));
  const buttons = elections.map((known) => {
    const { state, last } = officeOf(known, now);
    const button = kept.get(known.name) ?? newChoice(known.name, choose);
    button.setAttribute('aria-pressed', `${known.name === chosen}`);
    setText(button.lastChild, headline(state, last));
    return button;
  });
  if (buttons.length !== host.children.length) host.replaceChildren(...buttons);
}

function newChoice(name, choose) {
  const button = element('button', { type: 'button' }, name, element('small'));
  button.dataset.election = name;
  button.addEventListener('click', () => choose(name));
  return button;
}

/** The picture in words, for screen readers. */
export function describe(known, now) {
  const { state, last } = officeOf(known, now);
  const terms = known.terms.slice(-5).map(({ term, holder }) => `term ${term} of ${holder}`);
  return `Lanes of candidates over time. ${headline(state, last)}. The last terms: ${terms.join(', ')}.`;
}
