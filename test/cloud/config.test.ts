/** The settings of the app: where they come from, and what is said of those that will not do. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../../bin/config.js';

const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  context: { tenure: object };
};

test('cdk.json as it stands is good, and says the defaults', () => {
  expect(readConfig(cdkJson.context)).toMatchObject({ ...readConfig({}), leaseMs: 10_000, notices: 'on' });
  expect(readConfig({})).toEqual({
    stackName: 'Tenure-demo',
    election: 'demo',
    candidates: 3,
    mode: 'always',
    timeoutSeconds: 900,
    proofOfDeath: true,
    monitoring: true,
    removal: 'retain',
  });
});

test('the command line replaces what the file says; numbers, booleans and objects are read from its text', () => {
  const context = {
    tenure: { election: 'billing', leaseMs: 5_000, region: 'eu-west-1' },
    'aws:cdk:enable-path-metadata': true,
    '@aws-cdk/core:newStyleStackSynthesis': true,
    leaseMs: '8000',
    election: '42',
    proofOfDeath: 'false',
    drift: '0.02',
    multiRegion: '{"replicas":["eu-west-2"],"witness":"eu-west-3"}',
  };
  expect(readConfig(context)).toMatchObject({
    leaseMs: 8_000,
    election: '42',
    proofOfDeath: false,
    drift: 0.02,
    region: 'eu-west-1',
    multiRegion: { replicas: ['eu-west-2'], witness: 'eu-west-3' },
  });
});

test('every setting that will not do is named, unknown ones with those that are known', () => {
  const wrong = {
    tenure: { leaseMS: 5_000, candidates: 99, mode: 'sometimes', timeoutSeconds: '900s' },
    removal: 'keep',
    multiRegion: '{"replicas":["mars-1"]}',
    alarmEmail: 'nobody',
  };
  let message = '';
  try {
    readConfig(wrong);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain('Settings of Tenure (`tenure` in cdk.json, or -c name=value) that will not do:');
  for (const line of [
    '- candidates: Too big',
    '- mode: Invalid option: expected one of "always"|"duty"',
    '- timeoutSeconds: Invalid input: expected number, received string',
    '- removal: Invalid option: expected one of "retain"|"destroy"',
    '- multiRegion.replicas.0: must be a Region, e.g. "us-east-1"',
    '- alarmEmail: Invalid email address',
    '- unknown: leaseMS. Known are: stackName, election,',
  ]) {
    expect(message).toContain(line);
  }
});

test('a typing error on the command line is not ignored', () => {
  expect(() => readConfig({ tenure: {}, leaseMS: '5000' })).toThrow('unknown: leaseMS. Known are');
});

test('an address for alarms that are switched off is refused', () => {
  expect(() => readConfig({ monitoring: 'false', alarmEmail: 'somebody@example.com' })).toThrow(
    '- alarmEmail: there are no alarms to mail with `monitoring` switched off',
  );
});

test('settings that are not an object are refused', () => {
  expect(() => readConfig({ tenure: 'demo' })).toThrow('must be an object, but are "demo"');
});
