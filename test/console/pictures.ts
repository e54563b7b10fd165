/**
 * Takes the pictures of docs/console.md, of a real run: `npx tsx test/console/pictures.ts [FOLDER]`. Leaders are killed,
 * paused, cut off and challenged by the page's own buttons, and each picture is of what the page then shows.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../lib/local/package-root.js';
import { until } from '../support/until.js';
import { findChromium, NO_CHROMIUM, openBrowser } from './browser.js';
import { startTestCluster } from './test-cluster.js';

const MOST_BYTES = 200_000;
const folder = process.argv[2] ?? join(packageRoot(), 'docs', 'img');

const program = findChromium();
if (program === undefined) throw new Error(`This ${NO_CHROMIUM}`);
const local = await startTestCluster({ candidates: 3, election: 'billing' });
const shown = await local.open();
const browser = await openBrowser(program);

/** The leader by the page's own words. */
async function leader(page: Page): Promise<{ id: string; term: number }> {
  const words = await until('a leader on the page', async () =>
    /^(\S+) leads term (\d+)$/.exec((await page.textContent('#headline')) ?? ''),
  );
  return { id: words[1]!, term: Number(words[2]) };
}

/** Presses a button on the leader, and waits for the next one, and for so many of its heartbeats. */
async function next(page: Page, press: (id: string) => Promise<void>, heartbeats: number): Promise<string> {
  const { id, term } = await leader(page);
  await press(id);
  await until('the next term', async () => (await leader(page)).term > term);
  const now = await leader(page);
  const begun = local.cluster.candidates.find((member) => member.id === now.id)!.heartbeats;
  await until(
    'heartbeats',
    () => local.cluster.candidates.find((m) => m.id === now.id)!.heartbeats >= begun + heartbeats,
  );
  return id;
}

const press = (page: Page, action: string, id: string) => page.click(`[data-id="${id}"] [data-action="${action}"]`);

async function picture(page: Page, name: string): Promise<void> {
  const path = join(folder, `console-${name}.png`);
  await page.screenshot({ path, fullPage: false });
  const { size } = await stat(path);
  console.log(`${path}: ${Math.round(size / 1000)} KB`);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, and ${MOST_BYTES} are the most.`);
}

try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1010 }, colorScheme: 'light' });
  await page.goto(shown.url);
  await until('a first leader', () => leader(page));
  await until('two heartbeats', () => local.cluster.candidates.some(({ heartbeats }) => heartbeats > 5));
  await next(page, (id) => press(page, 'kill', id), 6);
  await page.click('#add');
  const paused = await next(page, (id) => press(page, 'pause', id), 3);
  await press(page, 'resume', paused);
  await until('the refused writes', async () => (await page.locator('#log [data-is="refused"]').count()) >= 2);
  const isolated = await next(page, (id) => press(page, 'cut', id), 3);
  await next(page, () => page.click('#challenge'), 3);
  await press(page, 'join', isolated);
  await next(page, (id) => press(page, 'kill', id), 3);
  await page.click('#add');
  await next(page, (id) => press(page, 'cut', id), 1);
  await page.evaluate("document.getElementById('said').replaceChildren()");
  await picture(page, 'light');
  await page.click('#theme');
  await page.click('#theme');
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement.blur()');
  // The moment that the console is for: the leader is dead, and its lease runs out.
  await press(page, 'kill', (await leader(page)).id);
  await until('a lease half gone', async () => Number.parseFloat((await page.textContent('#left')) ?? '9') < 1.5);
  await picture(page, 'dark');
  const phone = await browser.newPage({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    colorScheme: 'light',
  });
  await phone.goto(shown.url);
  await leader(phone);
  await until('bars', async () => (await phone.locator('#histogram svg').count()) > 0);
  await picture(phone, 'phone');
} finally {
  await browser.close();
  await shown.close();
  await local.close();
}
