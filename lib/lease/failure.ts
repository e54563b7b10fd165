/** What an error of the SDK means, as a `TenureError`: permanent or passing, and what to do about it. */
import { isTenureError, show, TenureError, type TenureErrorCode } from './errors.js';

/** Each kind: how it is recognised, and what to do. The first that fits is taken. */
const KINDS: readonly {
  readonly code: TenureErrorCode;
  readonly fits: (name: string, message: string) => boolean;
  readonly remedy: string;
}[] = [
  {
    code: 'TableMissing',
    fits: (name) => name === 'ResourceNotFoundException',
    remedy:
      'There is no such table where the client looks. Check `tableName`, the Region and the endpoint; for development, ' +
      'createTable({ client, tableName }) makes it.',
  },
  {
    code: 'WrongKey',
    // A user's index may have a key of its own, which a value does not fit: that is no fault of the table.
    fits: (name, message) =>
      name === 'ValidationException' && /\bkeys?\b/i.test(message) && !/attribute name|index/i.test(message),
    remedy: 'The table has another key: expected pk (HASH, S) and sk (RANGE, S). Choose another `tableName`.',
  },
  {
    code: 'AccessDenied',
    fits: (name) =>
      /^(AccessDenied(Exception)?|UnrecognizedClientException|MissingAuthenticationTokenException)$/.test(name),
    remedy: 'Grant the role what docs/iam.md lists, or check which credentials the process uses.',
  },
  {
    code: 'NoRegion',
    fits: (_name, message) => /^Region is missing/.test(message),
    remedy: 'Set AWS_REGION, or give a `client` that has a Region.',
  },
  {
    code: 'NoCredentials',
    fits: (name, message) => name === 'CredentialsProviderError' && /from any providers/.test(message),
    remedy: 'Give the process a role, set the AWS_ variables or a profile, or give a `client` that has credentials.',
  },
  {
    code: 'RequestInvalid',
    fits: (name) => name === 'ValidationException' || name === 'SerializationException',
    remedy: 'DynamoDB finds the request itself invalid: nothing was written.',
  },
];

const PASSING = 'Its outcome is unknown; it is tried again.';

/**
 * @param what the request, for the message: "The request to table "x" for election "y""
 * @param cause what the SDK threw
 */
export function failureOf(what: string, cause: unknown): TenureError {
  if (isTenureError(cause)) return cause;
  const name = cause instanceof Error ? cause.name : typeof cause;
  const message = cause instanceof Error ? cause.message : show(cause);
  const kind = KINDS.find(({ fits }) => fits(name, message));
  return new TenureError(
    kind?.code ?? 'RequestFailed',
    `${what} failed with ${name}: ${message}${/[.!]$/.test(message) ? '' : '.'} ${kind?.remedy ?? PASSING}`,
    { cause, details: { name } },
  );
}
