/** In which order the pages of the reference tell of what is exported. What is new is given its place here. */

/** The package's entries: what is imported, the file that exports it, its page. */
export const ENTRIES = [
  {
    name: 'tenure',
    file: 'lib/index.ts',
    module: 'index',
    page: 'tenure.md',
    about: "What runs where candidates run: `import { Election } from 'tenure'`.",
    sections: {
      'Stand for office': ['Election', 'ElectionOptions', 'HealthCheck', 'YieldTo', 'Order', 'TryOptions', 'TryResult'],
      Lead: ['Work', 'Leadership', 'Released', 'LostReason'],
      'Fence what you write': ['Fence', 'FenceCheck', 'StampableInput', 'Stamped'],
      'Know who leads': ['Office', 'Challenger', 'RosterMember', 'Revocation', 'ChallengeOptions'],
      'Events and errors': [
        'ElectionEvents',
        'EventName',
        'Listener',
        'CandidateState',
        'Operation',
        'TenureError',
        'TenureErrorCode',
        'isTenureError',
      ],
      'Lambda functions': [
        'leaderOnly',
        'LeaderHandler',
        'heartbeater',
        'HeartbeaterOptions',
        'HeartbeaterMode',
        'HeartbeaterResult',
        'Wake',
        'LambdaContext',
        'OfficeEvent',
      ],
      Metrics: ['meter', 'MetricSink', 'METRICS', 'MetricName'],
      'Table and client': ['createTable', 'leaseClientConfig', 'AnyDynamoDBClient', 'MAX_LEASE_MS'],
      'Simulations and tests': ['Effects', 'Notice', 'Post', 'RosterStore', 'Member'],
    },
  },
  {
    name: 'tenure/cloud',
    file: 'lib/cloud/index.ts',
    module: 'cloud',
    page: 'cloud.md',
    about:
      "Constructs of the AWS CDK: `import { ServerlessElection } from 'tenure/cloud'`. How they fit together is in [deploying](../deploying.md).",
    sections: {
      'A whole election': [
        'ServerlessElection',
        'ServerlessElectionProps',
        'CandidateSettings',
        'Timings',
        'FunctionSettings',
        'Connectable',
        'MultiRegion',
      ],
      'The table': ['LeaseTable', 'LeaseTableProps', 'ILeaseTable', 'ExistingTableOptions'],
      'Candidates that are functions': ['Heartbeater', 'HeartbeaterProps', 'HeartbeaterOptions', 'Mode', 'Work'],
      'What wakes and what ends': [
        'Watchdog',
        'WatchdogProps',
        'OfficeEvents',
        'OfficeEventsProps',
        'ReElection',
        'ReElectionProps',
        'ProofOfDeath',
        'ProofOfDeathProps',
        'RollCall',
        'RollCallProps',
      ],
      'Other languages': ['LeaseApi', 'LeaseApiProps'],
      Monitoring: [
        'Monitoring',
        'MonitoringProps',
        'MonitoringOptions',
        'MonitoredFunctions',
        'MonitoredQueues',
        'DashboardSettings',
        'AlarmsSettings',
        'AlarmSettings',
        'AlarmName',
      ],
    },
  },
  {
    name: 'tenure/http',
    file: 'lib/http/index.ts',
    module: 'http',
    page: 'http.md',
    about:
      "The lease API over HTTP: `import { startAgent } from 'tenure/http'`. Its requests and answers are in [http](../http.md).",
    sections: {
      'An agent': ['startAgent', 'AgentOptions', 'Agent'],
      'An app of your own': ['leaseApi', 'LeaseApiOptions', 'LeaseApi', 'openApiDocument'],
    },
  },
];

/** The sections of an entry with what it exports; what has no place yet comes last. */
export function sectionsOf({ name, sections }, children) {
  const byName = new Map(children.map((child) => [child.name, child]));
  const placed = Object.entries(sections).map(([title, names]) => ({
    title,
    exports: names.map((it) => {
      const child = byName.get(it);
      if (child === undefined) throw new Error(`${name} exports no ${it}: take it out of docs/reference/sections.mjs.`);
      byName.delete(it);
      return child;
    }),
  }));
  return byName.size === 0 ? placed : [...placed, { title: 'More', exports: [...byName.values()] }];
}
