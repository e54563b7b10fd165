/** One election with all of its parts, with defaults that can be left alone. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import { TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type ICluster, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Order } from '../names/succession.js';
import { type Connectable, equip } from './connect.js';
import { candidateEnvironment } from './environment.js';
import type { FunctionSettings } from './function.js';
import { Heartbeater, type HeartbeaterOptions } from './heartbeater.js';
import { LeaseTable } from './lease-table.js';
import type { ILeaseTable } from './lease-table-grants.js';
import { Monitoring, type MonitoringOptions } from './monitoring.js';
import { OfficeEvents } from './office-events.js';
import { ProofOfDeath } from './proof-of-death.js';
import { deadLetters } from './queues.js';
import { ReElection } from './re-election.js';
import { checkCandidateId, checkElectionName, checkWhole, refusal, show } from './refuse.js';
import type { MultiRegion } from './regions.js';
import { RollCall } from './roll-call.js';
import { resolveNotices, resolveTimings, type Timings } from './timings.js';
import { Watchdog } from './watchdog.js';

/** One candidate of a {@link ServerlessElection}. */
export interface CandidateSettings extends HeartbeaterOptions {
  /** Its id. Default: `<election>-a`, `-b` and so on. */
  readonly id?: string;
}

/** How a {@link ServerlessElection} is made. Only `election` is needed. */
export interface ServerlessElectionProps extends Omit<HeartbeaterOptions, 'function'>, Timings, FunctionSettings {
  /** The office: 1 to 64 letters, digits, `.`, `_`, `-`. */
  readonly election: string;
  /**
   * The candidates that are functions: a number, or a list. What is left out of one is taken from these properties.
   * Default 3. With 0 there are none: connect your own.
   */
  readonly candidates?: number | readonly CandidateSettings[];
  /** The table of the elections. Default: one of its own. */
  readonly table?: ILeaseTable;
  /**
   * The order in which a vacancy passes to the connected processes. They are listed on a roster, and get its grants.
   * Functions are not in the line: they are woken after it. With `monitoring`, a roll call counts the standbys once a
   * minute. Default: no roster.
   */
  readonly succession?: Order;
  /** Makes its own table a strongly consistent one of three Regions. Default: only the stack's Region. */
  readonly multiRegion?: MultiRegion;
  /** The bus on which changes of office are published. Default: one of its own. */
  readonly bus?: IEventBus;
  /** Post-dated death notices: failover within the lease and a second or two. Default `on`, for leases under 890 s. */
  readonly notices?: 'on' | 'off';
  /**
   * Revokes a leader whose ECS task has stopped, in any cluster or in one. Default: on as soon as a task definition is connected.
   */
  readonly proofOfDeath?: boolean | { readonly cluster?: ICluster };
  /** Tunes the dashboard and the alarms. `false`: neither. Default: both, with alarms that are sent nowhere. */
  readonly monitoring?: MonitoringOptions | false;
  /** What happens to the table and to log groups that are removed from the stack. Default: `RETAIN`, and the table is protected. */
  readonly removalPolicy?: RemovalPolicy;
}

/** Ids end in one letter, a to z. This is far more than any election needs. */
const MAX_CANDIDATES = 26;

/**
 * An election that needs no server: a table, candidates that are functions, events of every change, and monitoring.
 * What runs elsewhere can stand for the same office by {@link ServerlessElection.connect}.
 *
 * @throws Error at synthesis, for what could not work; it names the construct, what was expected, what came, what to do
 * @example
 * const billing = new ServerlessElection(this, 'Billing', { election: 'billing', work: { entry: 'billing.ts' } });
 * billing.connect(service.taskDefinition); // a server may stand as well
 */
