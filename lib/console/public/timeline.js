/**
 * The lanes: one for each candidate, time from left to right, and beyond the line of now what is left of the lease. All
 * of it is drawn anew each time, from the state and the time; the log says the same in words.
 */
import { officeOf, runsOutAt } from './state.js';

const LANE = 44;
const BAR = 26;
const HEAD = 8;
const AXIS = 26;
const MOST_LANES = 14;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
const BOLD = FONT.replace('12px', '600 12px');
const STEPS_MS = [1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];
/** Closer heartbeats than this, in pixels, are a texture that says nothing. */
const LEAST_BEAT_GAP = 3;

export class Timeline {
  #canvas;
  #colours = {};
  #hatch;
  #height = 0;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Takes the colours of the theme. */
  dress() {
    const style = getComputedStyle(document.documentElement);
    const names = [
      'ink',
      'soft',
      'line',
      'accent',
      'accent-soft',
      'on-accent',
      'gap',
      'gap-soft',
      'bad',
      'card',
      'beat',
      'track',
    ];
    this.#colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.#hatch = hatch(this.#colours.gap);
  }

  draw(known, now, spanMs) {
    const lanes = lanesOf(known, now - spanMs);
    const pen = this.#prepare(HEAD + Math.max(2, lanes.length) * LANE + AXIS);
    const { width } = this.#canvas.getBoundingClientRect();
    const left = Math.min(width < 520 ? 62 : 104, width * 0.25);
    const leaseMs = known.terms.at(-1)?.leaseMs ?? 0;
    // Room on the right for a whole lease, but no more than a quarter of the picture.
    const aheadMs = Math.min(leaseMs * 1.08, spanMs / 3);
    const scale = (width - left) / (spanMs + aheadMs);
    const x = (at) => left + (at - (now - spanMs)) * scale;
    const floor = this.#height - AXIS;
    const scene = { known, lanes, pen, left, width, x, now, scale, floor, nowX: x(now), c: this.#colours };
    this.#grid(scene, spanMs);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width - left, floor);
    pen.clip();
    this.#gaps(scene);
    for (const [n, lane] of lanes.entries()) this.#lane(scene, lane, HEAD + n * LANE + LANE / 2);
    pen.restore();
    this.#names(scene);
    this.#now(scene);
  }

  #prepare(height) {
    const canvas = this.#canvas;
    const dots = window.devicePixelRatio || 1;
    const { width } = canvas.getBoundingClientRect();
    this.#height = height;
    if (canvas.style.height !== `${height}px`) canvas.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * dots) || canvas.height !== Math.round(height * dots)) {
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(height * dots);
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = FONT;
    pen.textBaseline = 'middle';
    return pen;
  }

  #grid({ pen, x, now, left, width, scale, floor, nowX, c }, spanMs) {
    const step = STEPS_MS.find((one) => one * scale >= (width < 520 ? 62 : 84)) ?? spanMs;
    pen.textAlign = 'center';
    for (let ago = 0; ago <= spanMs; ago += step) {
      const at = x(now - ago);
      if (at < left) break;
      line(pen, c.line, 1, [at, HEAD], [at, floor]);
      pen.fillStyle = c.soft;
      const label = ago === 0 ? 'now' : ago >= 60_000 ? `-${ago / 60_000} min` : `-${ago / 1_000} s`;
      const half = pen.measureText(label).width / 2;
      if (at - half >= left - 14 && at + half <= width) pen.fillText(label, at, floor + 14);
    }
    if (width - nowX > 70) {
      pen.textAlign = 'right';
      pen.fillText('lease ahead', width - 2, floor + 14);
    }
  }

  /** When nobody led: between the end of one lease and the next term, over all lanes. */
  #gaps({ known, pen, x, now, left, floor, c }) {
    const { terms } = known;
    terms.forEach((term, n) => {
      const next = terms[n + 1];
      if (next !== undefined && next.term !== term.term + 1) return;
      const from = Math.min(term.endedAt ?? runsOutAt(term), next?.from ?? now);
      const to = next?.from ?? now;
      if (to - from < 1 || x(to) < left) return;
      const [x1, x2] = [Math.max(left, x(from)), x(to)];
      const wide = Math.max(1.5, x2 - x1);
      pen.fillStyle = c['gap-soft'];
      pen.fillRect(x1, HEAD, wide, floor - HEAD);
      pen.fillStyle = this.#hatch;
      pen.fillRect(x1, HEAD, wide, floor - HEAD);
      line(pen, c.gap, 1, [x1, HEAD], [x1, floor]);
      line(pen, c.gap, 1, [x1 + wide, HEAD], [x1 + wide, floor]);
    });
  }

  #lane(scene, lane, y) {
    const { pen, known, x, left, nowX, c, now } = scene;
    this.#spells(scene, lane, y);
    known.terms.forEach((term, n) => {
      if (term.holder === lane.id) this.#term(scene, term, known.terms[n + 1], y);
    });
    this.#ends(scene, lane, y);
    for (const { at, leader } of known.challenges) {
      if (leader !== lane.id || x(at) < left) continue;
      triangle(pen, c.gap, c.card, x(at), y - BAR / 2 - 3);
    }
    let last = Number.NEGATIVE_INFINITY;
    for (const { id, at } of known.refusals) {
      if (id !== lane.id || x(at) < left || at > now) continue;
      // Two refused at once are two marks.
      const place = Math.max(x(at), last + 11);
      last = place;
      cross(pen, c.bad, c.card, Math.min(place, nowX - 5), y);
    }
  }

  /** The thread of a candidate's life: alive, paused, ended. */
  #spells({ pen, x, left, nowX, c }, { spells }, y) {
    if (spells.length === 0) {
      line(pen, c.line, 2, [left, y], [nowX, y]);
      return;
    }
    spells.forEach(({ status, at }, n) => {
      const next = spells[n + 1];
      const [x1, x2] = [Math.max(left, x(at)), next === undefined ? nowX : x(next.at)];
      if (!isEnd(status) && x2 > x1) {
        const paused = status === 'paused';
        line(pen, paused ? c.soft : c.line, paused ? 3 : 2, [x1, y], [x2, y], paused ? [3, 4] : []);
      }
    });
  }

  /** Over the bars: who is killed in office leaves a lease behind. */
  #ends({ pen, x, left, c }, { spells }, y) {
    for (const { status, at } of spells) {
      if (!isEnd(status) || x(at) < left) continue;
      pen.fillStyle = c.card;
      pen.fillRect(x(at) - 3, y - BAR / 2 - 4, 6, BAR + 8);
      pen.fillStyle = c.ink;
      pen.fillRect(x(at) - 1.5, y - BAR / 2 - 4, 3, BAR + 8);
    }
  }

  #term({ pen, x, left, now, nowX, scale, c }, term, next, y) {
    const runsOut = runsOutAt(term);
    const end = term.endedAt ?? Math.min(runsOut, next?.from ?? Number.POSITIVE_INFINITY);
    if (x(end) < left) return;
    const isOver = end < now;
    const top = y - BAR / 2;
    // In office for sure to the last heartbeat; from there on the lease runs out.
    const sureTo = Math.min(term.beatAt, end);
    const [x1, xs, x2] = [Math.max(left - 8, x(term.from)), Math.max(left - 8, x(sureTo)), x(end)];
    const wide = Math.max(2, x2 - x1);
    pen.save();
    pen.beginPath();
    pen.roundRect(x1, top, wide, BAR, Math.min(5, wide / 2));
    pen.clip();
    pen.fillStyle = c.card;
    pen.fillRect(x1, top, wide, BAR);
    pen.fillStyle = c.accent;
    pen.fillRect(x1, top, Math.max(xs - x1, 0), BAR);
    if (x2 > xs) {
      const fade = pen.createLinearGradient(xs, 0, Math.max(xs + 1, x(runsOut)), 0);
      fade.addColorStop(0, c.accent);
      fade.addColorStop(1, c['accent-soft']);
      pen.fillStyle = fade;
      pen.fillRect(xs, top, x2 - xs, BAR);
    }
    this.#beats({ pen, x, left, scale, c }, term, top);
    pen.restore();
    if (x2 > xs) {
      pen.strokeStyle = c.accent;
      pen.lineWidth = 1;
      pen.setLineDash(isOver ? [] : [3, 3]);
      pen.strokeRect(
        Math.max(xs, isOver ? xs : nowX) - 0.5,
        top + 0.5,
        Math.max(0, x2 - Math.max(xs, isOver ? xs : nowX)),
        BAR - 1,
      );
      pen.setLineDash([]);
    }
    label(pen, c, `term ${term.term}`, Math.max(x1, left) + 7, Math.min(xs, nowX), y);
  }

  #beats({ pen, x, left, scale, c }, { beats }, top) {
    if (beats.length > 1 && (beats.at(-1) - beats[0]) * scale < LEAST_BEAT_GAP * beats.length) return;
    pen.fillStyle = c.beat;
    for (const at of beats) if (x(at) >= left) pen.fillRect(x(at) - 0.75, top + BAR - 8, 1.5, 8);
  }

  #names({ pen, lanes, left, c, known, now }) {
    const { state, last } = officeOf(known, now);
    lanes.forEach(({ id }, n) => {
      const leads = state === 'led' && last.holder === id;
      pen.font = leads ? BOLD : FONT;
      pen.fillStyle = leads ? c.ink : c.soft;
      pen.textAlign = 'left';
      pen.fillText(fitted(pen, `${leads ? '★ ' : ''}${id}`, left - 10), 0, HEAD + n * LANE + LANE / 2);
    });
    pen.font = FONT;
  }

  #now({ pen, nowX, floor, c }) {
    line(pen, c.ink, 1.5, [nowX, HEAD - 4], [nowX, floor]);
  }
}

