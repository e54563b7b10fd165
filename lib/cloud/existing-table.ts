/** An existing table, used as a lease table. */
import { Stack } from 'aws-cdk-lib';
import { type ITable, type ITableV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { LeaseTableBase } from './lease-table-grants.js';
import { refusal, show } from './refuse.js';
import type { MultiRegion } from './regions.js';
import { problemsOf } from './table-rules.js';

/** What an existing table does not say by itself. */
export interface ExistingTableOptions {
  /** Its other Regions, if it is a strongly consistent global table. Default: the table of one Region. */
  readonly multiRegion?: MultiRegion;
}

/** Made by `LeaseTable.fromTable`. */
export class ExistingLeaseTable extends LeaseTableBase {
  readonly multiRegion: boolean;
  protected readonly replicas: readonly { readonly tableArn: string; readonly encryptionKey?: IKey }[];

  constructor(
    scope: Construct,
    id: string,
    readonly table: ITable | ITableV2,
    { multiRegion }: ExistingTableOptions,
  ) {
    super(scope, id);
    this.multiRegion = multiRegion !== undefined;
    if (multiRegion !== undefined && !(Array.isArray(multiRegion.replicas) && multiRegion.replicas.length > 0)) {
      throw refusal(
        this,
        `\`multiRegion.replicas\` must name the table's other Regions, but is ${show(multiRegion.replicas)}.`,
      );
    }
    this.replicas = [table, ...(multiRegion?.replicas ?? []).map((region) => this.#replica(region))];
    this.node.addValidation({ validate: () => problemsOf(table, this.multiRegion) });
  }

  #replica(region: string): { readonly tableArn: string; readonly encryptionKey?: IKey } {
    // A replica has the same account and name; one in this app knows its own key as well.
    if (this.table instanceof TableV2) return this.table.replica(region);
    const { account } = this.table.env;
    return {
      tableArn: Stack.of(this).formatArn({
        service: 'dynamodb',
        region,
        account,
        resource: 'table',
        resourceName: this.table.tableName,
      }),
    };
  }
}
