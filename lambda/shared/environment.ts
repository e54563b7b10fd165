/** The environment variables that a function needs. */

/** @throws Error that names the variable and what sets it */
export function required(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(
    `The environment variable ${name} must be set for this function: the constructs of tenure/cloud do that.`,
  );
}
