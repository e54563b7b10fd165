/** The page: joins the stream of facts to what is shown, and the buttons to what they ask for. */
import { ask, confirmRevoke, takeToken } from './actions.js';
import { byId, setText } from './format.js';
import { Histogram } from './histogram.js';
import { officeOf, State } from './state.js';
import { follow } from './stream.js';
import { keepTheme } from './theme.js';
import { Timeline } from './timeline.js';
import { describe, showCandidates, showElections, showLog, showOffice, showTime } from './view.js';

/** With reduced motion, the bars move in steps. */
const STEP_MS = 500;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const token = takeToken();
const timeline = new Timeline(byId('lanes'));
const histogram = new Histogram(byId('histogram'));
let state = new State();
let chosen = new URLSearchParams(location.search).get('election') ?? undefined;
let hello = { actions: [], mayAct: false };
let skew = 0;
let isLinked = false;
/** When the stream was cut off: from then on nothing is known, and the lanes stand still. */
let cutAt;
let stale = true;
let lastDraw = 0;
let lastState = '';
let isSpanChosen = false;

const now = () => cutAt ?? Date.now() - skew;
const election = () => state.elections.get(chosen) ?? [...state.elections.values()][0];

follow({
  token,
  onHello(news) {
    hello = news;
    skew = Date.now() - news.now;
    if (!news.resumed) state = new State();
    setText(byId('title'), news.title);
    stale = true;
  },
  onFact(fact) {
    state.take(fact);
    stale = true;
  },
  onLink(linked) {
    isLinked = linked;
    cutAt = linked ? undefined : (cutAt ?? now());
    const pill = byId('link');
    pill.dataset.state = linked ? 'live' : 'cut';
    setText(pill, linked ? 'Live' : 'Cut off, trying again');
    stale = true;
  },
});

function act(action) {
  const known = election();
  if (known !== undefined) ask(token, { ...action, election: known.name });
}

function render() {
  const known = election();
  const isBare = known === undefined;
  const { actions, mayAct } = hello;
  for (const node of document.querySelectorAll('[data-cluster]')) node.hidden = !actions.includes(node.dataset.cluster);
  byId('readonly').hidden = mayAct || !isLinked;
  byId('add').hidden = !actions.includes('add');
  byId('add').disabled = !mayAct || isBare || !isLinked;
  const office = isBare ? { state: 'new' } : officeOf(known, now());
  const held = office.state === 'led' || office.state === 'silent';
  for (const id of ['challenge', 'revoke']) byId(id).disabled = !mayAct || !held || !isLinked;
  if (isBare) return;
  showOffice(known, now());
  showElections([...state.elections.values()], known.name, now(), choose);
  showCandidates(known, actions, mayAct && isLinked, act);
  showLog(known);
  byId('trouble').hidden = known.trouble === undefined;
  setText(byId('trouble'), known.trouble === undefined ? '' : `What is shown was seen before this: ${known.trouble}`);
  byId('lanes').setAttribute('aria-label', describe(known, now()));
}

function choose(name) {
  chosen = name;
  const url = new URL(location.href);
  url.searchParams.set('election', name);
  history.replaceState(null, '', url);
  stale = true;
}

function frame(at) {
  requestAnimationFrame(frame);
  if (calm.matches && !stale && at - lastDraw < STEP_MS) return;
  lastDraw = at;
  const known = election();
  // A lease runs out without a fact that says so.
  const state = known === undefined ? '' : officeOf(known, now()).state;
  if (stale || state !== lastState) render();
  stale = false;
  lastState = state;
  if (known === undefined) return;
  fitSpan(known);
  showTime(known, now(), !isLinked);
  timeline.draw(known, now(), Number(byId('span').value));
  histogram.draw(known);
}

/** So many leases are in sight, until somebody chooses. */
const LEASES_IN_SIGHT = 6;

function fitSpan({ terms }) {
  const leaseMs = terms.at(-1)?.leaseMs;
  if (isSpanChosen || leaseMs === undefined) return;
  isSpanChosen = true;
  const spans = [...byId('span').options].map(({ value }) => value);
  byId('span').value = spans.find((value) => Number(value) >= LEASES_IN_SIGHT * leaseMs) ?? spans.at(-1);
}

byId('span').addEventListener('change', () => {
  isSpanChosen = true;
});
byId('challenge').addEventListener('click', () => act({ action: 'challenge' }));
byId('add').addEventListener('click', () => act({ action: 'add' }));
byId('revoke').addEventListener('click', () => {
  const { last } = officeOf(election(), now());
  const { holder, term } = last;
  confirmRevoke(last, (dead) => act({ action: 'revoke', holder, term, dead }));
});
// It scrolls: by keyboard too, in every browser.
byId('log').tabIndex = 0;
keepTheme(byId('theme'));
requestAnimationFrame(frame);
