/** The page as it is looked at: widths, themes, contrast, movement, size; with all that it can show in sight at once. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Console, startConsole } from '../../lib/console/console.js';
import { until } from '../support/until.js';
import { findChromium } from './browser.js';
import { badContrasts } from './contrast.js';
import { leader, type PageSettings, Pages, shapes } from './pages.js';
import { sampleSource } from './sample-source.js';
import { TOKEN } from './test-cluster.js';

const chromium = findChromium();
const WIDTHS = [390, 768, 1280, 1440];
const THEMES = ['light', 'dark'] as const;
/** Without the charting library, which is not our own to make smaller. */
const MOST_BYTES = 64_000;
const FIVE_MINUTES = '300000';

let shown: Console;
let pages: Pages;

const open = (settings?: PageSettings): Promise<Page> => pages.open(shown.url, settings);

/** How often the lanes are drawn in a second of the page's own clock. */
const DRAWINGS = `new Promise((resolve) => {
  let n = 0;
  const { plot } = Plot;
  Plot.plot = (...all) => { n += 1; return plot(...all); };
  const from = performance.now();
  const look = (at) => (at - from > 3000 ? resolve(n / ((at - from) / 1000)) : requestAnimationFrame(look));
  requestAnimationFrame(look);
})`;

describe.skipIf(chromium === undefined)('the looks of the page', () => {
  beforeAll(async () => {
    shown = await startConsole({ source: sampleSource(), port: 0, token: TOKEN });
    pages = await Pages.start(chromium!);
  });

  afterEach(() => pages.clear());

  afterAll(async () => {
    await pages?.close();
    await shown?.close();
  });

  test('each thing that happened has a shape of its own in the lanes', async () => {
    const page = await open();
    await leader(page);
    await page.selectOption('#span', FIVE_MINUTES);
    const things: [string, string, string][] = [
      ['terms', 'path, rect', 'accent'],
      ['refused writes', 'path', 'bad'],
      ['challenges', 'path', 'gap'],
      ['cut-offs', 'path', 'ink'],
      ['the line of now', 'line', 'ink'],
    ];
    for (const [what, shape, colour] of things) {
      await until(what, async () => (await shapes(page, shape, colour)) > 0);
    }
    for (const [what, selector] of [
      ['leases that ran out', '[fill^="url(#fading-"]'],
      ['times without a leader', '[fill="url(#nobody)"]'],
      ['processes that stood still', '[stroke-dasharray="3 4"] line'],
    ] as const) {
      expect(await page.locator(`#lanes ${selector}`).count(), what).toBeGreaterThan(0);
    }
    expect(await page.getAttribute('#lanes', 'aria-label')).toMatch(/leads term \d+/);
    expect(await page.getAttribute('#lanes svg', 'aria-hidden')).toBe('true');
  });

  test('the distribution shows failovers and hand-overs apart, in a pattern and in figures', async () => {
    const page = await open();
    await leader(page);
    const picture = '#histogram [role="img"]';
    for (const fill of ['var(--accent)', 'url(#given-back)']) {
      await until(fill, async () => (await page.locator(`${picture} [fill="${fill}"]`).count()) > 0);
    }
    const counts = await page.locator('.figures td:nth-child(2)').allTextContents();
    const label = await page.getAttribute(picture, 'aria-label');
    expect(label).toContain(`${counts.reduce((sum, count) => sum + Number(count), 0)} changes of leader`);
  });

  test.each(WIDTHS)('nothing is wider than a window of %i px', async (width) => {
    const page = await open({ viewport: { width, height: 900 } });
    await leader(page);
    await until('the pictures', async () => (await page.locator('#histogram svg, #lanes svg').count()) === 2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const cut = await page.evaluate(
      "[...document.querySelectorAll('main *:not(svg *)')].filter((n) => n.getBoundingClientRect().right > innerWidth + 0.5).map((n) => n.outerHTML.slice(0, 80))",
    );
    expect(cut).toEqual([]);
  });

  test('the pictures are redrawn for another width', async () => {
    const page = await open();
    await leader(page);
    const width = async () => Number(await page.getAttribute('#lanes svg', 'width'));
    await until('a wide picture', async () => (await width()) > 900);
    await page.setViewportSize({ width: 390, height: 844 });
    await until('a narrow picture', async () => (await width()) < 390);
  });

  test.each(THEMES)('every text has a contrast of 4.5 and more: %s', async (colorScheme) => {
    const page = await open({ colorScheme });
    await leader(page);
    await until('a term with its number', async () =>
      (await page.locator('#lanes text').allTextContents()).some((text) => text.startsWith('term ')),
    );
    await page.click('#revoke');
    const { texts, bad } = await badContrasts(page);
    expect(texts).toBeGreaterThan(40);
    expect(bad).toEqual([]);
  });

  test('the theme follows the system, and the button wins and is remembered', async () => {
    const page = await open({ colorScheme: 'dark' });
    const theme = () => page.getAttribute('html', 'data-theme');
    expect(await theme()).toBe('dark');
    await page.click('#theme');
    expect(await theme()).toBe('light');
    await page.reload();
    await page.waitForSelector('#link[data-state="live"]');
    expect(await theme()).toBe('light');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.click('#theme');
    expect(await theme()).toBe('dark');
  });

  test('the lanes glide, but are never drawn more than twenty times a second for it', async () => {
    const page = await open();
    await leader(page);
    await page.selectOption('#span', '30000');
    const often = (await page.evaluate(DRAWINGS)) as number;
    expect(often).toBeGreaterThan(4);
    // Each heartbeat is news, and drawn at once.
    expect(often).toBeLessThan(22);
  });

  test('with reduced motion there are steps', async () => {
    const page = await open({ reducedMotion: 'reduce' });
    await leader(page);
    const often = (await page.evaluate(DRAWINGS)) as number;
    expect(often).toBeGreaterThan(0.3);
    expect(often).toBeLessThan(5);
  });

  test('the page is small, and all of it comes from the console', async () => {
    const page = await open();
    let [own, library] = [0, 0];
    const foreign: string[] = [];
    page.on('response', (answer) => {
      const { origin, pathname } = new URL(answer.url());
      if (origin !== new URL(shown.url).origin) foreign.push(answer.url());
      if (pathname === '/events') return;
      answer.body().then(
        ({ length }) => {
          if (pathname.startsWith('/vendor/')) library += length;
          else own += length;
        },
        () => {},
      );
    });
    await page.reload();
    await leader(page);
    await until('the files', () => own > 20_000 && library > 400_000);
    expect(own).toBeLessThan(MOST_BYTES);
    expect(foreign).toEqual([]);
  });
});
