/** How long nobody led, between two leaders: failovers and hand-overs, as a distribution and in figures. */
import { element, ms, svg } from './format.js';

const WIDTH = 480;
const HEIGHT = 190;
const FLOOR = 158;
const TOP = 26;
const BINS = 24;
const KINDS = [
  { how: 'failover', name: 'lease ran out, or revoked' },
  { how: 'hand-over', name: 'given back' },
];

export function drawHistogram(host, { passings, terms }) {
  if (passings.length === 0) {
    host.replaceChildren(element('p', { className: 'empty', textContent: 'No change of leader was seen yet.' }));
    return;
  }
  host.replaceChildren(picture(passings, terms.at(-1)?.leaseMs ?? 0), figures(passings));
}

function picture(passings, leaseMs) {
  const most = niceAbove(Math.max(leaseMs * 1.2, ...passings.map(({ tookMs }) => tookMs)));
  const bins = Array.from({ length: BINS }, () => ({ failover: 0, 'hand-over': 0 }));
  for (const { how, tookMs } of passings) bins[Math.min(BINS - 1, Math.floor((tookMs / most) * BINS))][how] += 1;
  const highest = Math.max(...bins.map((bin) => bin.failover + bin['hand-over']));
  const label = `${passings.length} changes of leader; the figures are in the table below.`;
  const root = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label });
  root.append(svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR }));
  const unit = Math.min(28, (FLOOR - TOP) / highest);
  bins.forEach((bin, n) => {
    let y = FLOOR;
    for (const { how } of KINDS) {
      if (bin[how] === 0) continue;
      const height = bin[how] * unit;
      y -= height;
      const x = (n * WIDTH) / BINS + 1.5;
      root.append(svg('rect', { class: how, x, y: y + 1, width: WIDTH / BINS - 3, height: height - 1, rx: 2 }));
    }
  });
  for (let n = 0; n <= 4; n += 1) {
    const anchor = n === 0 ? 'start' : n === 4 ? 'end' : 'middle';
    const x = (n * WIDTH) / 4;
    root.append(svg('text', { x, y: FLOOR + 20, 'text-anchor': anchor }, ms((most * n) / 4)));
  }
  if (leaseMs > 0 && leaseMs < most) {
    const x = (leaseMs / most) * WIDTH;
    root.append(svg('line', { class: 'mark', x1: x, x2: x, y1: TOP - 8, y2: FLOOR }));
    root.append(
      svg('text', { class: 'mark-name', x: x - 6, y: TOP - 10, 'text-anchor': 'middle' }, `the lease, ${ms(leaseMs)}`),
    );
  }
  return root;
}

function figures(passings) {
  const head = ['', 'times', 'median', 'p90', 'longest'].map((textContent) =>
    element('th', { textContent, scope: 'col' }),
  );
  const rows = KINDS.map(({ how, name }) => {
    const sorted = passings
      .filter((one) => one.how === how)
      .map(({ tookMs }) => tookMs)
      .sort((a, b) => a - b);
    const at = (part) =>
      sorted.length === 0 ? '–' : ms(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]);
    const cells = [`${sorted.length}`, at(0.5), at(0.9), sorted.length === 0 ? '–' : ms(sorted.at(-1))];
    const title = element('th', { scope: 'row' }, element('i'), name);
    return element('tr', { className: how }, title, ...cells.map((textContent) => element('td', { textContent })));
  });
  const table = element('table', { className: 'figures' });
  table.append(element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
  return table;
}

function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}
