/**
 * The watch over an election: emitters, dashboard and alarms know the same metrics; every alarm has these limits and says
 * what to do; the dashboard is laid out so that it can be read; all can be tuned.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Stats, TextWidget, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { LeaseTable } from '../../lib/cloud/index.js';
import { Monitoring, type MonitoringProps } from '../../lib/cloud/monitoring.js';
import { METRICS, type MetricName } from '../../lib/names/metrics.js';
import { OFFICE_EVENTS } from '../../lib/names/office-events.js';
import type { MetricSink } from '../../lib/serverless/meter.js';
import { type Change, OFFICE_EVENT_SCHEMAS } from '../../lib/serverless/office-event.js';
import { makeStack, Synthesised, withNag } from './template.js';

const TABLE = Object.keys(METRICS).sort();
const ALARM = 'AWS::CloudWatch::Alarm';

/** A function, a queue and a topic of the names of real ones: descriptions must have room for them. */
const LONG = 'x'.repeat(20);
const functionOf = (stack: Stack, id: string) =>
  LambdaFunction.fromFunctionArn(
    stack,
    id,
    `arn:aws:lambda:us-east-1:123456789012:function:Tenure-billing-${id}-${LONG}-${LONG}`,
  );

/** A watch over everything that there can be. */
function watch(props: Partial<MonitoringProps> = {}) {
  const stack = makeStack();
  const topic = new Topic(stack, 'Pager', { enforceSSL: true });
  const monitoring = new Monitoring(stack, 'Monitoring', {
    election: 'billing',
    topic,
    table: LeaseTable.fromTable(stack, 'Leases', new LeaseTable(stack, 'Real').table),
    functions: {
      heartbeaters: ['A', 'B', 'C'].map((id) => functionOf(stack, id)),
      watchdog: functionOf(stack, 'Watchdog'),
      publisher: functionOf(stack, 'Publisher'),
      undertaker: functionOf(stack, 'Undertaker'),
    },
    queues: {
      notices: Queue.fromQueueArn(stack, 'Notices', `arn:aws:sqs:us-east-1:123456789012:notices-${LONG}`),
      deadLetters: Queue.fromQueueArn(stack, 'Dead', `arn:aws:sqs:us-east-1:123456789012:dead-letters-${LONG}-${LONG}`),
    },
    changes: LogGroup.fromLogGroupName(stack, 'Changes', '/publisher'),
    ...props,
  });
  return { stack, topic, monitoring };
}

/** A widget of the dashboard's JSON. */
interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly query?: string;
    readonly metrics?: unknown[][];
    readonly alarms?: string[];
    readonly annotations?: { readonly horizontal?: { readonly value: number; readonly label: string }[] };
  };
}

function boardOf(stack: Stack): {
  readonly widgets: Widget[];
  readonly start: string;
  readonly periodOverride: string;
} {
  const template = new Synthesised(stack);
  return JSON.parse(template.text(template.only('AWS::CloudWatch::Dashboard').DashboardBody));
}

/** The metrics of a namespace that widgets show. `.` repeats what stands above it. */
function metricsShown(widgets: Widget[], namespace: string): string[] {
  const names = new Set<string>();
  for (const { properties } of widgets) {
    let above: unknown[] = [];
    for (const line of properties.metrics ?? []) {
      const full = line.map((part, index) => (part === '.' ? above[index] : part));
      if (full[0] === namespace) {
        expect(full.slice(2, 4)).toEqual(['Election', 'billing']);
        names.add(full[1] as string);
      }
      above = full;
    }
  }
  return [...names].sort();
}

interface AlarmProperties {
  readonly [name: string]: unknown;
  readonly AlarmDescription: unknown;
  readonly Dimensions: { readonly Name: string; readonly Value: unknown }[];
}

/** The properties of every alarm by its name, `NoLeader` and so on. */
function alarmsOf(stack: Stack): Record<string, AlarmProperties> {
  const found = Object.entries(new Synthesised(stack).of(ALARM));
  return Object.fromEntries(
    found.map(([path, { Properties }]) => [path.replace('Monitoring/', ''), Properties as unknown as AlarmProperties]),
  );
}

