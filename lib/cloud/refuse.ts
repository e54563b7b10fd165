/** The errors of the constructs: at synthesis, with the place in the tree, what is wrong, and what to do. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** An error that names the construct. `message` says what was expected, what came, and what to do. */
export function refusal(scope: IConstruct, message: string): Error {
  return new Error(`Tenure, at ${scope.node.path || 'the app'}: ${message}`);
}

/** A value as it is shown in a message. */
export const show = (value: unknown): string =>
  Token.isUnresolved(value) ? 'a value that is known at deployment only' : (JSON.stringify(value) ?? String(value));

/**
 * Checks the name of an election. It becomes a key of the table and a condition of IAM, so wildcards and separators are
 * refused, and so is a token, whose value is not known at synthesis.
 */
export function checkElectionName(scope: IConstruct, name: string): string {
  if (typeof name === 'string' && !Token.isUnresolved(name) && /^[A-Za-z0-9._-]{1,64}$/.test(name)) return name;
  throw refusal(
    scope,
    `the name of an election must be 1 to 64 letters, digits, \`.\`, \`_\` or \`-\`, written out, but is ${show(name)}.`,
  );
}

/** Checks a candidate's id as the runtime does. */
export function checkCandidateId(scope: IConstruct, id: string): string {
  const bytes = typeof id === 'string' ? Buffer.byteLength(id) : 0;
  if (bytes >= 1 && bytes <= 128 && !Token.isUnresolved(id)) return id;
  throw refusal(scope, `the id of a candidate must be a text of 1 to 128 bytes, written out, but is ${show(id)}.`);
}

/** Checks a whole number within its range. */
export function checkWhole(scope: IConstruct, name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw refusal(scope, `\`${name}\` must be a whole number from ${least} to ${most}, but is ${show(value)}.`);
}
