/**
 * The lanes: one for each candidate, time from left to right, and beyond the line of now what is left of the lease. It is
 * drawn anew when anything happened, and else when it has moved by a pixel; the log says the same in words.
 */

import { laneMarks } from './lane-marks.js';
import { hatch, plot, svg, widthOf } from './plot.js';

const LANE = 44;
const BAR = 26;
const HEAD = 8;
const AXIS = 26;
const STEPS_MS = [1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const NARROW = 520;
/** Smooth enough; a drawing takes some 10 ms. */
const LEAST_REDRAW_MS = 50;

export class Timeline {
  #host;
  #width;
  /** What the picture was drawn of. */
  #drawn = {};

  constructor(host) {
    this.#host = host;
    this.#width = widthOf(host);
  }

  draw(known, now, spanMs) {
    const width = this.#width();
    if (width === 0) return;
    const was = this.#drawn;
    const isSame = was.known === known && was.changed === known.changed && was.width === width && was.spanMs === spanMs;
    if (isSame && Math.abs(now - was.now) < Math.max(was.msPerPixel, LEAST_REDRAW_MS)) return;
    const left = Math.round(Math.min(width < NARROW ? 62 : 104, width * 0.25));
    const leaseMs = known.terms.at(-1)?.leaseMs ?? 0;
    // Room on the right for a whole lease, but no more than a quarter of the picture.
    const aheadMs = Math.min(leaseMs * 1.08, spanMs / 3);
    const msPerPixel = (spanMs + aheadMs) / (width - left);
    this.#drawn = { known, changed: known.changed, width, spanMs, now, msPerPixel };
    const shown = laneMarks(known, now, spanMs, msPerPixel);
    const height = HEAD + Math.max(2, shown.lanes.length) * LANE + AXIS;
    const marks = [...ground(shown, width, spanMs, msPerPixel, aheadMs), ...things(shown, spanMs, msPerPixel)];
    this.#host.replaceChildren(
      plot({
        width,
        height,
        marginLeft: left,
        marginRight: 0,
        marginTop: HEAD,
        marginBottom: AXIS,
        x: { domain: [-spanMs, aheadMs], axis: null },
        y: { domain: shown.lanes, axis: null, padding: 1 - BAR / LANE, round: false },
        marks: [...marks, ...names(shown, left)],
      }),
    );
  }
}

/** The axis, and what lies under the lanes: when nobody led. */
function ground({ gaps }, width, spanMs, msPerPixel, aheadMs) {
  const { Plot } = window;
  const least = width < NARROW ? 62 : 84;
  const step = STEPS_MS.find((one) => one >= least * msPerPixel) ?? spanMs;
  const ticks = Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, n) => -n * step);
  const isRoomy = (at) => at === 0 || (at + spanMs) / msPerPixel > 24;
  const soft = { fill: 'var(--soft)', frameAnchor: 'bottom', dy: 18 };
  return [
    () => svg('defs', {}, hatch('nobody', 'var(--gap)', 'var(--gap-soft)')),
    Plot.ruleX(ticks, { stroke: 'var(--line)' }),
    Plot.text(ticks.filter(isRoomy), { x: (at) => at, text: ago, ...soft }),
    ...(aheadMs / msPerPixel > 70 ? [Plot.text(['lease ahead'], { ...soft, frameAnchor: 'bottom-right' })] : []),
    Plot.rect(gaps, { x1: 'from', x2: 'to', fill: 'url(#nobody)', stroke: 'var(--gap)', clip: true }),
  ];
}

function ago(at) {
  if (at === 0) return 'now';
  return at <= -60_000 ? `${at / 60_000} min` : `${at / 1_000} s`;
}