describe('one table of metrics', () => {
  const sources = ['lib/serverless', 'lambda', 'lambda/shared'].flatMap((folder) => {
    const url = new URL(`../../${folder}/`, import.meta.url);
    const files = readdirSync(url).filter((name) => name.endsWith('.ts'));
    return files.map((name) => {
      const whole = readFileSync(new URL(name, url), 'utf8');
      // Comments name metrics too, but emit none.
      return { file: `${folder}/${name}`, code: whole.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '') };
    });
  });
  const namedIn = (pattern: RegExp) => {
    const code = sources.filter(({ file }) => pattern.test(file)).map((source) => source.code);
    return code.flatMap((text) => [...text.matchAll(/'([A-Z][A-Za-z]+)'/g)].map(([, name]) => name!));
  };
  const FILES = {
    candidate: /^lib\/serverless\/(meter|heartbeater)\.ts$/,
    publisher: /publisher|office-event/,
    'candidate or publisher': /meter|office-event/,
    watchdog: /watchdog/,
    'roll call': /roll-call/,
    'any function': /^lambda\/shared\//,
  } as const;

  test.each(Object.entries(METRICS))('%s is emitted by its documented emitter', (name, { emitter }) => {
    expect(namedIn(FILES[emitter])).toContain(name);
  });

  test('nothing is emitted that is not in the table', () => {
    // What is given to a sink, and what stands in a list of [name, value].
    const emitted = sources.flatMap(({ code }) => [
      ...[...code.matchAll(/\.add(?:Metric)?\(\s*'(\w+)'/g)].map(([, name]) => name!),
      ...[...code.matchAll(/\[\s*'([A-Z]\w+)',\s*[\w.]+\s*\]/g)].map(([, name]) => name!),
    ]);
    expect(emitted.length).toBeGreaterThanOrEqual(10);
    expect(TABLE).toEqual(expect.arrayContaining(emitted));
    // What the patterns may miss does not compile.
    expectTypeOf<Parameters<MetricSink['add']>[0]>().toEqualTypeOf<MetricName>();
    expectTypeOf<Change['metrics'][number][0]>().toEqualTypeOf<MetricName>();
  });

  test('the sink of the functions is the one place that names CloudWatch', () => {
    const emitters = sources.filter(({ code }) => /powertools\/metrics|putMetric|addMetric|_aws/i.test(code));
    expect(emitters.map(({ file }) => file)).toEqual(['lambda/shared/telemetry.ts']);
  });

  test.each(['always', 'duty'] as const)('the dashboard of mode %s shows each of them, and no other', (mode) => {
    expect(metricsShown(boardOf(watch({ mode }).stack).widgets, 'Tenure')).toEqual(TABLE);
  });

  test('of an election about which nothing else is known, too', () => {
    const stack = makeStack();
    new Monitoring(stack, 'Monitoring', { election: 'billing' });
    expect(metricsShown(boardOf(stack).widgets, 'Tenure')).toEqual(TABLE);
  });

  test('alarms watch metrics of the table, as single metrics of this election', () => {
    for (const { Namespace, MetricName, Metrics, Dimensions } of Object.values(alarmsOf(watch().stack))) {
      expect(Metrics).toBeUndefined();
      if (Namespace === 'AWS/SQS') continue;
      expect(Namespace).toBe('Tenure');
      expect(TABLE).toContain(MetricName);
      expect(Dimensions).toEqual([{ Name: 'Election', Value: 'billing' }]);
    }
  });

  test('each has a method, with its statistic, whose options leave namespace and dimension alone', () => {
    const { monitoring } = watch();
    for (const [name, { statistic }] of Object.entries(METRICS)) {
      const metric = monitoring[`metric${name as MetricName}`]();
      expect(metric).toMatchObject({ namespace: 'Tenure', metricName: name, statistic });
      expect(metric).toEqual(monitoring.metric(name as MetricName));
      expect(metric.period.toSeconds()).toBe(60);
    }
    const other = monitoring.metricTimeWithoutLeader({
      statistic: Stats.SUM,
      period: Duration.hours(1),
      dimensionsMap: { Election: 'other' },
    });
    expect(other).toMatchObject({ statistic: 'Sum', dimensions: { Election: 'billing' } });
    expect(other.period.toHours()).toBe(1);
  });
});

