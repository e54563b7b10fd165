/**
 * The table of alarms: what each watches, when it rings, what silence means to it, and what its description says to do.
 * Each is of one metric: no metric math and no composite, which cost more and say less about where to look.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { waitMs } from '../../lease/timing.js';
import { DUTY_RESERVED_MS } from '../../names/limits.js';
import type { Scene } from './scene.js';

/** The numbers of an alarm, by default or as they were tuned. */
export interface Limits {
  readonly threshold: number;
  readonly period: Duration;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: TreatMissingData;
}

/** One alarm. */
export interface AlarmPlan extends Limits {
  readonly metric: Metric;
  readonly comparison: ComparisonOperator;
  /** What it means, and what to do first; `when` has its limits in words. Read at synthesis. */
  readonly describe: (limits: Limits, when: string) => string;
}

const BELOW = ComparisonOperator.LESS_THAN_THRESHOLD;
const ABOVE = ComparisonOperator.GREATER_THAN_THRESHOLD;
const TICK_MS = 60_000;

/** What most alarms have in common. Each says for itself what silence means. */
const MINUTELY = { period: Duration.minutes(1), evaluationPeriods: 5, datapointsToAlarm: 5 };

/** The alarms of an election. `undefined` for one whose metric does not exist here. */
export const ALARMS = {
  noLeader: (scene: Scene): AlarmPlan => ({
    ...MINUTELY,
    metric: scene.metrics.metricLeaderSeen(),
    comparison: BELOW,
    threshold: 1,
    evaluationPeriods: minutesToRecover(scene),
    datapointsToAlarm: minutesToRecover(scene),
    // Silence is the worst case: no process runs that could report a leader.
    treatMissingData: TreatMissingData.BREACHING,
    describe: (_, when) =>
      `${scene.mode === 'duty' ? 'Nobody has done the duty' : 'Nobody has been seen to lead'} ${when}: longer than a death ` +
      'notice, a vacancy event or the minute tick take to bring in a new leader, so all of them failed, or no candidate runs. ' +
      'If noTick rings too, start there. ' +
      `FIRST: ${wake(scene)} ` +
      `THEN read the record: ${readRecord(scene)}. A holder whose renewedAt is old: candidates cannot read or write (denied, ` +
      'throttled, malformed record); their logs name the error. Also rings once after a first deployment, until the first tick.',
  }),

  flapping: (scene: Scene): AlarmPlan => ({
    ...MINUTELY,
    metric: scene.metrics.metricElections({ period: Duration.hours(1) }),
    comparison: ABOVE,
    // Without faults the leader never changes (protocol, L3). A deployment or a bad host costs one or two elections; more
    // than one in ten minutes is a pattern. Duty elects once a minute by design: there the alarm is off unless asked for.
    threshold: 5,
    period: Duration.hours(1),
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    // Without faults there are no elections.
    treatMissingData: TreatMissingData.NOT_BREACHING,
    describe: ({ threshold }, when) =>
      `More than ${threshold} leaders were elected ${when}, relays left out: leaders are lost or give up again and ` +
      `again, and each change may cost a lease (${scene.timings.leaseMs} ms) without a leader. ` +
      'FIRST: the reason in the list of changes on the dashboard. expired: the leader dies or is too slow; see errors and ' +
      'duration of the functions (time-out, memory), heartbeat latency, and the lease left. resigned: the work returned, threw, ' +
      "or failed its health check; the leader's log says which. revoked: its task was stopped; see the events of the ECS service.",
  }),

  marginTooSmall: (scene: Scene): AlarmPlan => ({
    ...MINUTELY,
    metric: scene.metrics.metricLeaseLeft(),
    comparison: BELOW,
    // A heartbeat that is sent later than this may be answered when the leader has stepped down already. One lost
    // heartbeat alone leaves more, by the sum that the timings are checked with; two in ten minutes are no accident.
    threshold: scene.timings.stepDownMs + scene.timings.requestTimeoutMs,
    evaluationPeriods: 10,
    datapointsToAlarm: 2,
    // Without heartbeats there is no margin to judge: short duties send none, and another alarm watches for a missing leader.
    treatMissingData: TreatMissingData.NOT_BREACHING,
    describe: ({ threshold }, when) =>
      `Heartbeats were sent with less than ${threshold} ms of the lease left, ${when}. At ${scene.timings.stepDownMs} ms ` +
      'the leader steps down: one more slow answer costs it the office. ' +
      'FIRST: heartbeat latency and unknown outcomes on the dashboard. Both high: the table is slow or throttled; see its graphs ' +
      'and the AWS Health Dashboard. Both as usual: the process of the leader is blocked or starved, for heartbeats run on ' +
      'the event loop of its work. Look for long synchronous work, give it more memory (a function gets CPU by memory), or ' +
      `choose a longer lease than ${scene.timings.leaseMs} ms.`,
  }),

  noStandby: (scene: Scene): AlarmPlan => (scene.functions.rollCall ? nobodyInLine(scene) : tooFewSigns(scene)),

  noTick: (scene: Scene): AlarmPlan | undefined =>
    scene.functions.heartbeaters.length === 0
      ? undefined
      : {
          ...MINUTELY,
          metric: scene.metrics.metricTicks(),
          comparison: BELOW,
          threshold: 1,
          // Silence is what this alarm is about: a tick that does not come emits nothing.
          treatMissingData: TreatMissingData.BREACHING,
          describe: (_, when) =>
            `No minute tick woke a heartbeater ${when}. The leader may go on until its invocation ends (15 minutes at most), ` +
            'but there is no relay, no duty begins, and nothing makes up for a lost notice or event. ' +
            'FIRST: is the rule on? aws events list-rule-names-by-target --target-arn ' +
            `${scene.functions.heartbeaters[0]?.functionArn} and aws events describe-rule --name RULE (State: ENABLED). ` +
            'THEN: throttles and errors of the heartbeaters on the dashboard (reserved concurrency 0, an error at load), and the ' +
            'dead-letter queue, where EventBridge puts ticks that it may not deliver. ' +
            'Also rings once after a first deployment, until the first tick.',
        },

  deadLetters: (scene: Scene): AlarmPlan | undefined =>
    scene.queues.deadLetters && {
      ...MINUTELY,
      metric: scene.queues.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
        label: 'Dead letters',
      }),
      comparison: ABOVE,
      threshold: 0,
      // At once, and until the queue is empty: every dead letter is a message that was not handled.
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      // SQS stops reporting on a queue that nobody has used for hours.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      describe: () =>
        'Something could not be read, delivered or handled, and was put aside. The election goes on without it, and the alarm ' +
        'rings until the queue is empty. ' +
        `FIRST read it: aws sqs receive-message --queue-url ${scene.queues.deadLetters?.queueUrl} --message-attribute-names All. ` +
        'With the attributes source and reason: that function could not read it, and says why. Without them: it failed too ' +
        "often (a notice, or where a stream's records are) or could not be delivered (an event); see the errors of the functions. " +
        'Fix the cause. Notices and events are out of date by then: delete them. Messages are lost after two weeks.',
    },

  termFell: (scene: Scene): AlarmPlan => ({
    ...MINUTELY,
    metric: scene.metrics.metricTermFell(),
    comparison: ABOVE,
    threshold: 0,
    // At once, and visible for an hour: a candidate that sees it reports it once.
    evaluationPeriods: 60,
    datapointsToAlarm: 1,
    // While the term has not fallen, nothing is reported.
    treatMissingData: TreatMissingData.NOT_BREACHING,
    describe: () =>
      'The term went back: the table was restored, replaced or edited. The term is the fencing token, so new leaders may use ' +
      'tokens that were used before: items with a higher stamp refuse the writes of the true leader, and old writers may pass ' +
      'its fence. ' +
      `FIRST read the record: ${readRecord(scene)}, and find the highest term ever given out: the graph of the term on the dashboard. ` +
      "THEN raise it above that: aws dynamodb update-item with the same table and key, --update-expression 'SET term = :t' " +
      `--expression-attribute-values '{":t":{"N":"..."}}'. The leader steps down, and a new one follows within a lease. ` +
      'The cause is in CloudTrail: RestoreTable..., UpdateItem.',
  }),
} as const satisfies Record<string, (scene: Scene) => AlarmPlan | undefined>;

