/**
 * The entry `tenure/cloud`: CDK constructs. The runtime, `tenure`, never imports them.
 * @module
 */
export type { Connectable } from './connect.js';
export type { ExistingTableOptions } from './existing-table.js';
export type { FunctionSettings } from './function.js';
export { Heartbeater, type HeartbeaterOptions, type HeartbeaterProps, type Mode, type Work } from './heartbeater.js';
export { LeaseApi, type LeaseApiProps } from './lease-api.js';
export { LeaseTable, type LeaseTableProps } from './lease-table.js';
export type { ILeaseTable } from './lease-table-grants.js';
export type { AlarmName } from './monitoring/alarm-table.js';
export type { AlarmSettings, AlarmsSettings } from './monitoring/alarms.js';
export type { MonitoredFunctions, MonitoredQueues } from './monitoring/scene.js';
export {
  type DashboardSettings,
  Monitoring,
  type MonitoringOptions,
  type MonitoringProps,
} from './monitoring.js';
export { OfficeEvents, type OfficeEventsProps } from './office-events.js';
export { ProofOfDeath, type ProofOfDeathProps } from './proof-of-death.js';
export { ReElection, type ReElectionProps } from './re-election.js';
export type { MultiRegion } from './regions.js';
export { RollCall, type RollCallProps } from './roll-call.js';
export { type CandidateSettings, ServerlessElection, type ServerlessElectionProps } from './serverless-election.js';
export type { Timings } from './timings.js';
export { Watchdog, type WatchdogProps } from './watchdog.js';
