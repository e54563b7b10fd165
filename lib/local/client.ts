/** How to reach an engine: a client for this process, and the environment that says the same to child processes. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { QUIET_SDK_ENV, quietSdk } from './quiet-sdk.js';

export { quietSdk };

/** The SDK's own variable for an endpoint. Set, it also decides which engine `startEngine` uses. */
export const ENDPOINT_VARIABLE = 'AWS_ENDPOINT_URL_DYNAMODB';

/**
 * A client for the engine at `endpoint`. Local engines take any credentials, so it brings its own and needs none to
 * be set; real ones are used only for the endpoint that the environment names, when the environment has them too.
 */
export function engineClient(endpoint: string, overrides: DynamoDBClientConfig = {}): DynamoDBClient {
  quietSdk();
  return new DynamoDBClient({ endpoint, region: region(), credentials: credentialsFor(endpoint), ...overrides });
}

/**
 * What a child process needs in its environment so that a plain `new DynamoDBClient({})` reaches the engine:
 * `spawn(..., { env: { ...process.env, ...engineEnv(endpoint) } })`.
 */
export function engineEnv(endpoint: string): Record<string, string> {
  const credentials = credentialsFor(endpoint);
  return {
    [ENDPOINT_VARIABLE]: endpoint,
    AWS_REGION: region(),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    // Emptied, because the SDK prefers a profile to keys, and would send the token of other keys along with these.
    AWS_SESSION_TOKEN: credentials.sessionToken ?? '',
    AWS_PROFILE: '',
    ...QUIET_SDK_ENV,
  };
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

function credentialsFor(endpoint: string): Credentials {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  if (endpoint !== process.env[ENDPOINT_VARIABLE] || !id || !secret) {
    return { accessKeyId: 'local', secretAccessKey: 'local' };
  }
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) };
}

function region(): string {
  return process.env.AWS_REGION || 'us-east-1';
}