describe('alarms', () => {
  const limits = (stack: Stack) =>
    Object.fromEntries(
      Object.entries(alarmsOf(stack)).map(([name, alarm]) => [
        name,
        `${alarm.Statistic} of ${alarm.MetricName} ${alarm.ComparisonOperator} ${alarm.Threshold}, ` +
          `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods} periods of ${alarm.Period} s, ${alarm.TreatMissingData}`,
      ]),
    );
  const DEFAULT = {
    NoLeader: 'Maximum of LeaderSeen LessThanThreshold 1, 3 of 3 periods of 60 s, breaching',
    Flapping: 'Sum of Elections GreaterThanThreshold 5, 1 of 1 periods of 3600 s, notBreaching',
    MarginTooSmall: 'Minimum of LeaseLeft LessThanThreshold 2500, 2 of 10 periods of 60 s, notBreaching',
    NoStandby: 'Sum of Candidates LessThanThreshold 2, 5 of 5 periods of 60 s, breaching',
    NoTick: 'Sum of Ticks LessThanThreshold 1, 5 of 5 periods of 60 s, breaching',
    DeadLetters:
      'Maximum of ApproximateNumberOfMessagesVisible GreaterThanThreshold 0, 1 of 1 periods of 60 s, notBreaching',
    TermFell: 'Maximum of TermFell GreaterThanThreshold 0, 1 of 60 periods of 60 s, notBreaching',
  };

  test('ring at these limits', () => {
    expect(limits(watch().stack)).toEqual(DEFAULT);
  });

  test('in duty, the office may be vacant for longer, and elections are part of the day', () => {
    const { Flapping, ...rest } = DEFAULT;
    const NoLeader = rest.NoLeader.replace('3 of 3', '5 of 5');
    expect(limits(watch({ mode: 'duty' }).stack)).toEqual({ ...rest, NoLeader });
    expect(limits(watch({ mode: 'duty', alarms: { flapping: { threshold: 70 } } }).stack)).toMatchObject({
      Flapping: Flapping.replace('5,', '70,'),
    });
  });

  test.each([
    [{ leaseMs: 60_000 }, '4 of 4', 15_000],
    [{ leaseMs: 900_000 }, '18 of 18', 225_000],
    [{ stepDownMs: 2_000, requestTimeoutMs: 500 }, '3 of 3', 2_500],
  ])('with timings of %j, nobody may lead for %s minutes, and the margin is %i ms', (timings, minutes, margin) => {
    const found = limits(watch(timings).stack);
    expect(found.NoLeader).toContain(`${minutes} periods`);
    expect(found.MarginTooSmall).toContain(`LessThanThreshold ${margin},`);
  });

  test('are sent to the topic, when they ring and when it is over', () => {
    for (const { AlarmActions, OKActions } of Object.values(alarmsOf(watch().stack))) {
      expect(AlarmActions).toEqual([{ Ref: expect.stringContaining('Pager') }]);
      expect(OKActions).toEqual(AlarmActions);
    }
  });

  test('can each be left out, tuned, and sent elsewhere', () => {
    const { stack, topic, monitoring } = watch({
      alarms: {
        termFell: false,
        noTick: { topic: [] },
        noStandby: { threshold: 3, evaluationPeriods: 15, treatMissingData: TreatMissingData.IGNORE },
        marginTooSmall: { evaluationPeriods: 1 },
        flapping: { period: Duration.minutes(30), threshold: undefined },
        deadLetters: { evaluationPeriods: 10, datapointsToAlarm: 3 },
      },
    });
    expect(limits(stack)).toEqual({
      NoLeader: DEFAULT.NoLeader,
      NoTick: DEFAULT.NoTick,
      NoStandby: 'Sum of Candidates LessThanThreshold 3, 15 of 15 periods of 60 s, ignore',
      MarginTooSmall: DEFAULT.MarginTooSmall.replace('2 of 10', '1 of 1'),
      Flapping: DEFAULT.Flapping.replace('3600', '1800'),
      DeadLetters: DEFAULT.DeadLetters.replace('1 of 1', '3 of 10'),
    });
    expect(alarmsOf(stack).NoTick!.AlarmActions).toBeUndefined();
    expect(Object.keys(monitoring.alarms).sort()).toEqual([
      'deadLetters',
      'flapping',
      'marginTooSmall',
      'noLeader',
      'noStandby',
      'noTick',
    ]);
    const elsewhere = watch({ topic: undefined, alarms: { noLeader: { topic: [topic, topic] } } });
    expect(elsewhere.monitoring.alarms.noLeader).toBeDefined();
    expect(elsewhere.monitoring.alarms.flapping).toBeDefined();
  });

  test('one that is sent elsewhere is sent there alone', () => {
    const { stack, monitoring } = watch({ alarms: false });
    expect(monitoring.alarms).toEqual({});
    const mail = new Topic(stack, 'Mail');
    const pager = new Topic(stack, 'Other');
    new Monitoring(stack, 'Second', {
      election: 'other',
      topic: [pager, mail],
      dashboard: false,
      alarms: { noLeader: { topic: mail } },
    });
    const template = new Synthesised(stack);
    const actions = (name: string) =>
      (template.resources[`Second/${name}`]!.Properties.AlarmActions as unknown[]).map((ref) => template.text(ref));
    expect(actions('NoLeader')).toEqual(['Mail']);
    expect(actions('TermFell')).toEqual(['Other', 'Mail']);
  });

  test('without what they watch, or would ring for ever, there are none', () => {
    const bare = watch({ functions: undefined, queues: undefined });
    expect(Object.keys(limits(bare.stack)).sort()).toEqual(['Flapping', 'MarginTooSmall', 'TermFell']);
    const servers = watch({ functions: undefined, candidatesExpected: 2 }).monitoring.alarms;
    expect([servers.noLeader, servers.noStandby, servers.noTick].map(Boolean)).toEqual([true, true, false]);
    expect(watch({ candidatesExpected: 1 }).monitoring.alarms.noStandby).toBeUndefined();
    expect(watch({ candidatesExpected: 1, alarms: { noStandby: {} } }).monitoring.alarms.noStandby).toBeDefined();
    expect(watch({ alarms: false }).monitoring.alarms).toEqual({});
  });

  test('where candidates stand on a roster, whose roll is called, nobody may be missing in the line', () => {
    const stack = makeStack();
    const called = watch({ functions: { rollCall: functionOf(stack, 'RollCall') } });
    expect(limits(called.stack).NoStandby).toBe(
      'Maximum of Standbys LessThanThreshold 1, 5 of 5 periods of 60 s, breaching',
    );
    const text = new Synthesised(called.stack).text(alarmsOf(called.stack).NoStandby!.AlarmDescription);
    expect(text).toContain('Fewer than 1 candidates stood by on the roster, for 5 minutes');
    expect(text).toContain('aws lambda invoke --function-name Tenure-billing-RollCall-');
    expect(text).not.toContain('only functions');
    const titles = boardOf(called.stack).widgets.map(({ properties }) => properties.title);
    expect(titles).toContain('Standbys on the roster');
    expect(titles).not.toContain('Candidates seen each minute');
    const both = watch({
      functions: { rollCall: functionOf(stack, 'Other'), heartbeaters: [functionOf(stack, 'A')] },
    });
    expect(limits(both.stack).NoStandby).toContain('Standbys');
    const mixed = new Synthesised(both.stack).text(alarmsOf(both.stack).NoStandby!.AlarmDescription);
    expect(mixed).toContain('only functions, which are woken');
    expect(mixed.length).toBeLessThanOrEqual(1_024);
    const alone = { functions: { rollCall: functionOf(stack, 'Alone') }, candidatesExpected: 1 };
    expect(watch(alone).monitoring.alarms.noStandby).toBeUndefined();
  });

  test('a roll call that comes when standbys are counted otherwise is refused', () => {
    const { stack, monitoring } = watch();
    expect(() => monitoring.addFunctions({ rollCall: functionOf(stack, 'Late') })).toThrow(
      'the alarm noStandby exists already, and counts signs of life: pass `rollCall` with the first `functions`',
    );
    const without = watch({ alarms: { noStandby: false } });
    expect(() => without.monitoring.addFunctions({ rollCall: functionOf(without.stack, 'Late') })).not.toThrow();
  });

  test('a function that is added later is watched, and has the alarms made that were missing', () => {
    const { stack, monitoring } = watch({ functions: { heartbeaters: [] }, queues: undefined, candidatesExpected: 0 });
    expect(monitoring.alarms.noTick).toBeUndefined();
    monitoring.addFunctions({ heartbeaters: [functionOf(stack, 'D')] });
    monitoring.addFunctions({ heartbeaters: [functionOf(stack, 'E')], publisher: functionOf(stack, 'F') });
    expect(monitoring.alarms.noTick).toBeDefined();
    const { widgets } = boardOf(stack);
    const errors = widgets.find(({ properties }) => properties.title === 'Functions: errors')!;
    expect(JSON.stringify(errors)).toMatch(/Heartbeater a.*Heartbeater b.*Publisher/);
    const status = widgets.find(({ type }) => type === 'alarm')!;
    expect(status.properties.alarms).toHaveLength(Object.keys(monitoring.alarms).length);
    expect(JSON.stringify(alarmsOf(stack).NoLeader)).toContain('Tenure-billing-D');
  });

  test('of one candidate no standby is expected, until there is a second', () => {
    const stack = makeStack();
    const functions = { heartbeaters: [functionOf(stack, 'A')] };
    const monitoring = new Monitoring(stack, 'Monitoring', { election: 'billing', functions });
    expect(monitoring.alarms.noStandby).toBeUndefined();
    monitoring.addFunctions({ heartbeaters: [functionOf(stack, 'B')] });
    expect(monitoring.alarms.noStandby).toBeDefined();
  });

  test('say what they mean and what to do first, in the room that CloudWatch has for it', () => {
    const all = { heartbeaters: [functionOf(makeStack(), 'A')], rollCall: functionOf(makeStack(), 'RollCall') };
    const variants: Partial<MonitoringProps>[] = [{ mode: 'always' }, { mode: 'duty' }, { functions: all }];
    for (const variant of variants) {
      const { stack } = watch({ ...variant, election: 'e'.repeat(64), alarms: { flapping: {} } });
      const template = new Synthesised(stack);
      const alarms = Object.entries(alarmsOf(stack));
      expect(alarms).toHaveLength(7);
      for (const [name, { AlarmDescription }] of alarms) {
        // Names that are known at deployment only, as long as they come.
        const text = template.text(AlarmDescription).replace(/Real\/Table/g, 'T'.repeat(80));
        expect(text, name).toMatch(/^Election e{64}\. .* FIRST/s);
        expect(text.length, `${name}: ${text}`).toBeLessThanOrEqual(1_024);
      }
    }
  });

  test('name the election, the numbers as tuned, and the commands with what is watched', () => {
    const { stack } = watch({ alarms: { noLeader: { evaluationPeriods: 7 }, flapping: { threshold: 2 } } });
    const template = new Synthesised(stack);
    const text = (name: string) => template.text(alarmsOf(stack)[name]!.AlarmDescription);
    expect(text('NoLeader')).toContain('Nobody has been seen to lead for 7 minutes');
    expect(text('NoLeader')).toContain(
      `aws dynamodb get-item --consistent-read --table-name Real/Table --key '{"pk":{"S":"election#billing"},"sk":{"S":"leader"}}'`,
    );
    expect(text('NoLeader')).toContain('aws lambda invoke --function-name Tenure-billing-A-');
    expect(text('Flapping')).toContain('More than 2 leaders were elected within the last hour');
    expect(text('MarginTooSmall')).toContain('less than 2500 ms of the lease left, in 2 of the last 10 minutes');
    expect(text('NoTick')).toContain(':function:Tenure-billing-A-');
    expect(text('DeadLetters')).toContain('/dead-letters-');
  });
});

