/** How long nobody led, between two leaders: failovers and hand-overs, as a distribution and in figures. */
import { element, ms } from './format.js';
import { hatch, plot, svg, widthOf } from './plot.js';

const HEIGHT = 200;
const BINS = 24;
const KINDS = [
  { how: 'failover', name: 'lease ran out, or revoked', fill: 'var(--accent)' },
  { how: 'hand-over', name: 'given back', fill: 'url(#given-back)' },
];

export class Histogram {
  #host;
  #width;
  #drawn = {};

  constructor(host) {
    this.#host = host;
    this.#width = widthOf(host);
  }

  draw(known) {
    const { passings, terms } = known;
    const width = this.#width();
    const drawn = { known, last: passings.at(-1), width };
    if (Object.keys(drawn).every((key) => drawn[key] === this.#drawn[key])) return;
    this.#drawn = drawn;
    if (passings.length === 0) {
      this.#host.replaceChildren(
        element('p', { className: 'empty', textContent: 'No change of leader was seen yet.' }),
      );
      return;
    }
    if (width === 0) return;
    const label = `${passings.length} changes of leader; the figures are in the table below.`;
    const picture = element('div', { role: 'img', ariaLabel: label });
    picture.append(draw(passings, terms.at(-1)?.leaseMs ?? 0, width));
    this.#host.replaceChildren(picture, figures(passings));
  }
}

function draw(passings, leaseMs, width) {
  const { Plot, d3 } = window;
  const [, most] = d3.nice(0, Math.max(leaseMs * 1.2, ...passings.map(({ tookMs }) => tookMs)), 4);
  const thresholds = d3.range(0, most, most / BINS);
  const bars = {
    x: { value: 'tookMs', thresholds, domain: [0, most] },
    fill: 'how',
    order: KINDS.map(({ how }) => how),
    stroke: 'var(--accent)',
    strokeWidth: 1.5,
    inset: 1.5,
    r: 2,
  };
  const isMarked = leaseMs > 0 && leaseMs < most;
  const name = {
    x: (at) => at,
    text: (at) => `the lease, ${ms(at)}`,
    frameAnchor: 'top',
    lineAnchor: 'bottom',
    dy: -7,
    fontWeight: 600,
  };
  return plot({
    width,
    height: HEIGHT,
    marginLeft: 26,
    marginRight: 30,
    marginTop: 24,
    x: { domain: [0, most], axis: null },
    y: { nice: true, axis: null },
    color: { domain: KINDS.map(({ how }) => how), range: KINDS.map(({ fill }) => fill) },
    marks: [
      () => svg('defs', {}, hatch('given-back', 'var(--accent)', 'var(--card)', 5)),
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 3, interval: 1 }),
      Plot.axisY({ ticks: 3, interval: 1, tickSize: 0, fill: 'var(--soft)', label: null }),
      Plot.axisX({
        ticks: width < 420 ? 3 : 5,
        tickSize: 4,
        tickFormat: ms,
        fill: 'var(--soft)',
        stroke: 'var(--soft)',
        label: null,
      }),
      Plot.rectY(passings, Plot.binX({ y: 'count' }, bars)),
      Plot.ruleY([0], { stroke: 'var(--soft)' }),
      ...(isMarked
        ? [
            Plot.ruleX([leaseMs], { stroke: 'var(--gap)', strokeWidth: 1.5, strokeDasharray: '4 3', insetTop: -2 }),
            Plot.text([leaseMs], { ...name, fill: 'var(--gap)' }),
          ]
        : []),
    ],
  });
}

function figures(passings) {
  const head = ['', 'times', 'median', 'p90', 'longest'].map((textContent) =>
    element('th', { textContent, scope: 'col' }),
  );
  const rows = KINDS.map(({ how, name }) => {
    const mine = passings.filter((one) => one.how === how).map(({ tookMs }) => tookMs);
    const at = (part) => (mine.length === 0 ? '–' : ms(window.d3.quantile(mine, part)));
    const cells = [`${mine.length}`, at(0.5), at(0.9), at(1)];
    const title = element('th', { scope: 'row' }, element('i'), name);
    return element('tr', { className: how }, title, ...cells.map((textContent) => element('td', { textContent })));
  });
  const table = element('table', { className: 'figures' });
  table.append(element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
  return table;
}