export class ServerlessElection extends Construct {
  /** The office. */
  readonly election: string;
  /** The table of the elections. */
  readonly table: ILeaseTable;
  /** The queue of what could not be handled. */
  readonly deadLetterQueue: IQueue;
  /** The bus and the publisher. */
  readonly officeEvents: OfficeEvents;
  /** The queue of notices and its consumer; `undefined` with notices off. */
  readonly watchdog: Watchdog | undefined;
  /** The rules that wake the heartbeaters. */
  readonly reElection: ReElection;
  /** Metrics, alarms and the dashboard; `undefined` if switched off. */
  readonly monitoring: Monitoring | undefined;
  /** Counts the standbys; `undefined` without `succession`, or with monitoring switched off. */
  readonly rollCall: RollCall | undefined;
  readonly #props: ServerlessElectionProps;
  readonly #timings: Required<Timings>;
  readonly #heartbeaters: Heartbeater[] = [];
  #proofOfDeath: ProofOfDeath | undefined;

  constructor(scope: Construct, id: string, props: ServerlessElectionProps) {
    super(scope, id);
    this.#props = { ...props, logRemovalPolicy: props.logRemovalPolicy ?? props.removalPolicy };
    this.#timings = resolveTimings(this, props);
    this.election = checkElectionName(this, props.election);
    const parts = { ...this.#props, ...this.#timings };
    this.table = props.table ?? this.#makeTable();
    if (props.table && props.multiRegion) {
      throw refusal(this, '`multiRegion` is for its own table: with `table`, set it where that table is made.');
    }
    this.deadLetterQueue = deadLetters(this, props.encryptionKey);
    const common = { ...parts, election: this.election, table: this.table, deadLetterQueue: this.deadLetterQueue };
    this.officeEvents = new OfficeEvents(this, 'OfficeEvents', common);
    if (resolveNotices(this, props.notices, this.#timings.leaseMs))
      this.watchdog = new Watchdog(this, 'Watchdog', common);
    this.reElection = new ReElection(this, 'ReElection', {
      election: this.election,
      bus: this.bus,
      deadLetterQueue: this.deadLetterQueue,
    });
    for (const candidate of this.#candidates()) this.addHeartbeater(candidate);
    if (props.monitoring !== false) {
      if (props.succession !== undefined) this.rollCall = new RollCall(this, 'RollCall', common);
      this.monitoring = this.#monitor(props.monitoring);
    }
    if (props.proofOfDeath) this.#bury();
  }

  /** The candidates that are functions, in the order in which they were added. */
  get heartbeaters(): readonly Heartbeater[] {
    return this.#heartbeaters;
  }

  /** The bus on which changes of office are published. */
  get bus(): IEventBus {
    return this.officeEvents.bus;
  }

  /** Revokes leaders whose ECS task has stopped, if this is on. */
  get proofOfDeath(): ProofOfDeath | undefined {
    return this.#proofOfDeath;
  }

  /** Adds a candidate that is a function, and lets ticks and vacancies wake it. */
  addHeartbeater(candidate: CandidateSettings = {}): Heartbeater {
    const number = this.#heartbeaters.length;
    const { mode, work, priority, timeout, memorySize } = this.#props;
    // A user's own function has its own settings for these: the shared ones are not for it.
    const shared = candidate.function ? { mode, priority } : { mode, work, priority, timeout, memorySize };
    const letter = String.fromCharCode('a'.charCodeAt(0) + number);
    if (number >= MAX_CANDIDATES) throw refusal(this, `an election has at most ${MAX_CANDIDATES} heartbeaters.`);
    const { id = `${this.election}-${letter}`, ...own } = candidate;
    if (this.#heartbeaters.some((other) => other.candidate === id)) {
      throw refusal(
        this,
        `two candidates have the id ${show(id)}: a relay between functions of one id would never end.`,
      );
    }
    const heartbeater = new Heartbeater(this, `Heartbeater${letter.toUpperCase()}`, {
      ...this.#props,
      ...shared,
      ...own,
      election: this.election,
      candidate: id,
      table: this.table,
      watchdog: this.watchdog,
      deadLetterQueue: this.deadLetterQueue,
    });
    this.#heartbeaters.push(heartbeater);
    this.reElection.addHeartbeater(heartbeater);
    this.monitoring?.addFunctions({ heartbeaters: [heartbeater.function] });
    return heartbeater;
  }

  /**
   * Makes a function or a task definition a candidate: sets its environment (in all containers of a task definition), which
   * `Election.fromEnvironment()` reads, and grants what a candidate needs. For any other principal it makes only the grants.
   *
   * @param target a function, a task definition, or any other principal, which only gets the grants
   * @param options.candidate its id. Default: the process makes one of its own; tasks of ECS should keep that
   * @returns the environment, for targets on which it is not set
   */
  connect(target: Connectable, { candidate }: { readonly candidate?: string } = {}): Record<string, string> {
    if (candidate !== undefined) checkCandidateId(this, candidate);
    const environment = this.environment(candidate);
    const grantee = equip(target, environment);
    this.grantCandidate(grantee);
    if (target instanceof TaskDefinition && this.#props.proofOfDeath === undefined) this.#bury();
    return environment;
  }

  /** The variables that `Election.fromEnvironment()` reads. */
  environment(candidate?: string): Record<string, string> {
    return candidateEnvironment({
      election: this.election,
      table: this.table,
      candidate,
      noticeQueue: this.watchdog?.queue,
      succession: this.#props.succession,
      timings: this.#timings,
      given: this.#props,
    });
  }

  /** Lets `grantee` stand for this election, be listed on its roster if it has one, and send its notices. */
  grantCandidate(grantee: IGrantable): void {
    this.table.grantCandidate(grantee, this.election);
    if (this.#props.succession !== undefined) this.table.grantRoster(grantee, this.election);
    this.watchdog?.grantMail(grantee);
  }

  /** Lets `grantee` read the leader. */
  grantObserve(grantee: IGrantable): Grant {
    return this.table.grantObserve(grantee, this.election);
  }

  /** Lets `grantee` remove the leader from office. */
  grantRevoke(grantee: IGrantable): Grant {
    return this.table.grantRevoke(grantee, this.election);
  }

  /** Lets `grantee` send notices: part of {@link grantCandidate}. Refused with notices off: there is no queue. */
  grantMail(grantee: IGrantable): Grant {
    if (this.watchdog) return this.watchdog.grantMail(grantee);
    throw refusal(this, 'there is no queue of notices to grant: `notices` are off.');
  }

  #makeTable(): LeaseTable {
    const { encryptionKey, multiRegion, removalPolicy } = this.#props;
    if (encryptionKey && multiRegion) {
      throw refusal(
        this,
        'a multi-Region table needs a key in each of its Regions, but `encryptionKey` is of one: make the table yourself, with ' +
          '`encryption: TableEncryptionV2.customerManagedKey(key, { <Region>: <ARN> })`, and pass it as `table`.',
      );
    }
    return new LeaseTable(this, 'Leases', {
      multiRegion,
      removalPolicy,
      encryption: encryptionKey && TableEncryptionV2.customerManagedKey(encryptionKey),
    });
  }

  #candidates(): readonly CandidateSettings[] {
    const { candidates = 3 } = this.#props;
    if (Array.isArray(candidates)) return candidates;
    const count = checkWhole(this, 'candidates', candidates, 0, MAX_CANDIDATES);
    return Array.from({ length: count }, () => ({}));
  }

  #monitor(options: MonitoringOptions | undefined): Monitoring {
    return new Monitoring(this, 'Monitoring', {
      ...options,
      ...this.#timings,
      election: this.election,
      mode: this.#props.mode,
      functions: {
        heartbeaters: this.#heartbeaters.map((heartbeater) => heartbeater.function),
        publisher: this.officeEvents.function,
        ...(this.watchdog && { watchdog: this.watchdog.function }),
        ...(this.rollCall && { rollCall: this.rollCall.function }),
      },
      queues: { notices: this.watchdog?.queue, deadLetters: this.deadLetterQueue },
      table: this.table,
      changes: this.officeEvents.logGroup,
    });
  }

  #bury(): void {
    if (this.#proofOfDeath) return;
    const { proofOfDeath } = this.#props;
    this.#proofOfDeath = new ProofOfDeath(this, 'ProofOfDeath', {
      ...this.#props,
      ...this.#timings,
      election: this.election,
      table: this.table,
      deadLetterQueue: this.deadLetterQueue,
      cluster: typeof proofOfDeath === 'object' ? proofOfDeath.cluster : undefined,
    });
    this.monitoring?.addFunctions({ undertaker: this.#proofOfDeath.function });
  }
}
