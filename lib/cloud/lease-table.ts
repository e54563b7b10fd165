/** The table of the elections, as it should be in production: recoverable, protected, its records never deleted. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITable,
  type ITableV2,
  MultiRegionConsistency,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ExistingLeaseTable, type ExistingTableOptions } from './existing-table.js';
import { type ILeaseTable, LeaseTableBase } from './lease-table-grants.js';
import { refusal } from './refuse.js';
import { checkRegionKnown, checkRegions, type MultiRegion } from './regions.js';
import { denyOtherWrites, problemsOf } from './table-rules.js';

/** How a {@link LeaseTable} is made. Every property is optional. */
export interface LeaseTableProps {
  /** Its name. Default: CloudFormation makes one. */
  readonly tableName?: string;
  /**
   * Makes it a strongly consistent table of three Regions: an election goes on when a Region is lost. Such tables have
   * no transactions: fence with `stamp()`, not `check()`. Default: only the stack's Region.
   */
  readonly multiRegion?: MultiRegion;
  /**
   * The key with which it is encrypted at rest. Default: the one that DynamoDB owns. The records are not secret, this key
   * costs nothing, and heartbeats do not depend on KMS. With `TableEncryptionV2.awsManagedKey()` CloudTrail shows the uses;
   * `TableEncryptionV2.customerManagedKey(key)` is your own key.
   */
  readonly encryption?: TableEncryptionV2;
  /** What happens to it when it is removed from the stack. Default `RETAIN`: without the records the fencing tokens are lost. */
  readonly removalPolicy?: RemovalPolicy;
  /** Whether it cannot be deleted until this is switched off. Default: `true`, unless `removalPolicy` is `DESTROY`. */
  readonly deletionProtection?: boolean;
  /** Whether it can be restored to any second of the last 35 days. Default `true`. */
  readonly pointInTimeRecovery?: boolean;
}

const KNOWN = ['tableName', 'multiRegion', 'encryption', 'removalPolicy', 'deletionProtection', 'pointInTimeRecovery'];

/**
 * The DynamoDB table of the elections (`pk`, `sk`, on demand, with a stream of both images). Section 2.
 *
 * @example
 * const leases = new LeaseTable(this, 'Leases');
 * leases.grantCandidate(service.taskDefinition.taskRole, 'billing');
 */
export class LeaseTable extends LeaseTableBase {
  /** The table itself, for what this construct does not offer. A time to live or an ordinary replica is refused. */
  readonly table: TableV2;
  /** Whether it is a strongly consistent global table, which has no transactions. */
  readonly multiRegion: boolean;
  protected readonly replicas: ITableV2[];

  /**
   * An existing table, with the key `pk` and `sk` (both strings). Pass `multiRegion` if it is a strongly consistent one,
   * so that grants cover all its Regions. What this app knows of it is checked like a new table.
   */
  static fromTable(
    scope: Construct,
    id: string,
    table: ITable | ITableV2,
    options: ExistingTableOptions = {},
  ): ILeaseTable {
    return new ExistingLeaseTable(scope, id, table, options);
  }

  constructor(scope: Construct, id: string, props: LeaseTableProps = {}) {
    super(scope, id);
    this.#checkKnown(props);
    const { multiRegion, removalPolicy = RemovalPolicy.RETAIN } = props;
    if (multiRegion) checkRegions(this, multiRegion);
    if (props.encryption?.tableKey) checkRegionKnown(this, 'a table with a key of your own');
    this.multiRegion = multiRegion !== undefined;
    this.table = new TableV2(this, 'Table', {
      tableName: props.tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      encryption: props.encryption ?? TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.pointInTimeRecovery ?? true },
      deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      resourcePolicy: denyOtherWrites(),
      ...(multiRegion && {
        multiRegionConsistency: MultiRegionConsistency.STRONG,
        // Named for each replica, because a feature flag of CDK decides whether the first one's is copied.
        replicas: multiRegion.replicas.map((region) => ({ region, resourcePolicy: denyOtherWrites() })),
        witnessRegion: multiRegion.witness,
      }),
    });
    this.replicas = [this.table, ...(multiRegion?.replicas ?? []).map((region) => this.table.replica(region))];
    this.node.addValidation({ validate: () => problemsOf(this.table, this.multiRegion) });
  }

  /** JavaScript, or a cast, can pass what the types do not have. For the two that matter, the error says why not. */
  #checkKnown(props: object): void {
    const unknown = Object.keys(props).filter((key) => !KNOWN.includes(key));
    if (unknown.length === 0) return;
    const why = unknown.includes('timeToLiveAttribute')
      ? 'A lease table has no time to live: it would delete records, and after that the term and every fencing token start again at 1.'
      : unknown.includes('replicas')
        ? "A lease table must be no ordinary global table: that checks conditions on one Region's copy, so there would be two leaders. Use `multiRegion`."
        : `Known are: ${KNOWN.join(', ')}.`;
    throw refusal(this, `unknown property ${unknown.map((key) => `\`${key}\``).join(', ')} of a LeaseTable. ${why}`);
  }
}
