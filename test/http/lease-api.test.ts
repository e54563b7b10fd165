/** The construct of the lease API: a function behind a URL that IAM guards, what it may do, and what is refused. */
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { LeaseTable } from '../../lib/cloud/index.js';
import { LeaseApi, type LeaseApiProps } from '../../lib/cloud/lease-api.js';
import { makeStack, Synthesised, withNag } from '../cloud/template.js';

function made(props: Partial<LeaseApiProps> = {}) {
  const stack = makeStack({ region: 'eu-west-1' });
  const table = new LeaseTable(stack, 'Leases');
  const api = new LeaseApi(stack, 'Api', { table, elections: ['billing', 'reports'], ...props });
  return { stack, api };
}

const only = (election: string) => `if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["election#${election}"]}}`;
const LOGS = 'logs:CreateLogStream, logs:PutLogEvents on Api/LeaseApi/Logs.Arn';

test('it may read and update the elections it serves, write its log, and nothing else', () => {
  const { stack, api } = made();
  const worker = new Role(stack, 'Worker', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  api.grantInvoke(worker);
  const template = new Synthesised(stack);
  expect(template.permissions()).toEqual({
    'Api/LeaseApi/Role': [
      LOGS,
      `dynamodb:GetItem, dynamodb:UpdateItem on Leases/Table.Arn ${only('billing')}`,
      `dynamodb:GetItem, dynamodb:UpdateItem on Leases/Table.Arn ${only('reports')}`,
    ],
    Worker: [
      'lambda:InvokeFunctionUrl on Api/LeaseApi/Function.Arn if {"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}',
      'lambda:InvokeFunction on Api/LeaseApi/Function.Arn if {"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}',
    ],
  });
});

test('the URL is guarded by IAM, and nobody is let in by a policy of the function', () => {
  const template = new Synthesised(made().stack);
  expect(template.only('AWS::Lambda::Url')).toMatchObject({ AuthType: 'AWS_IAM', InvokeMode: 'BUFFERED' });
  expect(template.of('AWS::Lambda::Permission')).toEqual({});
});

test('the function gets its table, its drift and its elections, and outlives the longest wait', () => {
  const template = new Synthesised(made({ drift: 0.02, reservedConcurrentExecutions: 20 }).stack);
  expect(template.environment('Api/LeaseApi/Function')).toEqual({
    NODE_OPTIONS: '--enable-source-maps',
    TENURE_TABLE: 'Leases/Table',
    TENURE_DRIFT: '0.02',
    TENURE_ELECTIONS: 'billing,reports',
  });
  expect(template.resources['Api/LeaseApi/Function']!.Properties).toMatchObject({
    Timeout: 45,
    MemorySize: 256,
    ReservedConcurrentExecutions: 20,
    Runtime: 'nodejs24.x',
  });
});

test('cdk-nag finds nothing, with a key of its own or without', () => {
  expect(() => new Synthesised(withNag(made().stack))).not.toThrow();
  const stack = makeStack({ region: 'eu-west-1' });
  const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
  const table = new LeaseTable(stack, 'Leases');
  new LeaseApi(stack, 'Api', { table, elections: ['billing'], encryptionKey });
  const template = new Synthesised(withNag(stack));
  expect(template.text(template.only('AWS::Logs::LogGroup').KmsKeyId)).toBe('Key.Arn');
});

test.each<[string, Partial<LeaseApiProps>, RegExp]>([
  ['no elections', { elections: [] }, /`elections` must be the names of one or more elections, but is \[\]/],
  ['a wildcard', { elections: ['*'] }, /the name of an election must be 1 to 64 letters.*but is "\*"/],
  ['a comma', { elections: ['a,b'] }, /the name of an election must be .*but is "a,b"/],
  ['one twice', { elections: ['a', 'a'] }, /`elections` must name each once, but has "a" twice/],
  ['an absurd drift', { drift: 2 }, /`drift` must be a number from 0.0001 to 0.25.*but is 2/],
  [
    'no room at all',
    { reservedConcurrentExecutions: 0 },
    /`reservedConcurrentExecutions` must be a whole number from 1/,
  ],
])('%s is refused at synthesis, with the place', (_, props, message) => {
  expect(() => made(props)).toThrow(message);
  expect(() => made(props)).toThrow(/Tenure, at Stack\/Api:/);
});
