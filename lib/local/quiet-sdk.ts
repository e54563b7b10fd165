/**
 * Keeps the SDK from printing, in each process that runs on Node 20, that its releases from January 2027 on need Node 22:
 * users of these programs cannot act on that. Only this notice is suppressed; every other warning is still printed.
 */
const VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** For the environment of a child process. */
export const QUIET_SDK_ENV = { [VARIABLE]: 'true' } as const;

let wasSetHere = false;

/** For this process. Call it before the first client is made: the SDK reads the variable only then. */
export function quietSdk(): void {
  wasSetHere ||= process.env[VARIABLE] === undefined;
  process.env[VARIABLE] ??= 'true';
}

/** The environment as it was given to this process: for commands that are not this package's own. */
export function givenEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  if (wasSetHere) delete env[VARIABLE];
  return env;
}
