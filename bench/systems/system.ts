/** What a candidate of any kind is given, and what it reports: the bench measures all of them in the same way. */

export const SYSTEMS = ['tenure', 'deliveryhero', 'dynamodb-lock-client', 'awslabs-loop', 'client-go-loop'] as const;
export type SystemName = (typeof SYSTEMS)[number];

export const TITLES: Readonly<Record<SystemName, string>> = {
  tenure: 'Tenure',
  deliveryhero: '@deliveryhero/dynamodb-lock 2.0.0',
  'dynamodb-lock-client': 'dynamodb-lock-client 0.7.3',
  'awslabs-loop': "a loop with awslabs' timings",
  'client-go-loop': "a loop with client-go's timings",
};

/** All that a candidate process needs to know: its only argument. */
export interface Settings {
  readonly system: SystemName;
  readonly id: string;
  readonly name: string;
  readonly tableName: string;
  /** The proxy through which the requests of this process go, and are counted. */
  readonly endpoint: string;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Where the npm packages of others were installed. */
  readonly peers: string;
}

/** What a candidate reports. Each call is noted with its time. */
export interface CandidateEvents {
  /** It leads, and its work may begin. */
  elected(): void;
  /** Its work has to stop. Not called where nothing comes before the end itself. */
  stopping(): void;
  /** It says itself that it leads no more. */
  lost(why: string): void;
}

export interface Candidate {
  /** Gives the office back now, and stands again later. */
  resign(): Promise<void>;
  /** Gives the office back as the library recommends it at the end of a process, and stands no more. */
  close(): Promise<void>;
}

export type System = (settings: Settings, on: CandidateEvents) => Candidate;
