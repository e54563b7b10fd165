/** What deploying costs a month: the arithmetic of docs/costs.md, and its tables as they stand there. */

/** On demand, us-east-1, 2026, in dollars. The free tier is left out. */
export const PRICES = {
  lambdaGbSecond: 0.0000133334, // ARM
  lambdaRequest: 0.2 / 1e6,
  write: 0.625 / 1e6, // one item of up to 1 KB
  read: 0.125 / 1e6, // strongly consistent, up to 4 KB
  sqsRequest: 0.4 / 1e6,
  event: 1 / 1e6, // put on a custom bus
  logGb: 0.5,
  metric: 0.3,
  alarm: 0.1,
  dashboard: 3,
};

/** A month of 730 hours. */
const SECONDS = 730 * 3600;
const MINUTES = 730 * 60;

/** What is assumed where nothing is laid down; docs/costs.md says so. */
const ASSUMED = {
  tickS: 0.05,
  watchdogS: 0.02,
  publisherS: 0.05,
  relayEveryS: 720, // the first tick after 700 s
  relayOverlapS: 2,
  relayWrites: 4, // the challenge, the hand over, the first renewal, the fence
  relayReads: 15,
  dutyWrites: 3, // the acquisition, the fence, the resignation
  rollCallS: 0.05,
  polls: 5 * 3, // five long polls of 20 s side by side, each minute
};

interface Setting {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly candidates: number;
  readonly memoryMb: number;
  /** How long a duty takes, in seconds. */
  readonly dutyS: number;
}

export const DEFAULT: Setting = { leaseMs: 10_000, renewMs: 3_000, candidates: 3, memoryMb: 128, dutyS: 2 };

/** What a function costs that runs for so long. */
const run = (seconds: number, memoryMb: number) => seconds * (memoryMb / 1024) * PRICES.lambdaGbSecond;
const invocation = (seconds: number, memoryMb: number) => PRICES.lambdaRequest + run(seconds, memoryMb);

/** One notice: sent, received, deleted; the watchdog looks at the record. */
const notice = () => 3 * PRICES.sqsRequest + invocation(ASSUMED.watchdogS, 256) + PRICES.read;
const published = () => PRICES.event + invocation(ASSUMED.publisherS, 256);
/** Lambda asks the queue of notices whether or not there are any. */
const polling = () => MINUTES * ASSUMED.polls * PRICES.sqsRequest;
const ticks = ({ candidates, memoryMb }: Setting) =>
  MINUTES * candidates * (invocation(ASSUMED.tickS, memoryMb) + PRICES.read);

/** Somebody leads at all times. */
export function always(setting: Setting) {
  const { renewMs, memoryMb } = setting;
  const beats = SECONDS / (renewMs / 1000);
  const relay =
    ASSUMED.relayWrites * PRICES.write +
    ASSUMED.relayReads * PRICES.read +
    run(ASSUMED.relayOverlapS, memoryMb) +
    published();
  const items = {
    leading: run(SECONDS, memoryMb),
    heartbeats: beats * PRICES.write,
    ticks: ticks(setting),
    relays: (SECONDS / ASSUMED.relayEveryS) * relay,
  };
  return { items, notices: beats * notice() + polling() };
}

/** Once a minute somebody leads, works, and is done. */
function duty(setting: Setting) {
  const { renewMs, memoryMb, dutyS } = setting;
  const beats = Math.floor((dutyS * 1000) / renewMs);
  const items = {
    work: MINUTES * run(dutyS, memoryMb),
    writes: MINUTES * ((ASSUMED.dutyWrites + beats) * PRICES.write + PRICES.read),
    ticks: ticks(setting),
    events: MINUTES * 2 * published(),
  };
  return { items, notices: MINUTES * (1 + beats) * notice() + polling() };
}

