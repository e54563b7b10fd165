/** The results as a picture, `docs/img/bench.svg`: drawn by hand on a background of its own, for light pages and dark ones. */
import type { Results } from './results.js';
import type { Setting } from './setup.js';
import { type Spread, spread } from './statistics.js';
import { SYSTEMS, type SystemName, TITLES } from './systems/system.js';

const WIDTH = 1000;
const ROW = 46;
const TOP = 128;
const NAMES = 24;
const PANELS = { crash: 262, close: 556, reply: 848 } as const;
const PANEL_WIDTH = 250;
const OURS = '#1b7f4b';
const THEIRS = '#8a93a6';

const STYLE = `
    .h { font-size: 15px; font-weight: 600; fill: #14213d }
    .l { font-size: 13.5px; fill: #14213d }
    .b { font-weight: 600 }
    .s { font-size: 12.5px; fill: #33415c }
    .t { font-size: 11.5px; fill: #5b6478 }
    .r { fill: #b3261e }
    .g { fill: ${OURS} }`;

/** Undefined where a part that the picture shows was never measured. */
export function picture(results: Results): string | undefined {
  const { failover, handover, lostReplies, scale } = results;
  if (failover === undefined || handover === undefined || lostReplies === undefined) return undefined;
  const crashes = perSystem((system) => spread(failover.beyond[system] ?? []));
  const closes = perSystem((system) => spread((handover.closes[system] ?? []).map((one) => one.withoutLeader)));
  const [crashTop, closeTop] = [niceTop(crashes), niceTop(closes)];
  const below = TOP + SYSTEMS.length * ROW;
  const lines: string[] = [];
  lines.push(
    text(
      NAMES,
      36,
      'h',
      `Lease ${results.leaseMs / 1000} s, heartbeat ${results.heartbeatMs / 1000} s, side by side on one machine`,
    ),
  );
  lines.push(head(PANELS.crash, 'After a crash', 'beyond last heartbeat + lease'));
  lines.push(head(PANELS.close, 'At a close (SIGTERM)', 'how long nobody leads'));
  lines.push(head(PANELS.reply, 'One lost reply', 'leaders that fall'));
  lines.push(scaleLines(PANELS.crash, crashTop, below), scaleLines(PANELS.close, closeTop, below));
  SYSTEMS.forEach((system, row) => {
    const y = TOP + row * ROW + ROW / 2;
    const ours = system === 'tenure';
    if (row > 0) lines.push(`<line x1="${NAMES}" y1="${y - ROW / 2}" x2="976" y2="${y - ROW / 2}" stroke="#e3e6ee"/>`);
    lines.push(...name(system, y, ours));
    lines.push(bar(PANELS.crash, y, crashes[system], crashTop, ours));
    lines.push(bar(PANELS.close, y, closes[system], closeTop, ours));
    const replies = lostReplies.replies[system] ?? [];
    const fallen = replies.filter((one) => one.lost);
    const gap = spread(fallen.flatMap(({ withoutLeader }) => withoutLeader ?? []));
    lines.push(
      text(PANELS.reply, y + (gap ? -3 : 5), `l b ${gap ? 'r' : 'g'}`, `${fallen.length} of ${replies.length}`),
    );
    if (gap) lines.push(text(PANELS.reply, y + 14, 's', `then ${(gap.p50 / 1000).toFixed(1)} s without`));
  });
  let y = below + 52;
  lines.push(
    text(NAMES, y, 't', 'dot: half of them were quicker; thick: nine in ten; thin: the slowest. Milliseconds.'),
  );
  if (scale !== undefined) {
    y += 30;
    for (const sentence of scaleSentences(scale.runs)) {
      lines.push(text(NAMES, y, 'l', sentence));
      y += 21;
    }
  } else y += 14;
  for (const line of caption(failover.setting)) {
    y += 17;
    lines.push(text(NAMES, y, 't', line));
  }
  return svg(y + 20, lines);
}

