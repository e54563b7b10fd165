/** How programs reach an engine: in this process, and in child processes that know nothing of engines. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { engineClient, engineEnv } from '../../lib/local/engine.js';
import { packageRoot } from '../../lib/local/package-root.js';
import { eachOnItsOwn, PATIENT_MS, start } from './helpers.js';

eachOnItsOwn();

describe('clients and child processes', () => {
  const credentialsOf = (endpoint: string) => engineClient(endpoint).config.credentials();

  test('need no credentials and no Region', async () => {
    const client = engineClient('http://127.0.0.1:8000');
    expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'local', secretAccessKey: 'local' });
    expect(await client.config.region()).toBe('us-east-1');
  });

  test('get the real credentials for the endpoint of the environment, and for no other', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', 'https://dynamodb.eu-west-1.amazonaws.com');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAREAL');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const real = { accessKeyId: 'AKIAREAL', secretAccessKey: 'secret', sessionToken: 'token' };
    expect(await credentialsOf('https://dynamodb.eu-west-1.amazonaws.com')).toMatchObject(real);
    expect(await credentialsOf('http://127.0.0.1:8000')).toMatchObject({ accessKeyId: 'local' });
    expect(engineEnv('https://dynamodb.eu-west-1.amazonaws.com')).toMatchObject({
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAREAL',
      AWS_SESSION_TOKEN: 'token',
    });
    expect(engineEnv('http://127.0.0.1:8000')).toMatchObject({ AWS_ACCESS_KEY_ID: 'local', AWS_SESSION_TOKEN: '' });
  });

  test('overrides win', async () => {
    await expect(engineClient('http://127.0.0.1:8000', { maxAttempts: 7 }).config.maxAttempts()).resolves.toBe(7);
  });

  test('a child process reaches the engine with a plain client, and prints no notice', {
    timeout: PATIENT_MS,
  }, async () => {
    const { endpoint } = await start({ engine: 'dynoxide' });
    const source = `
      import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
      const { TableNames } = await new DynamoDBClient({}).send(new ListTablesCommand({}));
      console.log(JSON.stringify(TableNames));
      process.emitWarning('something else');`;
    // A profile in the user's environment must not come before the engine's credentials.
    const env = { ...process.env, AWS_PROFILE: 'of-another-world', ...engineEnv(endpoint) };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
      cwd: packageRoot(),
      env,
    });
    expect(stdout).toBe('[]\n');
    expect(stderr).not.toContain('NodeVersionSupportWarning');
    expect(stderr).toContain('something else');
  });
});