/** Who is or was there within sight: who leads or led last is never left out. */
function lanesOf({ candidates, terms }, from) {
  const seen = [...candidates.values()].filter(({ id, spells }) => {
    const last = spells.at(-1);
    const gone = last !== undefined && (last.status === 'dead' || last.status === 'left') && last.at < from;
    const leads = terms.some((term) => term.holder === id && (term.endedAt ?? runsOutAt(term)) >= from);
    return leads || !gone;
  });
  return seen.slice(-MOST_LANES);
}

const isEnd = (status) => status === 'dead' || status === 'left';

function line(pen, colour, width, [x1, y1], [x2, y2], dash = []) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.setLineDash([]);
}

function triangle(pen, colour, edge, x, y) {
  pen.beginPath();
  pen.moveTo(x, y - 5);
  pen.lineTo(x + 6, y + 6);
  pen.lineTo(x - 6, y + 6);
  pen.closePath();
  pen.fillStyle = colour;
  pen.strokeStyle = edge;
  pen.lineWidth = 2;
  pen.stroke();
  pen.fill();
}

function cross(pen, colour, edge, x, y) {
  for (const [style, width] of [
    [edge, 6],
    [colour, 2.5],
  ]) {
    line(pen, style, width, [x - 4.5, y - 4.5], [x + 4.5, y + 4.5]);
    line(pen, style, width, [x - 4.5, y + 4.5], [x + 4.5, y - 4.5]);
  }
}

/** A term's number on its bar, if there is room; the short form if there is less. */
function label(pen, c, text, x, to, y) {
  pen.font = BOLD;
  pen.fillStyle = c['on-accent'];
  pen.textAlign = 'left';
  const shown = [text, text.replace('term ', '')].find((one) => pen.measureText(one).width <= to - x - 3);
  if (shown !== undefined) pen.fillText(shown, x, y - 4);
  pen.font = FONT;
}

function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let shown = text;
  while (shown.length > 1 && pen.measureText(`${shown}…`).width > width) shown = shown.slice(0, -1);
  return `${shown}…`;
}

function hatch(colour) {
  const tile = document.createElement('canvas');
  tile.width = 8;
  tile.height = 8;
  const pen = tile.getContext('2d');
  pen.globalAlpha = 0.55;
  for (const shift of [-8, 0, 8]) line(pen, colour, 1.3, [shift - 1, 9], [shift + 9, -1]);
  return pen.createPattern(tile, 'repeat');
}