/** What happened in the lanes, from the lowest layer to the highest. */
function things({ terms, beats, spells, cuts, ends, challenges, refusals, lanes }, spanMs, msPerPixel) {
  const { Plot } = window;
  const lane = { y: 'id', clip: true };
  const from = ({ from: at }) => Math.max(at, -spanMs - 8 * msPerPixel);
  const running = terms.filter(({ sureTo, to }) => to > sureTo);
  const bar = { ...lane, insetTop: 0, x1: from, x2: 'to' };
  const outline = { ...lane, fill: 'none', stroke: 'var(--accent)', inset: 0.5 };
  const cutThread = { ...lane, dy: BAR / 2 + 5, stroke: 'var(--ink)' };
  const cutEnds = cuts.flatMap(({ id, from: at, to, isOver }) => [{ id, at }, ...(isOver ? [{ id, at: to }] : [])]);
  return [
    (_, scales) => svg('defs', {}, ...running.map((term) => fading(term, scales.x))),
    Plot.ruleY(
      spells.filter(({ paused }) => !paused),
      { ...lane, x1: from, x2: 'to', stroke: 'var(--line)', strokeWidth: 2 },
    ),
    Plot.ruleY(
      spells.filter(({ paused }) => paused),
      { ...lane, x1: from, x2: 'to', stroke: 'var(--soft)', strokeWidth: 3, strokeDasharray: '3 4' },
    ),
    // Under a bar that fades lies the card, and not the thread.
    Plot.barX(terms, { ...bar, fill: 'var(--card)', r: 5 }),
    Plot.barX(terms, { ...bar, x2: 'sureTo', fill: 'var(--accent)', rx1: 5 }),
    Plot.barX(running, { ...bar, x1: 'sureTo', fill: { value: ({ term }) => `url(#fading-${term})`, scale: null } }),
    Plot.tickX(beats, { ...lane, x: 'at', stroke: 'var(--beat)', strokeWidth: 1.5, insetTop: BAR - 8 }),
    Plot.barX(running, {
      ...outline,
      x1: 'sureTo',
      x2: ({ to }) => Math.min(to, 0),
      filter: ({ sureTo }) => sureTo < 0,
    }),
    Plot.barX(running, {
      ...outline,
      x1: ({ sureTo }) => Math.max(sureTo, 0),
      x2: 'to',
      filter: ({ to }) => to > 0,
      strokeDasharray: '3 3',
    }),
    Plot.text(terms, {
      ...lane,
      x: ({ from: at }) => Math.max(at, -spanMs),
      text: (term) => labelOf(term, (Math.min(term.sureTo, 0) - Math.max(term.from, -spanMs)) / msPerPixel),
      dx: 7,
      dy: -4,
      textAnchor: 'start',
      fill: 'var(--on-accent)',
      fontWeight: 600,
    }),
    ...[
      ['var(--card)', 6],
      ['var(--ink)', 3],
    ].map(([stroke, strokeWidth]) => Plot.tickX(ends, { ...lane, x: 'at', stroke, strokeWidth, inset: -4 })),
    Plot.ruleY(cuts, { ...cutThread, x1: from, x2: 'to', strokeWidth: 1.5, strokeDasharray: '7 4' }),
    Plot.dot(cutEnds, { ...cutThread, x: 'at', symbol: SLASHES, r: 5, strokeWidth: 1.75, fill: 'var(--card)' }),
    Plot.dot(challenges, {
      ...lane,
      x: 'at',
      symbol: 'triangle',
      r: 5,
      dy: -BAR / 2 - 1,
      fill: 'var(--gap)',
      stroke: 'var(--card)',
      strokeWidth: 1,
    }),
    ...[
      ['var(--card)', 6],
      ['var(--bad)', 2.5],
    ].map(([stroke, strokeWidth]) =>
      Plot.dot(refusals, { ...lane, x: 'at', symbol: 'times', r: 5.5, stroke, strokeWidth }),
    ),
    ...(lanes.length === 0 ? [] : [Plot.ruleX([0], { stroke: 'var(--ink)', strokeWidth: 1.5, insetTop: -4 })]),
  ];
}

/** A line that is cut: two slashes across it, and nothing between them. */
const SLASHES = {
  draw(pen, size) {
    const half = Math.sqrt(size / Math.PI);
    for (const shift of [-2, 2]) {
      pen.moveTo(shift - half / 2, half);
      pen.lineTo(shift + half / 2, -half);
    }
  },
};

/** From the last heartbeat to the end of the lease, whether it was left that time or not. */
function fading({ term, sureTo, runsOut }, x) {
  const [x1, x2] = [x(sureTo), x(runsOut)];
  return svg(
    'linearGradient',
    { id: `fading-${term}`, gradientUnits: 'userSpaceOnUse', x1, x2: Math.max(x1 + 1, x2), y1: 0, y2: 0 },
    svg('stop', { 'stop-color': 'var(--accent)' }),
    svg('stop', { offset: 1, 'stop-color': 'var(--accent-soft)' }),
  );
}

/** A term's number on its bar, if there is room; the short form if there is less. */
function labelOf({ term }, width) {
  const fits = (text) => text.length * 7 + 10 <= width;
  return [`term ${term}`, `${term}`].find(fits) ?? '';
}

function names({ lanes, leader }, left) {
  const { Plot } = window;
  const text = {
    y: (id) => id,
    frameAnchor: 'left',
    dx: -left,
    textAnchor: 'start',
    lineWidth: (left - 10) / 12,
    textOverflow: 'ellipsis',
  };
  return [
    Plot.text(
      lanes.filter((id) => id !== leader),
      { ...text, fill: 'var(--soft)' },
    ),
    Plot.text(
      lanes.filter((id) => id === leader),
      { ...text, text: (id) => `★ ${id}`, fill: 'var(--ink)', fontWeight: 600 },
    ),
  ];
}
