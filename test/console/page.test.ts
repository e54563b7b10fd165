/** The page in a real browser, on a cluster of real processes: what is seen and pressed while leaders come and go. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Console } from '../../lib/console/console.js';
import { openTcpProxy } from '../../lib/local/tcp-proxy.js';
import { until } from '../support/until.js';
import { findChromium, NO_CHROMIUM } from './browser.js';
import { leader, log, type PageSettings, Pages, row, shapes } from './pages.js';
import { startTestCluster, type TestCluster } from './test-cluster.js';

const chromium = findChromium();
if (chromium === undefined) console.log(`[console] the page is not tested: it ${NO_CHROMIUM}`);

let local: TestCluster;
let shown: Console;
let pages: Pages;

const open = (settings?: PageSettings): Promise<Page> => pages.open(shown.url, settings);

/** Waits for standbys, so that another candidate can follow. */
const standbys = (enough: number) =>
  until('standbys', () => local.cluster.alive.filter(({ status }) => status === 'standby').length >= enough, {
    limitMs: 60_000,
  });

/** The leader that the page shows, once its work has begun: on a busy machine another may come to office before that. */
const atWork = (page: Page) =>
  until('a leader at work', async () => {
    const shownNow = await leader(page);
    return local.cluster.leader?.wroteIn === shownNow.term ? shownNow : undefined;
  });