/** What CloudWatch costs, by kind. */
export function cloudWatch(mode: 'always' | 'duty', notices: boolean, { renewMs, candidates, dutyS }: Setting) {
  const perDuty = 1 + Math.floor((dutyS * 1000) / renewMs);
  const noticed = !notices ? 0 : mode === 'always' ? SECONDS / (renewMs / 1000) : MINUTES * perDuty;
  const ofTicks = MINUTES * candidates * 0.8; // KB: 0.4 of Lambda's own lines, 0.4 of metrics
  const ofLeader = MINUTES * 0.6;
  const ofChanges = mode === 'always' ? SECONDS / ASSUMED.relayEveryS : MINUTES * 2;
  const kb = ofTicks + ofLeader + ofChanges + noticed * 0.4;
  return {
    metrics: (mode === 'always' ? 7 : 6) * PRICES.metric,
    alarms: (mode === 'always' ? 7 : 6) * PRICES.alarm,
    logs: (kb / 1e6) * PRICES.logGb,
    dashboard: PRICES.dashboard,
  };
}

/** The roll of a line of succession, called once a minute: two reads, at 128 MB; its metric and 0.8 KB of logs. */
export function rollCall(): Readonly<Record<'roll call' | 'metric' | 'logs', number>> {
  return {
    'roll call': MINUTES * (invocation(ASSUMED.rollCallS, 128) + 2 * PRICES.read),
    metric: PRICES.metric,
    logs: ((MINUTES * 0.8) / 1e6) * PRICES.logGb,
  };
}

/** What the roster costs for each candidate: a sign of life and a look at the roster, every 30 s. */
export const roster = (): number => (SECONDS / 30) * (PRICES.write + PRICES.read);

/** The demo's counter: a write every five seconds, or one for each duty. */
export const demoWork = (mode: 'always' | 'duty') => (mode === 'always' ? SECONDS / 5 : MINUTES) * PRICES.write;

const sum = (items: Readonly<Record<string, number>>): number =>
  Object.values(items).reduce((total, one) => total + one, 0);
export const dollars = (amount: number): string => `$${amount.toFixed(2)}`;

/** A table as the documents have them: cells as wide as the widest, numbers to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], right = 1): string {
  const widths = head.map((_, at) => Math.max(3, ...[head, ...rows].map((cells) => cells[at]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at >= right ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at >= right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

const LEASES = [3, 5, 10, 30, 60, 300];

/** The tables of docs/costs.md, by what they show. */
export function tables(): Readonly<Record<string, string>> {
  const one = always(DEFAULT);
  const other = duty(DEFAULT);
  const months = table(
    ['a month of one election', 'without notices', 'with notices'],
    [
      ['always leading', dollars(sum(one.items)), dollars(sum(one.items) + one.notices)],
      ['duty, 2 s a minute', dollars(sum(other.items)), dollars(sum(other.items) + other.notices)],
    ],
  );
  const lines = (items: Readonly<Record<string, number>>, notices: number) =>
    table(
      ['item', 'a month'],
      [...Object.entries(items), ['notices', notices] as const].map(([name, cost]) => [name, dollars(cost)]),
    );
  const watch = table(
    ['CloudWatch, a month', 'always', 'duty'],
    (['metrics', 'alarms', 'logs', 'dashboard'] as const).map((kind) => [
      kind,
      dollars(cloudWatch('always', true, DEFAULT)[kind]),
      dollars(cloudWatch('duty', true, DEFAULT)[kind]),
    ]),
  );
  const leases = table(
    ['lease', 'heartbeat', 'heartbeats', 'notices', 'all else', 'without notices', 'with notices'],
    LEASES.map((seconds) => {
      const setting = { ...DEFAULT, leaseMs: seconds * 1000, renewMs: seconds * 300 };
      const { items, notices } = always(setting);
      const all = sum(items);
      return [
        `${seconds} s`,
        `${setting.renewMs / 1000} s`,
        dollars(items.heartbeats),
        dollars(notices),
        dollars(all - items.heartbeats),
        dollars(all),
        dollars(all + notices),
      ];
    }),
  );
  return {
    months,
    always: lines(one.items, one.notices),
    duty: lines(other.items, other.notices),
    watch,
    leases,
  };
}
