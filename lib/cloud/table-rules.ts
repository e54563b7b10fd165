/** The rules for any table of elections: the policy that protects its records, and the shapes that are refused. */
import { Stack } from 'aws-cdk-lib';
import { CfnGlobalTable, CfnTable, type ITable, type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Every write but `UpdateItem`, by which alone the protocol writes. */
const OTHER_WRITES = [
  'dynamodb:DeleteItem',
  'dynamodb:PutItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
];

/**
 * Denies everybody, administrators too, to delete or replace a record of an election (S4): its term, and every fencing
 * token with it, would start again. The resource is `*`, which in a table's own policy means only this table. Its own
 * ARN cannot stand there, because the table would then have to exist before itself (a cycle in CloudFormation).
 * `ForAnyValue`, so that a batch is denied if one of its keys is an election's.
 */
export function denyOtherWrites(): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'RecordsOfElectionsAreNeverDeletedOrReplaced',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: OTHER_WRITES,
        resources: ['*'],
        conditions: { 'ForAnyValue:StringLike': { 'dynamodb:LeadingKeys': ['election#*'] } },
      }),
    ],
  });
}

/**
 * What is wrong with a table of this app, as its template will have it. Nothing is known of an imported table.
 * @param multiRegion whether it is used as a strongly consistent global table
 */
export function problemsOf(table: ITable | ITableV2, multiRegion: boolean): string[] {
  const shape = shapeOf(table);
  if (shape === undefined) return [];
  const strong = shape.MultiRegionConsistency === 'STRONG';
  // The older `Table` makes its replicas by custom resources of its own.
  const replicated =
    (shape.Replicas?.length ?? 0) > 1 || table.node.children.some(({ node }) => /^Replica/.test(node.id));
  const key = (shape.KeySchema ?? []).map(({ AttributeName, KeyType }) => {
    const type = shape.AttributeDefinitions?.find((one) => one.AttributeName === AttributeName)?.AttributeType;
    return `${AttributeName} ${KeyType} ${type}`;
  });
  const problems: [boolean, string][] = [
    [
      shape.TimeToLiveSpecification?.Enabled !== undefined && shape.TimeToLiveSpecification.Enabled !== false,
      'A table of elections must have no time to live: after a record is deleted, the term and every fencing token ' +
        'start again at 1. Remove it, or give the elections a table of their own.',
    ],
    [
      replicated && !strong,
      "A table of elections must be no ordinary global table: that checks conditions on one Region's copy, so two " +
        'Regions would each have a leader. Use `multiRegion` of LeaseTable, which makes a strongly consistent one.',
    ],
    [
      strong && !multiRegion,
      'This table is a strongly consistent global one, which must be said (`multiRegion` of `LeaseTable.fromTable`): ' +
        'grants are needed in each of its Regions, and candidates must know that it has no transactions.',
    ],
    [
      multiRegion && !strong,
      '`multiRegion` was said of a table that is not strongly consistent across Regions. Leave it out, or use ' +
        '`multiRegion` of a new LeaseTable: consistency is chosen when a table is made.',
    ],
    [
      key.join(', ') !== 'pk HASH S, sk RANGE S',
      `A table of elections has the key pk (HASH, S) and sk (RANGE, S), but this one has ${key.join(', ')}.`,
    ],
  ];
  return problems.filter(([wrong]) => wrong).map(([, problem]) => problem);
}

/** The table as CloudFormation will see it, with all overrides. */
function shapeOf(table: ITable | ITableV2): Shape['Properties'] | undefined {
  const resource = table.node.defaultChild;
  if (!(resource instanceof CfnGlobalTable) && !(resource instanceof CfnTable)) return undefined;
  const { Resources } = Stack.of(table).resolve(resource._toCloudFormation()) as { Resources: Record<string, Shape> };
  return Object.values(Resources)[0]?.Properties;
}

/** The parts of a table in a template that are checked. */
interface Shape {
  readonly Properties: {
    readonly TimeToLiveSpecification?: { readonly Enabled?: unknown };
    readonly MultiRegionConsistency?: string;
    readonly Replicas?: readonly { readonly Region?: unknown }[];
    readonly KeySchema?: readonly { readonly AttributeName: string; readonly KeyType: string }[];
    readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  };
}
