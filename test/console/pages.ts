/** Pages of the console in a real browser, and what the tests read there. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { until } from '../support/until.js';
import { openBrowser } from './browser.js';

/** That the stream breaks where the console is stopped is Chromium's own complaint. */
const BROKEN = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;

export type PageSettings = Parameters<Browser['newPage']>[0];

export class Pages {
  /** The errors of the pages: none may be left at the end of a test. */
  readonly #complaints: string[] = [];

  private constructor(private readonly browser: Browser) {}

  static async start(chromium: string): Promise<Pages> {
    return new Pages(await openBrowser(chromium));
  }

  /** A page that is linked to its console. */
  async open(address: string, settings: PageSettings = {}): Promise<Page> {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 1000 }, ...settings });
    page.on('console', (message) => {
      if (message.type() === 'error' && !BROKEN.test(message.text())) this.#complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.#complaints.push(error.message));
    await page.goto(address);
    await page.waitForSelector('#link[data-state="live"]');
    return page;
  }

  /** Closes all pages, and fails where one had something to complain of. */
  async clear(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    expect(this.#complaints.splice(0)).toEqual([]);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

/** The leader that the page shows, in a term after `beyond`. */
export function leader(page: Page, beyond = 0): Promise<{ id: string; term: number }> {
  return until(
    'a leader on the page',
    async () => {
      const [, id, term] = /^(\S+) leads term (\d+)$/.exec((await page.textContent('#headline')) ?? '') ?? [];
      return Number(term) > beyond ? { id: id!, term: Number(term) } : undefined;
    },
    { limitMs: 60_000 },
  );
}

export const row = (id: string) => `#candidates [data-id="${id}"]`;
export const log = (page: Page) => page.locator('#log li').allTextContents();

/** How many shapes of the lanes have a colour of the theme, by its name. */
export function shapes(page: Page, shape: string, colour: string): Promise<number> {
  return page.locator(`#lanes [fill="var(--${colour})"] ${shape}, #lanes [stroke="var(--${colour})"] ${shape}`).count();
}
