/**
 * What it costs to redraw the lanes, in Chromium: `npx tsx test/console/drawing.ts`. Twelve candidates and five minutes
 * of history, each span of time for five seconds; a drawing is timed from its beginning until the page is laid out.
 */
import { startConsole } from '../../lib/console/console.js';
import { findChromium, NO_CHROMIUM, openBrowser } from './browser.js';
import { sampleSource } from './sample-source.js';

const SPANS = { '30 s': '30000', '1 min': '60000', '5 min': '300000' };

interface Cost {
  readonly times: readonly number[];
  readonly forMs: number;
  readonly elements: number;
}

/** Run within the page. */
const MEASURE = `new Promise((resolve) => {
  const { plot } = Plot;
  const host = document.getElementById('lanes');
  const times = [];
  let begun = 0;
  Plot.plot = (options) => { begun = performance.now(); return plot(options); };
  host.replaceChildren = (chart) => {
    Element.prototype.replaceChildren.call(host, chart);
    chart.getBoundingClientRect();
    times.push(performance.now() - begun);
  };
  const from = performance.now();
  const look = (at) => {
    if (at - from < 5000) return requestAnimationFrame(look);
    Plot.plot = plot;
    delete host.replaceChildren;
    resolve({ times, forMs: at - from, elements: host.querySelectorAll('*').length });
  };
  requestAnimationFrame(look);
})`;

const program = findChromium();
if (program === undefined) throw new Error(`This ${NO_CHROMIUM}`);
const shown = await startConsole({ source: sampleSource(), port: 0 });
const browser = await openBrowser(program);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(shown.url);
  await page.waitForSelector('#lanes svg');
  for (const [name, value] of Object.entries(SPANS)) {
    await page.selectOption('#span', value);
    const { times, forMs, elements } = (await page.evaluate(MEASURE)) as Cost;
    const sorted = [...times].sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))]?.toFixed(1);
    const often = (times.length / (forMs / 1000)).toFixed(1);
    console.log(
      `${name}: ${elements} elements, ${often} drawings a second, ${at(0.5)} ms in the middle, ${at(0.9)} ms (p90)`,
    );
  }
} finally {
  await browser.close();
  await shown.close();
}