/** The name of an alarm. When each rings and what it means is in [operating](../../../docs/operating.md). */
export type AlarmName = keyof typeof ALARMS;

/** No standby, where candidates are on a roster: a function that is not a candidate itself counts them. */
const nobodyInLine = (scene: Scene): AlarmPlan => ({
  ...MINUTELY,
  metric: scene.metrics.metricStandbys(),
  comparison: BELOW,
  threshold: 1,
  // Silence: the roll call does not run, or cannot read the roster. Then no standby is known.
  treatMissingData: TreatMissingData.BREACHING,
  describe: ({ threshold }, when) =>
    `Fewer than ${threshold} candidates stood by on the roster, ${when}. Somebody may lead and all may look well, but when ` +
    `that leader dies no candidate in the line of succession can take over${
      scene.functions.heartbeaters.length > 0 ? ': only functions, which are woken' : ''
    }. ` +
    `FIRST run the roll call by hand: aws lambda invoke --function-name ${scene.functions.rollCall?.functionName} out.json; its ` +
    'answer names the holder and the standbys. It fails, or the graph has no values: see the errors of that function and its log, ' +
    'and whether its rule is on. It names too few: do enough processes (tasks, instances) run? Those that run ' +
    'and are not listed: their logs name the error (no `succession`, no grantRoster, table out of reach).',
});

