/**
 * The entry `tenure`: what runs where candidates run. The CDK constructs are in an entry of their own.
 * @module
 */

export type { Released } from './election/candidate/giving-back.js';
export type { Leadership } from './election/candidate/leadership.js';
export type { TryOptions, TryResult } from './election/candidate/try.js';
export type { Work } from './election/candidate/work.js';
export type { Effects, GivenEffects } from './election/context.js';
export { Election } from './election/election.js';
export type { CampaignOptions, Challenged, UntilOptions } from './election/election-calls.js';
export type { CandidateState, ElectionEvents, EventName, Listener, Operation } from './election/events.js';
export type { Fence, FenceCheck, StampableInput, Stamped, StampOptions } from './election/fence.js';
export type { Notice, Post } from './election/notices/notice.js';
export type { Office } from './election/office.js';
export type { ChallengeOptions, Revocation } from './election/operator.js';
export type { ElectionOptions, HealthCheck, YieldTo } from './election/options.js';
export type { Member, RosterStore } from './election/roster/roster-store.js';
export type { RosterMember } from './election/roster/succession.js';
export { type AnyDynamoDBClient, leaseClientConfig } from './lease/client.js';
export { isTenureError, TenureError, type TenureErrorCode } from './lease/errors.js';
export type { LostReason } from './lease/outcome.js';
export type { Challenger } from './lease/record.js';
export { createTable } from './lease/table.js';
export { MAX_LEASE_MS } from './lease/timing.js';
export { METRICS, type MetricName } from './names/metrics.js';
export type { Order } from './names/succession.js';
export {
  type HeartbeaterMode,
  type HeartbeaterOptions,
  type HeartbeaterResult,
  heartbeater,
  type Wake,
} from './serverless/heartbeater.js';
export type { LambdaContext } from './serverless/lambda.js';
export { type LeaderHandler, leaderOnly } from './serverless/leader-only.js';
export { type MetricSink, meter } from './serverless/meter.js';
export type { OfficeEvent } from './serverless/office-event.js';
