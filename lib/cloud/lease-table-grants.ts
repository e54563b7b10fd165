/** The grants of a lease table, shared by new tables and existing ones. */
import type { ITable, ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { grantTableKey } from './grants.js';
import { checkElectionName } from './refuse.js';

const LEADING_KEYS = 'dynamodb:LeadingKeys';

/** The table of the elections, made by `new LeaseTable` or named by `LeaseTable.fromTable`. */
export interface ILeaseTable extends IConstruct {
  /** The table itself. */
  readonly table: ITable | ITableV2;
  /** Its name. */
  readonly tableName: string;
  /** Its ARN, in the stack's Region. */
  readonly tableArn: string;
  /** The stream of its changes; `undefined` if an existing table has none, or if its stream is not known here. */
  readonly tableStreamArn: string | undefined;
  /** Whether it is a strongly consistent global table, which has no transactions. */
  readonly multiRegion: boolean;
  /**
   * Lets `grantee` stand for `electionName`, or for every election if that is left out: `GetItem`, `UpdateItem`, and
   * `ConditionCheckItem` for its own transactions under `fence.check()`; in every Region of the table. Nothing else: a
   * candidate can neither delete a record nor replace it.
   */
  grantCandidate(grantee: IGrantable, electionName?: string): Grant;
  /**
   * Lets `grantee` stand on the roster of `electionName`, or of every election (`succession`): `Query`, `UpdateItem` and
   * `DeleteItem` on the roster's own items, which are in another partition than the record.
   */
  grantRoster(grantee: IGrantable, electionName?: string): Grant;
  /** Lets `grantee` read the roster of `electionName`, or of every election: `Query`. */
  grantReadRoster(grantee: IGrantable, electionName?: string): Grant;
  /** Lets `grantee` read the leader of `electionName`, or of every election: `GetItem`. */
  grantObserve(grantee: IGrantable, electionName?: string): Grant;
  /** Lets `grantee` remove a leader from office: `GetItem` and `UpdateItem`. For operators and for proof of death. */
  grantRevoke(grantee: IGrantable, electionName?: string): Grant;
}

/** One Region's table, as a resource of grants. */
interface Replica {
  readonly tableArn: string;
  readonly encryptionKey?: IKey;
}

/** What every lease table does, new or existing. */
export abstract class LeaseTableBase extends Construct implements ILeaseTable {
  abstract readonly table: ITable | ITableV2;
  abstract readonly multiRegion: boolean;
  /** The table of each Region. Grants name them all, because CDK's own `grant()` covers only the first. */
  protected abstract readonly replicas: readonly Replica[];

  get tableName(): string {
    return this.table.tableName;
  }

  get tableArn(): string {
    return this.table.tableArn;
  }

  get tableStreamArn(): string | undefined {
    return this.table.tableStreamArn;
  }

  grantCandidate(grantee: IGrantable, electionName?: string): Grant {
    const actions = ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
    return this.#grant(grantee, actions, 'write', electionName);
  }

  grantRoster(grantee: IGrantable, electionName?: string): Grant {
    const actions = ['dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
    return this.#grant(grantee, actions, 'write', electionName, 'roster');
  }

  grantReadRoster(grantee: IGrantable, electionName?: string): Grant {
    return this.#grant(grantee, ['dynamodb:Query'], 'read', electionName, 'roster');
  }

  grantObserve(grantee: IGrantable, electionName?: string): Grant {
    return this.#grant(grantee, ['dynamodb:GetItem'], 'read', electionName);
  }

  grantRevoke(grantee: IGrantable, electionName?: string): Grant {
    return this.#grant(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], 'write', electionName);
  }

  #grant(
    grantee: IGrantable,
    actions: string[],
    use: 'read' | 'write',
    electionName?: string,
    items: 'election' | 'roster' = 'election',
  ): Grant {
    // `LeadingKeys` is the partition key of the requested items, and every request of these actions has it: IAM itself
    // keeps the elections apart.
    const conditions: Record<string, Record<string, string[]>> = electionName === undefined
      ? { 'ForAllValues:StringLike': { [LEADING_KEYS]: [`${items}#*`] } }
      : { 'ForAllValues:StringEquals': { [LEADING_KEYS]: [`${items}#${checkElectionName(this, electionName)}`] } };
    for (const { encryptionKey } of this.replicas) grantTableKey(encryptionKey, grantee, use);
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: this.replicas.map((replica) => replica.tableArn),
      conditions,
    });
  }
}