/** No standby, where candidates are counted by their own signs of life. */
const tooFewSigns = (scene: Scene): AlarmPlan => ({
  ...MINUTELY,
  metric: scene.metrics.metricCandidates(),
  comparison: BELOW,
  threshold: 2,
  // Five of five: an invocation that takes over as a relay gives its sign of life a minute late.
  // Silence: no candidate gave a sign of life, not even the leader. So there is no standby either.
  treatMissingData: TreatMissingData.BREACHING,
  describe: ({ threshold }, when) =>
    `Fewer than ${threshold} candidates gave a sign of life a minute, ${when}. Somebody may lead and all may look well, ` +
    'but when that leader dies no candidate can take over. If noTick rings too, start there. ' +
    'FIRST: errors and throttles by function on the dashboard: which candidate is missing? Throttles: the concurrency of the ' +
    'account or of the function is used up; in mode always each candidate needs two at times. Errors: its log. ' +
    'Candidates that are servers: do their tasks run, and do they report by meter()? ' +
    `THEN: ${wake(scene)}`,
});

/**
 * Without notices and events it takes a tick to find a dead leader, a lease of watching, and a tick to see the new
 * leader. In mode duty, the time for which a vacancy is reserved comes first. One minute more means a failure.
 */
function minutesToRecover({ mode, timings: { leaseMs, drift } }: Scene): number {
  const watchedMs = waitMs(leaseMs, drift);
  const waitedMs = mode === 'duty' ? Math.max(DUTY_RESERVED_MS, watchedMs) : watchedMs;
  return Math.floor((2 * TICK_MS + waitedMs) / 60_000) + 1;
}

const readRecord = ({ election, table }: Scene): string =>
  `aws dynamodb get-item --consistent-read --table-name ${table?.tableName ?? 'TABLE'} ` +
  `--key '{"pk":{"S":"election#${election}"},"sk":{"S":"leader"}}'`;

function wake({ functions: { heartbeaters } }: Scene): string {
  const [heartbeater] = heartbeaters;
  if (heartbeater === undefined) return 'check whether the processes that stand for election run, and their logs.';
  return (
    `wake a candidate by hand: aws lambda invoke --function-name ${heartbeater.functionName} --payload '{}' ` +
    '--cli-binary-format raw-in-base64-out out.json. Its answer says why it does not lead (no answer: it leads).'
  );
}
