/** The contrast of all texts of a page, computed as WCAG 2 does, from the colours that the browser has settled on. */
import type { Page } from 'playwright-core';

const LEAST = 4.5;

/** Run within the page: each text in sight, its colour, and the colours behind it from the top down. */
const COLLECT = `(() => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  // Within the lanes what is written on a bar is on no element's background.
  const theme = getComputedStyle(document.documentElement);
  const named = (name) => rgba(theme.getPropertyValue('--' + name));
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.textContent.trim() === '' || !element.checkVisibility() || element.closest('option')) continue;
    const style = getComputedStyle(element);
    const behind = element.closest('[fill="var(--on-accent)"]') ? [named('accent')] : [];
    for (let at = element; at; at = at.parentElement) behind.push(rgba(getComputedStyle(at).backgroundColor));
    const colour = element.closest('svg') ? style.fill : style.color;
    found.push({ text: node.textContent.trim().slice(0, 40), colour: rgba(colour), behind });
  }
  return found;
})()`;

type Colour = readonly number[];

export async function badContrasts(page: Page): Promise<{ texts: number; bad: string[] }> {
  const found = (await page.evaluate(COLLECT)) as { text: string; colour: Colour; behind: Colour[] }[];
  const bad = found.flatMap(({ text, colour, behind }) => {
    const back = behind.reduceRight<Colour>((under, over) => blend(over, under), [255, 255, 255, 255]);
    const ratio = contrast(blend(colour, back), back);
    return ratio >= LEAST ? [] : [`${text}: ${ratio.toFixed(2)}`];
  });
  return { texts: found.length, bad };
}

function blend(over: Colour, under: Colour): Colour {
  const alpha = over[3]! / 255;
  return [0, 1, 2].map((n) => over[n]! * alpha + under[n]! * (1 - alpha)).concat(255);
}

function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
