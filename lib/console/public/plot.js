/** The charting library, used as the policy of this page allows: it lets no styles in, so pictures.css has them. */

const SVG = 'http://www.w3.org/2000/svg';

/** An element that the library has no mark for: a pattern, a gradient. */
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** A picture for a host that describes it in words: screen readers skip the picture itself. */
export function plot(options) {
  const chart = window.Plot.plot({ className: 'plot', ...options });
  for (const style of chart.querySelectorAll('style')) style.remove();
  chart.setAttribute('aria-hidden', 'true');
  return chart;
}

/** Lines at a slant, which say without a colour what a colour says. */
export function hatch(id, colour, ground, gap = 6) {
  return svg(
    'pattern',
    { id, width: gap, height: gap, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    svg('rect', { width: gap, height: gap, fill: ground }),
    svg('line', { x1: 0.75, x2: 0.75, y2: gap, stroke: colour, 'stroke-width': 1.5 }),
  );
}

/** Asks for the width that a host has for its picture, in whole pixels: 0 before it is known. */
export function widthOf(host) {
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    width = Math.floor(contentRect.width);
  }).observe(host);
  return () => width;
}
