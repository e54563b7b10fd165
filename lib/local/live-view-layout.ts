/** The live view as lines of text, laid out for a terminal's size. Pure; `terminal-screen.ts` shows it. */

/** What is shown of one candidate. */
interface CandidateView {
  readonly id: string;
  readonly status: string;
  readonly pid: number;
  readonly priority: number;
  readonly reads: number;
  readonly writes: number;
}

/** All that is shown. Ages and durations in ms. */
export interface LiveViewState {
  readonly title: string;
  readonly timings: { readonly leaseMs: number; readonly renewMs: number };
  /** The leader, or the last one: then `gone` says why it leads no more. */
  readonly office?: { leader: string; term: number; forMs: number; gone?: 'paused' | 'dead' | 'over' };
  /** What is left of the lease, by its holder's last report. */
  readonly leftMs: number;
  /** How long ago each of the last heartbeats landed. */
  readonly heartbeatAges: readonly number[];
  readonly candidates: readonly CandidateView[];
  /** What happened, the latest last, and at what time of day. */
  readonly events: readonly { readonly time: string; readonly text: string }[];
  readonly broken: readonly string[];
}

export interface TerminalTraits {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Whether the terminal can be trusted with more than ASCII. */
  readonly unicode: boolean;
}

const KEYS = 'k kill leader   p pause   r resume   c cut off   j join   e resign   t terminate   a add   q quit';
const SHORT_KEYS = 'k kill p pause r resume c cut j join e resign t term a add q quit';
/** With fewer lines left for events than this, blank ones go first. */
const LEAST_EVENTS = 5;
const MOST_BAR = 50;
/** Beside a bar: its name and its number. */
const BESIDE_BAR = 30;

/** Codes of SGR. `util.styleText` is not in every Node that this runs on, and asks the environment itself. */
const SGR = { bold: 1, red: 31, green: 32, yellow: 33, gray: 90 } as const;

type Style = keyof typeof SGR;

/** A line in pieces, so that it is cut by what is seen, and coloured after that. */
type Piece = string | readonly [Style, string];

const STATUS_STYLE: Record<string, Style> = {
  leading: 'green',
  contending: 'yellow',
  'stepping down': 'yellow',
  paused: 'yellow',
  'cut off': 'yellow',
  dead: 'red',
  left: 'gray',
};

/** @returns at most `rows` lines of at most `columns` seen characters each */
export function layOut(state: LiveViewState, terminal: TerminalTraits): string[] {
  const { columns, rows } = terminal;
  const keys: Piece[] = [['bold', columns < KEYS.length ? SHORT_KEYS : KEYS]];
  const blocks: Piece[][] = [
    [['bold', 'Tenure'], `  ${state.title}`],
    [],
    officeLine(state),
    leaseLine(state, terminal),
    pulseLine(state, terminal),
    [],
    ...candidateLines(state.candidates),
    [],
    ...state.broken.slice(0, 2).map((sentence): Piece[] => [['red', `BROKEN  ${sentence}`]]),
  ];
  const isTight = blocks.length + LEAST_EVENTS + 2 > rows;
  // The keys stay in sight, whatever else has to go.
  const above = (isTight ? blocks.filter((pieces) => pieces.length > 0) : blocks).slice(0, Math.max(0, rows - 1));
  const below = isTight ? [keys] : [[], keys];
  const room = rows - above.length - below.length;
  const events = room > 0 ? state.events.slice(-room) : [];
  const log = events.map(({ time, text }): Piece[] => [['gray', time], `  ${text}`]);
  return [...above, ...log, ...below].map((pieces) => draw(pieces, terminal));
}

function officeLine({ office }: LiveViewState): Piece[] {
  if (office === undefined) return ['  nobody leads yet'];
  const { leader, term, forMs, gone } = office;
  if (gone === undefined) return [['green', `  ${leader} leads term ${term}`], ` since ${seconds(forMs)}`];
  const fate = { paused: 'is paused', dead: 'is dead', over: 'leads no more' }[gone];
  return [['yellow', `  ${leader}, leader of term ${term}, ${fate}`], ': nobody leads until another is elected'];
}

function leaseLine({ leftMs, timings: { leaseMs, renewMs } }: LiveViewState, terminal: TerminalTraits): Piece[] {
  const width = Math.max(5, Math.min(MOST_BAR, terminal.columns - BESIDE_BAR));
  const part = Math.min(1, Math.max(0, leftMs / leaseMs));
  const full = Math.round(part * width);
  const [on, off] = terminal.unicode ? ['\u2588', '\u2591'] : ['#', '.'];
  // In good order a heartbeat lands before more than its period has gone.
  const style = leftMs > leaseMs - 2 * renewMs ? 'green' : leftMs > 0 ? 'yellow' : 'red';
  return ['  lease       ', [style, on.repeat(full)], off.repeat(width - full), `  ${seconds(leftMs)} left`];
}

/** The last heartbeats as they landed, on a line of time that moves to the left. */
function pulseLine({ heartbeatAges, timings: { renewMs } }: LiveViewState, terminal: TerminalTraits): Piece[] {
  const width = Math.max(5, Math.min(MOST_BAR, terminal.columns - BESIDE_BAR));
  const [mark, none] = terminal.unicode ? ['\u2665', '\u00b7'] : ['*', '.'];
  const cells = new Array<string>(width).fill(none);
  for (const age of heartbeatAges) {
    const cell = width - 1 - Math.floor(age / (renewMs / 5));
    if (cell >= 0 && cell < width) cells[cell] = mark;
  }
  const last = heartbeatAges.length === 0 ? '' : `  ${seconds(Math.min(...heartbeatAges))} ago`;
  return ['  heartbeats  ', ['red', cells.join('')], last];
}

function candidateLines(candidates: readonly CandidateView[]): Piece[][] {
  const head: Piece[] = [
    ['gray', `  ${'candidate'.padEnd(11)}${row('state', 'process', 'priority', 'reads', 'writes')}`],
  ];
  return [
    head,
    ...candidates.map(({ id, status, pid, priority, reads, writes }): Piece[] => {
      const style = STATUS_STYLE[status];
      const text = `  ${id.padEnd(11)}${row(status, pid, priority, reads, writes)}`;
      return style === undefined ? [text] : [[style, text]];
    }),
  ];
}

function row(status: string, ...numbers: (string | number)[]): string {
  const [pid = '', priority = '', reads = '', writes = ''] = numbers.map(String);
  return `${status.padEnd(14)}${pid.padStart(8)}${priority.padStart(10)}${reads.padStart(8)}${writes.padStart(8)}`;
}

function draw(pieces: readonly Piece[], { columns, colour }: TerminalTraits): string {
  let room = columns;
  let line = '';
  for (const piece of pieces) {
    const [style, text] = typeof piece === 'string' ? [undefined, piece] : piece;
    const seen = text.slice(0, room);
    room -= seen.length;
    line += colour && style !== undefined && seen !== '' ? `\x1b[${SGR[style]}m${seen}\x1b[0m` : seen;
  }
  return line;
}

const seconds = (duration: number) => `${(Math.max(0, duration) / 1000).toFixed(1)} s`;
