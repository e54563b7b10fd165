/** A table with more than one election, in a real browser: the row to choose from, and the address that chooses one. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Console, startConsole, tableSource } from '../../lib/console/console.js';
import { Election } from '../../lib/index.js';
import { freshTable, type TestTable } from '../support/table.js';
import { until } from '../support/until.js';
import { findChromium } from './browser.js';
import { leader, Pages } from './pages.js';
import { TOKEN } from './test-cluster.js';

const chromium = findChromium();
const OFFICES = { billing: 'ada', mail: 'ben', search: undefined } as const;

let table: TestTable;
let shown: Console;
let pages: Pages;
const candidates: Election[] = [];

const choice = (name: string) => `#elections [data-election="${name}"]`;

describe.skipIf(chromium === undefined)('a page of several elections', () => {
  beforeAll(async () => {
    table = await freshTable();
    const { client, tableName } = table;
    for (const [name, id] of Object.entries(OFFICES)) {
      if (id === undefined) continue;
      // A long lease: a busy machine must not cost a leader its term in the middle of a test.
      const timings = { leaseMs: 20_000, renewMs: 1_000 };
      const candidate = new Election({ name, id, tableName, client, ...timings });
      candidates.push(candidate);
      await candidate.campaign();
    }
    const source = tableSource({ tableName, client, elections: Object.keys(OFFICES) });
    shown = await startConsole({ source, port: 0, token: TOKEN });
    pages = await Pages.start(chromium!);
  });

  afterEach(() => pages.clear());

  afterAll(async () => {
    await pages?.close();
    await shown?.close();
    for (const candidate of candidates) await candidate.close();
    table?.client.destroy();
  });

  test('has a row of them, each with its leader; one is chosen by its button, and the address keeps it', async () => {
    const page = await pages.open(shown.url);
    expect((await leader(page)).id).toBe('ada');
    await until('the row', async () => (await page.textContent(choice('mail')))?.includes('ben leads term 1'));
    expect(await page.textContent(choice('search'))).toContain('Nobody was ever elected');
    const pressed = () => page.locator('#elections [aria-pressed="true"]').getAttribute('data-election');
    expect(await pressed()).toBe('billing');
    await page.click(choice('mail'));
    await until('the other office', async () => (await leader(page)).id === 'ben');
    expect(await pressed()).toBe('mail');
    expect(await page.textContent('#election-name')).toBe('Election mail');
    expect((await page.locator('#log li').allTextContents()).join()).not.toContain('ada');
    expect(await page.getAttribute('#lanes', 'aria-label')).toContain('term 1 of ben');
    expect(new URL(page.url()).search).toBe('?election=mail');
    await page.reload();
    await until('the same office', async () => (await leader(page)).id === 'ben');
  });

  test('the address chooses one, and its buttons act on that one alone', async () => {
    const address = new URL(shown.url);
    address.searchParams.set('election', 'mail');
    const page = await pages.open(address.href);
    expect((await leader(page)).id).toBe('ben');
    expect(new URL(page.url()).search).toBe('?election=mail');
    await page.click('#challenge');
    await until('the answer', async () =>
      (await page.textContent('#said'))?.includes('ben, leader of term 1, is asked'),
    );
    await until('the challenge', async () => (await page.locator('#log [data-is="challenge"]').count()) > 0);
    await page.click(choice('billing'));
    await until('the other office', async () => (await leader(page)).id === 'ada');
    expect(await page.locator('#log [data-is="challenge"]').count()).toBe(0);
  });

  test('an office that nobody ever held can be chosen: nothing can be done to its leader', async () => {
    const page = await pages.open(shown.url);
    await leader(page);
    await page.focus(choice('search'));
    await page.keyboard.press('Enter');
    await until('the office', async () => (await page.textContent('#headline')) === 'Nobody was ever elected');
    expect(await page.isDisabled('#challenge')).toBe(true);
    expect(await page.isDisabled('#revoke')).toBe(true);
  });

  test('a name that is not there shows the first one', async () => {
    const page = await pages.open(`${shown.viewUrl}?election=none`);
    expect((await leader(page)).id).toBe('ada');
  });

  test('one election alone has no row', async () => {
    const { client, tableName } = table;
    const single = await startConsole({ source: tableSource({ tableName, client, elections: ['billing'] }), port: 0 });
    try {
      const page = await pages.open(single.viewUrl);
      await leader(page);
      expect(await page.isVisible('#elections')).toBe(false);
    } finally {
      await pages.clear();
      await single.close();
    }
  });
});
