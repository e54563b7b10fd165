/** Which Regions a multi-Region strongly consistent table may have. Everything else is refused, with the reason. */
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { refusal, show } from './refuse.js';

/** The Regions of a strongly consistent global table, beside the stack's own. */
export interface MultiRegion {
  /** The Regions of the other replicas: two of them, or one and a `witness`. */
  readonly replicas: readonly string[];
  /** The Region that takes part in every write but keeps no table: cheaper than a third replica. Default: none. */
  readonly witness?: string;
}

/** The sets within which DynamoDB offers multi-Region strong consistency. */
const REGION_SETS: readonly (readonly string[])[] = [
  ['us-east-1', 'us-east-2', 'us-west-2'],
  ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1'],
  ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
];

const SETS = REGION_SETS.map((set) => set.join(', ')).join('; ');

/** Refuses a stack whose Region is not known: then CDK cannot distinguish `what` from Region to Region. */
export function checkRegionKnown(scope: IConstruct, what: string): void {
  if (!Token.isUnresolved(Stack.of(scope).region)) return;
  throw refusal(
    scope,
    `${what} needs a stack with a Region: give the stack \`env: { region: 'us-east-1' }\`, or the app the setting ` +
      '`region`.',
  );
}

/** Refuses Regions that no strongly consistent table can have. */
export function checkRegions(scope: IConstruct, { replicas, witness }: MultiRegion): void {
  const { region } = Stack.of(scope);
  checkRegionKnown(scope, 'a multi-Region table');
  const others: readonly unknown[] = Array.isArray(replicas) ? replicas : [];
  const all = [region, ...others, ...(witness === undefined ? [] : [witness])];
  const named = all.every((one) => typeof one === 'string' && !Token.isUnresolved(one));
  if (!named || others.length === 0 || all.length !== 3 || new Set(all).size !== 3) {
    throw refusal(
      scope,
      "a strongly consistent global table has exactly three Regions, all different: the stack's own, and two `replicas`, " +
        `or one replica and a \`witness\`; but the stack is in ${region}, replicas are ${show(replicas)} and the witness is ` +
        `${show(witness)}.`,
    );
  }
  if (!REGION_SETS.some((set) => all.every((one) => set.includes(one as string)))) {
    throw refusal(
      scope,
      `DynamoDB offers strong consistency across Regions within one of these sets alone: ${SETS}; but the Regions are ` +
        `${all.join(', ')}. Choose three of one set.`,
    );
  }
}
