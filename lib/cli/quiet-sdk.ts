/**
 * Keeps the SDK from printing that its releases from January 2027 on need Node 22: who calls `tenure` cannot act on that.
 * It looks when the first client is made, so the variable is there from the start, and gone again for whom we start.
 */
const VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
let isOurs = false;

export function quietSdk(): void {
  isOurs ||= process.env[VARIABLE] === undefined;
  process.env[VARIABLE] ??= 'true';
}

/** The environment as it was given to us. */
export function givenEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  if (isOurs) delete env[VARIABLE];
  return env;
}