describe('the dashboard', () => {
  const variants: [string, Partial<MonitoringProps>][] = [
    ['everything', {}],
    ['nothing but the election', { functions: undefined, queues: undefined, table: undefined, changes: undefined }],
    ['no alarms and no publisher', { alarms: false, changes: undefined, functions: { heartbeaters: [] } }],
    [
      'a queue of dead letters alone',
      { queues: { deadLetters: Queue.fromQueueArn(makeStack(), 'Q', 'arn:aws:sqs:us-east-1:123456789012:q') } },
    ],
  ];

  test.each(variants)('with %s: rows are full, nothing overlaps, each widget has a title of its own', (_, props) => {
    const { widgets } = boardOf(watch(props).stack);
    const cells = new Set<string>();
    const widths = new Map<number, number>();
    for (const { x, y, width, height, type, properties } of widgets) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(24);
      // Narrower, and titles and numbers are cut off.
      expect(width).toBeGreaterThanOrEqual(6);
      widths.set(y, (widths.get(y) ?? 0) + width);
      for (let column = x; column < x + width; column += 1) {
        for (let line = y; line < y + height; line += 1) {
          const cell = `${column},${line}`;
          expect(cells.has(cell), `${properties.title} at ${cell}`).toBe(false);
          cells.add(cell);
        }
      }
      // About five characters of a title fit in a column.
      if (type !== 'text') expect(properties.title!.length, properties.title).toBeLessThanOrEqual(width * 5);
    }
    expect([...widths.values()].every((width) => width === 24)).toBe(true);
    const titles = widgets.map(({ properties }) => properties.title).filter((title) => title !== undefined);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test('shows first whether anything is wrong, then who leads', () => {
    const { widgets, start, periodOverride } = boardOf(watch().stack);
    expect([start, periodOverride]).toEqual(['-P1D', 'inherit']);
    expect(widgets.slice(0, 8).map(({ type, properties }) => [type, properties.title])).toEqual([
      ['text', undefined],
      ['alarm', 'Alarms'],
      ['metric', 'Somebody leads (1: yes, 0: no)'],
      ['metric', 'Term'],
      ['metric', 'Candidates seen each minute'],
      ['metric', 'Without a leader in 24 hours'],
      ['log', 'Now: the latest change or relay'],
      ['log', 'Leaders: since when, and why (newest first; relays left out)'],
    ]);
    expect(widgets[0]!.properties.markdown).toContain('# Tenure: election billing');
    expect(widgets[1]!.properties.alarms).toHaveLength(7);
  });

  test.each(['always', 'duty'] as const)('reads the changes of mode %s from fields that the publisher logs', (mode) => {
    const { widgets } = boardOf(watch({ mode }).stack);
    const queries = widgets.filter(({ type }) => type === 'log').map(({ properties }) => properties.query!);
    expect(queries).toHaveLength(2);
    const [now, changes] = queries;
    expect(changes).toContain("SOURCE '/publisher' | fields @timestamp, message, term, holder, previous, reason\n");
    expect(changes).toMatch(/sort @timestamp desc, term desc, beat desc\n\| limit 20$/);
    expect(now).toMatch(/limit 1$/);
    const logged = new Set(Object.values(OFFICE_EVENT_SCHEMAS).flatMap((schema) => Object.keys(schema.shape)));
    const grammar = ['fields', 'filter', 'sort', 'limit', 'desc', 'and', 'or', 'not', 'in', 'ispresent', 'timestamp'];
    for (const query of queries) {
      expect(query).toContain('election = "billing"');
      for (const [, text] of query.matchAll(/"(Leader \w+)"/g)) expect(Object.values(OFFICE_EVENTS)).toContain(text);
      const [, ...lines] = query.split(' | fields ');
      const words = lines
        .join('')
        .replace(/"[^"]*"/g, '')
        .match(/[a-z]\w*/gi)!;
      const fields = words.filter((word) => !grammar.includes(word) && word !== 'message');
      expect([...logged]).toEqual(expect.arrayContaining(fields));
    }
  });

  test('shows where the leader steps down, and where the alarms ring', () => {
    const { widgets } = boardOf(watch({ alarms: { marginTooSmall: { threshold: 1_700 }, noStandby: false } }).stack);
    const lines = (title: string) =>
      widgets
        .find(({ properties }) => properties.title === title)!
        .properties.annotations?.horizontal?.map(({ value, label }) => `${label}: ${value}`);
    expect(lines('Lease left at heartbeats (ms)')).toEqual(['the leader steps down: 1000', 'alarm below: 1700']);
    expect(lines('Signs of life each minute')).toBeUndefined();
  });

  test('shows the health of queues, functions, stream and table', () => {
    const { widgets } = boardOf(watch().stack);
    const shown = JSON.stringify(widgets);
    for (const name of [
      'ApproximateNumberOfMessagesDelayed',
      'ApproximateNumberOfMessagesVisible',
      'ApproximateAgeOfOldestMessage',
      'Errors',
      'Throttles',
      'Duration',
      'ConcurrentExecutions',
      'IteratorAge',
      'ConsumedWriteCapacityUnits',
      'WriteThrottleEvents',
      'ConditionalCheckFailedRequests',
    ]) {
      expect(shown).toContain(`"${name}"`);
    }
  });

  test('can be named, opened on another time, added to, and left out', () => {
    const { stack, monitoring } = watch({ dashboard: { name: 'billing_leader', interval: Duration.hours(3) } });
    const { widgets } = boardOf(stack);
    const bottom = Math.max(...widgets.map(({ y, height }) => y + height));
    monitoring.dashboard!.addWidgets(new TextWidget({ markdown: 'mine', width: 24, height: 1 }));
    const more = watch({ dashboard: { name: 'billing_leader', interval: Duration.hours(3) } });
    more.monitoring.dashboard!.addWidgets(new TextWidget({ markdown: 'mine', width: 24, height: 1 }));
    const board = boardOf(more.stack);
    expect(board.start).toBe('-PT3H');
    expect(board.widgets.at(-1)).toMatchObject({ y: bottom, properties: { markdown: 'mine' } });
    expect(new Synthesised(more.stack).only('AWS::CloudWatch::Dashboard').DashboardName).toBe('billing_leader');
    const without = watch({ dashboard: false });
    expect(without.monitoring.dashboard).toBeUndefined();
    expect(new Synthesised(without.stack).of('AWS::CloudWatch::Dashboard')).toEqual({});
  });
});

test('cdk-nag finds nothing', () => {
  expect(() => new Synthesised(withNag(watch().stack))).not.toThrow();
  expect(() => new Synthesised(withNag(watch({ mode: 'duty', topic: undefined }).stack))).not.toThrow();
});

test.each<[Record<string, unknown>, string]>([
  [{ election: 'a b' }, 'the name of an election must be'],
  [{ mode: 'sometimes' }, "`mode` must be 'always' or 'duty', but is \"sometimes\"."],
  [{ renewMs: 5_000 }, 'these timings cannot survive one lost heartbeat'],
  [{ candidatesExpected: -1 }, '`candidatesExpected` must be a whole number'],
  [{ alarms: { noLeaders: {} } }, 'there is no alarm "noLeaders". There are: noLeader, flapping, marginTooSmall,'],
  [{ alarms: { noLeader: { treshold: 1 } } }, '`alarms.noLeader` has no "treshold". Known are: threshold, period,'],
  [{ alarms: { noLeader: true } }, '`alarms.noLeader` must be false or settings, but is true.'],
  [{ alarms: { noLeader: { threshold: '1' } } }, '`alarms.noLeader.threshold` must be a number, but is "1".'],
  [{ alarms: { noLeader: { period: Duration.seconds(10) } } }, '`alarms.noLeader.period` must be whole minutes'],
  [{ alarms: { noLeader: { evaluationPeriods: 1_441 } } }, 'must be a whole number from 1 to 1440'],
  [{ alarms: { flapping: { evaluationPeriods: 169 } } }, 'must be a whole number from 1 to 168'],
  [
    { alarms: { noTick: { datapointsToAlarm: 6 } } },
    '`alarms.noTick.datapointsToAlarm` must be a whole number from 1 to 5',
  ],
  [{ dashboard: { name: 'my board' } }, '`dashboard.name` must be letters, digits, `-` and `_`, but is "my board".'],
])('%j is refused, with what was expected', (props, message) => {
  expect(() => watch(props as Partial<MonitoringProps>)).toThrow(message);
  expect(() => watch(props as Partial<MonitoringProps>)).toThrow('Tenure, at Stack/Monitoring');
});