function svg(height: number, lines: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t d" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">
  <title id="t">The pace of elections, measured side by side</title>
  <desc id="d">For each system: the time to the next leader after a crash, the time without a leader at a close, and how many healthy leaders fall by one lost reply. The figures are in docs/pace.md.</desc>
  <style>${STYLE}
  </style>
  <rect x="0" y="0" width="${WIDTH}" height="${height}" rx="10" fill="#f7f8fb"/>
  ${lines.join('\n  ')}
</svg>
`;
}

/** The package's own name and version, or what it is instead. */
function name(system: SystemName, y: number, ours: boolean): string[] {
  const title = TITLES[system];
  const [, first, second] = /^(a loop with) (.*)$/.exec(title) ?? /^(.*) (\d+\.\d+\.\d+)$/.exec(title) ?? [];
  if (first === undefined || second === undefined) return [text(NAMES, y + 5, `l b ${ours ? 'g' : ''}`, title)];
  return [text(NAMES, y - 3, 'l', first), text(NAMES, y + 14, 's', second)];
}

function bar(x: number, y: number, found: Spread | undefined, top: number, ours: boolean): string {
  if (found === undefined) return '';
  const at = (value: number) => (x + (PANEL_WIDTH * Math.max(0, value)) / top).toFixed(1);
  const colour = ours ? OURS : THEIRS;
  const { p50, p90, max } = found;
  return (
    `<line x1="${x}" y1="${y}" x2="${at(max)}" y2="${y}" stroke="${colour}" stroke-width="2"/>` +
    `<rect x="${x}" y="${y - 6}" width="${(Number(at(p90)) - x).toFixed(1)}" height="12" rx="2" fill="${colour}" opacity="0.55"/>` +
    `<circle cx="${at(p50)}" cy="${y}" r="5.5" fill="${colour}" stroke="#ffffff" stroke-width="1.5"/>` +
    text(
      Number(at(max)) + 8,
      y + 4.5,
      ours ? 's b g' : 's',
      `${Math.round(p50)} / ${Math.round(p90)} / ${Math.round(max)}`,
    )
  );
}

function head(x: number, title: string, what: string): string {
  return text(x, 78, 'h', title) + text(x, 98, 's', what);
}

function scaleLines(x: number, top: number, below: number): string {
  return [0, top / 2, top]
    .map((value) => {
      const at = x + (PANEL_WIDTH * value) / top;
      const label = `<text x="${at}" y="${below + 18}" class="t" text-anchor="middle">${value}</text>`;
      return `<line x1="${at}" y1="${TOP - 8}" x2="${at}" y2="${below}" stroke="#d5d9e4" stroke-dasharray="2 3"/>${label}`;
    })
    .join('');
}

function niceTop(found: Record<SystemName, Spread | undefined>): number {
  const most = Math.max(...Object.values(found).map((one) => one?.max ?? 0));
  // The figures beside the longest line need their room as well.
  return Math.max(500, Math.ceil((most * 2) / 500) * 500);
}

/** The most that a process carried without losing a term, and what was too much for it. */
function scaleSentences(runs: NonNullable<Results['scale']>['runs']): string[] {
  return [false, true].flatMap((inMemory) => {
    const tried = runs.filter(({ store }) => (store === 'memory') === inMemory);
    const most = tried
      .filter(({ lost }) => lost === 0)
      .reduce((a, b) => (b.elections > a.elections ? b : a), tried[0]!);
    const tooMuch = tried.find(({ elections, lost }) => lost > 0 && elections > most.elections);
    if (most === undefined) return [];
    const where = inMemory ? 'on a store in memory' : 'on a local engine';
    return [
      `${most.elections.toLocaleString('en-GB')} elections in one process, a heartbeat every ${most.heartbeatMs / 1000} s, ${where}: ` +
        `${most.cpuPercent.toFixed(0)} % of a core, ${((100 * most.late) / most.heartbeats).toFixed(1)} % late, no term lost` +
        (tooMuch === undefined ? '' : `; ${tooMuch.elections.toLocaleString('en-GB')} are too many (docs/pace.md)`),
    ];
  });
}

function caption({ command, date, machine, node, engine, commit }: Setting): string[] {
  return [
    `${command}   ·   ${date} UTC   ·   commit ${commit}`,
    `${machine}   ·   Node ${node}   ·   ${engine}   ·   tables: docs/pace.md`,
  ];
}

function perSystem<T>(of: (system: SystemName) => T): Record<SystemName, T> {
  return Object.fromEntries(SYSTEMS.map((system) => [system, of(system)])) as Record<SystemName, T>;
}

function text(x: number, y: number, style: string, content: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" class="${style.trim()}">${safe}</text>`;
}
