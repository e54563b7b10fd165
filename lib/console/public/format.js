/** Numbers and times for people, and elements of the page. */

export const ms = (duration) => `${Math.round(duration).toLocaleString('en-US')} ms`;

/** 0.8 s, 12.4 s, 3 min 5 s, 2 h 4 min. */
export function span(duration) {
  const seconds = Math.max(0, duration) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const clock = (at) => new Date(at).toTimeString().slice(0, 8);

export const byId = (id) => document.getElementById(id);

/** Sets a text only where it is another: live regions speak at each change. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function element(name, props = {}, ...children) {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children);
  return node;
}
