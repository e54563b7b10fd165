/** The clients before a function URL: what they sign is what the AWS SDK signs, and without a signer they say so. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { packageRoot } from '../../lib/local/package-root.js';
import { test } from '../support/scene.js';
import { until } from '../support/until.js';
import { file, folder, run, says } from './client-processes.js';
import { agentHost } from './hosts.js';
import { CREDENTIALS, CREDENTIALS_ENV, expectedAuthorization, REGION, signedGate } from './signatures.js';

/** A Python that has botocore: the machine's, or the one that the end-to-end run has made. */
const PYTHON = ['python3', join(packageRoot(), '.engines', 'ministack', 'bin', 'python')].find((python) => {
  if (python.includes('/') && !existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import botocore'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const NO_BOTOCORE = 'no Python here has botocore: the end-to-end run, which installs one, signs with it';

/** Before 7.75 it could not sign. */
const CURL = (() => {
  try {
    const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' })) ?? [];
    return Number(major) > 7 || Number(minor) >= 75;
  } catch {
    return false;
  }
})();

/** Has `tenure.py` imported by a few lines, and returns what they print. */
function python(program: string, lines: string[], env: Record<string, string>, ...flags: string[]): string {
  const code = [`import sys; sys.path.insert(0, ${JSON.stringify(file(''))})`, 'import json, tenure', ...lines].join(
    '\n',
  );
  const all = { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', ...env };
  return execFileSync(program, [...flags, '-c', code], {
    encoding: 'utf8',
    env: all,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a few lines of Python were refused with. */
function refusalOf(...given: Parameters<typeof python>): string {
  try {
    return `none: ${python(...given)}`;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

describe('aws_signer() of tenure.py', () => {
  const HOST = `abcdefghijklmnopqrstuvwxyz012345.lambda-url.${REGION}.on.aws`;

  const cases = [
    ['the URL of a function, whose Region is in it', `https://${HOST}/elections/billing/acquire`, 'us-west-1'],
    ['a URL with a port, in the Region of the environment', 'http://127.0.0.1:7654/elections/a.b_c-1/resign', REGION],
    ['a query', `https://${HOST}/elections/billing/observe?waitMs=5&after=1.2`, REGION],
  ] as const;
  test.for(cases)('signs as the SDK does: %s', async ([, url, region], { skip }) => {
    if (PYTHON === undefined) return skip(NO_BOTOCORE);
    const body = '{"id": "ä", "term": 1}';
    const lines = [
      `url, body = ${JSON.stringify(url)}, ${JSON.stringify(body)}.encode()`,
      'headers = tenure.aws_signer()("POST", url, {"content-type": "application/json"}, body)',
      'print(json.dumps(headers))',
    ];
    const headers = JSON.parse(python(PYTHON, lines, { ...CREDENTIALS_ENV, AWS_REGION: region }));
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'X-Amz-Security-Token': CREDENTIALS.sessionToken,
    });
    expect(headers.Authorization).toContain(`/${REGION}/lambda/aws4_request`);
    expect(headers.Authorization).toBe(await expectedAuthorization({ method: 'POST', url, headers, body }));
  });

  test('without botocore it says what to install, and what else would do', () => {
    const refusal = refusalOf('python3', ['tenure.aws_signer()'], {}, '-I', '-S');
    expect(refusal).toMatch(
      /RuntimeError: aws_signer\(\) signs with botocore.*pip install botocore.*`sign` of your own/,
    );
  });

  test('without credentials, or a Region, it says so', ({ skip }) => {
    if (PYTHON === undefined) return skip(NO_BOTOCORE);
    const lines = (url: string) => [`tenure.aws_signer()("POST", "${url}", {}, b"")`];
    const { AWS_REGION: _, ...noRegion } = CREDENTIALS_ENV;
    expect(refusalOf(PYTHON, lines('http://127.0.0.1/'), noRegion)).toMatch(
      /cannot tell the Region of http:\/\/127.0.0.1\//,
    );
    const nothing = { ...CREDENTIALS_ENV, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: '/nonexistent' };
    expect(refusalOf(PYTHON, lines('http://127.0.0.1/'), nothing)).toMatch(/found no AWS credentials/);
  });
});

describe('before a gate that lets through what is signed', () => {
  test('worker.py leads with SIGN=aws; unsigned it is refused', async ({ scene, skip }) => {
    if (PYTHON === undefined) return skip(NO_BOTOCORE);
    const { url, passed, refused } = await signedGate(scene, (await agentHost(scene)).url);
    const args = [file('worker.py'), url, scene.name, 'a', join(folder(scene), 'ledger.sqlite')];
    const unsigned = run(scene, PYTHON, args, CREDENTIALS_ENV);
    expect(await unsigned.ended).toBe(1);
    expect(unsigned.output()).toContain('Problem: Forbidden');
    expect(refused).toEqual(['acquire unsigned']);
    const signed = run(scene, PYTHON, args, { ...CREDENTIALS_ENV, SIGN: 'aws' });
    await says(signed, 'charged in term 1');
    signed.child.kill('SIGTERM');
    expect(await signed.ended).toBe(0);
    expect(signed.output()).toContain('term 1 is over: resigned');
    expect(new Set(passed.map((one) => one.split(' ')[0]))).toEqual(new Set(['acquire', 'heartbeat', 'resign']));
    expect(refused).toHaveLength(1);
  });

  test('lease.sh leads with the options of curl in a file', async ({ scene, skip }) => {
    if (!CURL) return skip('curl 7.75 or later is needed');
    const { url, passed, refused } = await signedGate(scene, (await agentHost(scene)).url);
    const config = join(folder(scene), 'sign.curl');
    const { accessKeyId, secretAccessKey, sessionToken } = CREDENTIALS;
    const options = [
      `aws-sigv4 = "aws:amz:${REGION}:lambda"`,
      `user = "${accessKeyId}:${secretAccessKey}"`,
      `header = "x-amz-security-token: ${sessionToken}"`,
    ];
    writeFileSync(config, `${options.join('\n')}\n`, { mode: 0o600 });
    const env = { CURL_OPTIONS: `--config ${config}` };
    const one = run(
      scene,
      file('lease.sh'),
      [url, scene.name, 'a', 'sh', '-c', 'echo "in $TENURE_TERM"; sleep 2'],
      env,
    );
    await until(
      'a heartbeat of the running command',
      () => passed.filter((each) => each.startsWith('heartbeat')).length > 1,
    );
    expect(await one.ended).toBe(0);
    expect(one.output()).toContain('in 1');
    expect((await scene.item())?.reason).toEqual({ S: 'resigned' });
    expect(refused).toEqual([]);
  });
});
