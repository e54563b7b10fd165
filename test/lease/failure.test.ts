/** What an error of the SDK means: what a caller does next depends on the code, and on whether it can pass. */
import { expect, test } from 'vitest';
import { TenureError } from '../../lib/lease/errors.js';
import { failureOf } from '../../lib/lease/failure.js';

const failed = (name: string, message: string) => failureOf('The request', Object.assign(new Error(message), { name }));

test.each([
  ['ResourceNotFoundException', 'Requested resource not found', 'TableMissing', true],
  ['ValidationException', 'The provided key element does not match the schema', 'WrongKey', true],
  ['ValidationException', 'One of the required keys was not given a value', 'WrongKey', true],
  // A value is to blame, not the table: the heartbeats go on without it.
  [
    'ValidationException',
    'Type mismatch for Index Key by Expected: S Actual: N IndexName: by',
    'RequestInvalid',
    false,
  ],
  ['ValidationException', 'Item size has exceeded the maximum allowed size', 'RequestInvalid', false],
  ['SerializationException', 'NUMBER_VALUE cannot be converted to String', 'RequestInvalid', false],
  ['AccessDeniedException', 'is not authorized to perform: dynamodb:UpdateItem', 'AccessDenied', true],
  ['AccessDenied', 'no', 'AccessDenied', true],
  ['UnrecognizedClientException', 'The security token included in the request is invalid.', 'AccessDenied', true],
  ['Error', 'Region is missing', 'NoRegion', true],
  ['CredentialsProviderError', 'Could not load credentials from any providers', 'NoCredentials', true],
  // A provider that fails now may answer later.
  ['CredentialsProviderError', 'connect ETIMEDOUT 169.254.169.254:80', 'RequestFailed', false],
  ['ProvisionedThroughputExceededException', 'Slow down', 'RequestFailed', false],
  ['InternalServerError', 'Internal', 'RequestFailed', false],
  ['TimeoutError', 'socket hang up', 'RequestFailed', false],
])('%s: %s', (name, message, code, permanent) => {
  expect(failed(name, message)).toMatchObject({ code, permanent, details: { name }, cause: { message } });
});

test('it says what failed, with which words, and what to do, in whole sentences', () => {
  expect(failed('ResourceNotFoundException', 'Requested resource not found').message).toMatch(
    /^The request failed with ResourceNotFoundException: Requested resource not found\. There is no such table/,
  );
  expect(failed('Error', 'It is over!').message).toBe(
    'The request failed with Error: It is over! Its outcome is unknown; it is tried again.',
  );
});

test('what is thrown without being an error is shown; what has been judged before is not judged again', () => {
  expect(failureOf('The request', 'gone').message).toBe(
    'The request failed with string: "gone". Its outcome is unknown; it is tried again.',
  );
  const known = new TenureError('RecordTooLarge', 'too large');
  expect(failureOf('The request', known)).toBe(known);
});