describe.skipIf(chromium === undefined)('the page', () => {
  beforeAll(async () => {
    local = await startTestCluster({ candidates: 3, leaseMs: 4_000, endpoint: inject('engines').main.endpoint });
    shown = await local.open();
    pages = await Pages.start(chromium!);
  });

  afterEach(() => pages.clear());

  afterAll(async () => {
    await pages?.close();
    await shown?.close();
    await local?.close();
  });

  test('shows an election: who leads, why, what is left of the lease, which candidate is next', async () => {
    const page = await open();
    const { id, term } = await leader(page);
    expect(local.cluster.candidates.map((member) => member.id)).toContain(id);
    await standbys(2);
    await until('the standbys as next', async () => {
      const next = (await page.textContent('#next')) ?? '';
      return local.cluster.alive.filter((one) => one.id !== id).every((one) => next.includes(one.id));
    });
    await until('a lease that runs', async () => Number.parseFloat((await page.textContent('#left')) ?? '') > 0);
    expect(await log(page)).toEqual(expect.arrayContaining([expect.stringContaining(`${id} leads term ${term}`)]));
    expect(await page.getAttribute('#lanes', 'aria-label')).toContain(`term ${term} of ${id}`);
    // The token is not left where it is copied along.
    expect(page.url()).not.toContain('token');
  });

  test('draws a bar for the term, in the lane of the leader', async () => {
    const page = await open();
    await leader(page);
    await until('a bar', async () => (await shapes(page, 'path, rect', 'accent')) > 0);
    expect(await page.locator('#lanes text').allTextContents()).toContain(`★ ${(await leader(page)).id}`);
  });

  test('a leader is killed by its button: the next one is seen, with the time that it took', async () => {
    const page = await open();
    const before = await leader(page);
    await standbys(1);
    await page.click(`${row(before.id)} [data-action="kill"]`);
    await until('its end to be shown', async () =>
      (await page.textContent('#candidates'))?.includes(`${before.id} (dead)`),
    );
    const after = await leader(page, before.term);
    expect(after.id).not.toBe(before.id);
    expect(await page.textContent('#why')).toContain(`the lease of ${before.id} ran out`);
    await until(
      'the failover in the figures',
      async () => Number(await page.textContent('.figures .failover td')) >= 1,
    );
    expect((await log(page)).join('\n')).toContain('SIGKILL');
    await page.click('#add');
    await until('a candidate more', () => local.cluster.alive.length === 3);
  });

  test('a paused leader is deposed, and resumed its late writes are refused: all of it is seen', async () => {
    const page = await open();
    await standbys(1);
    // Its work has begun: so it has writes ready when it is paused.
    const { id, term } = await atWork(page);
    await page.click(`${row(id)} [data-action="pause"]`);
    await page.waitForSelector(`${row(id)}[data-status="paused"]`);
    const after = await leader(page, term);
    // Late are those writes that come after one of a later term.
    await until('a write of a later term', () => (local.cluster.leader?.wroteIn ?? 0) >= after.term);
    await page.click(`${row(id)} [data-action="resume"]`);
    await until('two refused writes', async () => {
      if ((await page.locator('#log [data-is="refused"]').count()) >= 2) return true;
      throw new Error(`The log: ${(await log(page)).join(' | ')}`);
    });
    await page.waitForSelector(`${row(id)}:not([data-status="paused"])`);
  });

  test('a leader that is cut off keeps its process and loses its term; joined again, it follows', async () => {
    const page = await open();
    await standbys(1);
    const { id, term } = await atWork(page);
    const { pid } = local.cluster.leader!;
    await page.focus(`${row(id)} [data-action="cut"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${row(id)}[data-cut]`);
    expect(await page.textContent(row(id))).toContain('leading, cut off');
    expect(await page.textContent('#why')).toContain('It is cut off from the table');
    // The focus is now on the button that takes it back.
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe(`Join again ${id}`);
    const after = await leader(page, term);
    expect(after.id).not.toBe(id);
    expect(await page.textContent('#next')).not.toContain(id);
    await until('its own word', async () =>
      (await log(page)).some((text) => text.includes(`${id} knows that its term ${term} is over`)),
    );
    await until('the cut in its lane', async () => (await shapes(page, 'path', 'ink')) > 0);
    await until('a write of a later term', () => (local.cluster.leader?.wroteIn ?? 0) >= after.term);
    const refused = await page.locator('#log [data-is="refused"]').count();
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${row(id)}:not([data-cut])[data-status="standby"]`);
    await until(
      'two refused writes',
      async () => (await page.locator('#log [data-is="refused"]').count()) >= refused + 2,
    );
    expect(await page.textContent(row(id))).toContain(`standby, process ${pid}`);
    expect((await leader(page)).term).toBe(after.term);
  });

  test('a leader that is asked to end by its button gives the office back, and leaves', async () => {
    const page = await open();
    const { id, term } = await leader(page);
    await standbys(1);
    await page.click(`${row(id)} [data-action="end"]`);
    await until('its end to be shown', async () => (await page.textContent('#candidates'))?.includes(`${id} (left)`));
    const after = await leader(page, term);
    expect(after.id).not.toBe(id);
    expect(await page.textContent('#why')).toContain(`${id} gave the office back`);
    await until(
      'the hand-over in the figures',
      async () => Number(await page.textContent('.figures .hand-over td')) >= 1,
    );
    await until('the log', async () => (await log(page)).some((text) => text.includes(`${id} has ended in order`)));
    await page.click('#add');
    await until('a candidate more', () => local.cluster.alive.length === 3);
  });

  test('a challenge by its button ends the term', async () => {
    const page = await open();
    const { term } = await leader(page);
    await standbys(1);
    await page.click('#challenge');
    await leader(page, term);
    await until('the challenge in the log', async () => (await page.locator('#log [data-is="challenge"]').count()) > 0);
  });

  test('a standby is put in office by its button: the office goes to that one', async () => {
    const page = await open();
    const { id, term } = await leader(page);
    await standbys(1);
    const heir = local.cluster.alive.find((member) => member.id !== id && member.status === 'standby')!;
    await page.click(`${row(heir.id)} [data-action="transfer"]`);
    expect((await leader(page, term)).id).toBe(heir.id);
    expect(await page.locator(`${row(heir.id)} [data-action="transfer"]`).isHidden()).toBe(true);
    expect(await page.textContent('#why')).toContain(`${id} gave the office back`);
  });

  test('comes back by itself after the console was stopped and started again, and doubles nothing', async () => {
    const page = await open();
    const { id } = await leader(page);
    const { port } = shown;
    await shown.close();
    await page.waitForSelector('#link:not([data-state="live"])');
    expect(await page.textContent('#link')).toContain('Cut off');
    await until('the lease to be unknown', async () => (await page.textContent('#left')) === 'unknown');
    expect(await page.isDisabled('#challenge')).toBe(true);
    shown = await local.open({ port });
    await page.waitForSelector('#link[data-state="live"]');
    const again = await leader(page);
    const entries = (await log(page)).filter((text) => text.includes(`${again.id} leads term ${again.term}`));
    expect(entries).toHaveLength(1);
    expect(id).toBeTruthy();
    await until('buttons that work again', async () => !(await page.isDisabled('#challenge')));
  });

  test('a stream that was cut alone goes on where it stopped, and doubles nothing', async () => {
    const line = await openTcpProxy(shown.viewUrl);
    try {
      const page = await pages.open(shown.url.replace(shown.viewUrl, `${line.endpoint}/`));
      await leader(page);
      const before = await log(page);
      line.cut();
      await page.waitForSelector('#link:not([data-state="live"])');
      line.mend();
      await page.waitForSelector('#link[data-state="live"]');
      await until('heartbeats again', async () => Number.parseFloat((await page.textContent('#left')) ?? '') > 0);
      const after = await log(page);
      expect(after.slice(after.length - before.length)).toEqual(before);
      const terms = after.filter((text) => /leads term/.test(text));
      expect(new Set(terms).size).toBe(terms.length);
    } finally {
      line.close();
    }
  });

  test('without the token the page only shows: buttons are there, and do nothing', async () => {
    const page = await pages.open(shown.viewUrl);
    await leader(page);
    expect(await page.isVisible('#readonly')).toBe(true);
    expect(await page.locator('button[data-action]:enabled').count()).toBe(0);
  });

  test('by keyboard alone: each button is reached with its focus in sight, and a revoke is explained and called off', async () => {
    const page = await open();
    const { id, term } = await leader(page);
    const reached = new Set<string>();
    const last = row(local.cluster.alive.at(-1)!.id);
    const wanted = ['theme', 'challenge', 'revoke', 'span', 'add', 'log', `Kill ${local.cluster.alive.at(-1)!.id}`];
    expect(await page.locator(last).count()).toBe(1);
    for (let presses = 0; presses < 40 && !wanted.every((one) => reached.has(one)); presses += 1) {
      await page.keyboard.press('Tab');
      const [name, outline] = (await page.evaluate(
        '[document.activeElement.id || document.activeElement.ariaLabel, getComputedStyle(document.activeElement).outlineStyle]',
      )) as [string | null, string];
      if (name !== null) reached.add(name);
      // After the last one the focus leaves the page, for the browser's own buttons.
      if (name !== null) expect(outline, `the focus on ${name}`).not.toBe('none');
    }
    expect([...reached]).toEqual(expect.arrayContaining(wanted));
    await page.focus('#revoke');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#confirm[open]');
    const text = await page.textContent('#confirm');
    expect(text).toContain(`Revoke ${id}, leader of term ${term}?`);
    expect(text).toContain('Not answering is no proof');
    expect(await page.evaluate('document.activeElement.value')).toBe('cancel');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#confirm:not([open])', { state: 'attached' });
    expect((await leader(page)).term).toBe(term);
  });

  test('a revoke of a dead leader frees the office at once', async () => {
    const page = await open();
    const { id, term } = await leader(page);
    await standbys(1);
    await page.click(`${row(id)} [data-action="kill"]`);
    await page.click('#revoke');
    await page.check('#dead');
    await page.click('#confirm-yes');
    await leader(page, term);
    await until('the vacancy in the log', async () => /revoked with proof of death/.test((await log(page)).join('\n')));
    await page.click('#add');
    await until('a candidate more', () => local.cluster.alive.length === 3);
  });
});
