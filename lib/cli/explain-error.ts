/** Errors for people: what happened, where, and what to do about it, without a stack. */
import { isTenureError } from '../lease/errors.js';
import { EXIT, Failure } from './failure.js';

export interface Explanation {
  readonly message: string;
  readonly exitCode: number;
  /** Trying again without changing anything would end in the same way. */
  readonly permanent: boolean;
}

/** What was asked of which table, for messages. */
export interface Where {
  readonly tableName: string;
  /** The Region, the endpoint: as far as they are known. */
  readonly place: string;
}

interface Known {
  readonly is: (error: NodeJS.ErrnoException) => boolean;
  readonly says: (error: NodeJS.ErrnoException, where: Where) => string;
  readonly permanent: boolean;
}

const named = (...names: string[]) => {
  return ({ name, code }: NodeJS.ErrnoException) => names.includes(name) || names.includes(code ?? '');
};

const KNOWN: readonly Known[] = [
  {
    is: named('ResourceNotFoundException'),
    says: (_, { tableName, place }) =>
      `There is no table "${tableName}" ${place}. Make it with: tenure table create --table ${tableName}\n` +
      'Or name another one: --table or TENURE_TABLE, and --region or --endpoint for where it is.',
    permanent: true,
  },
  {
    is: named('CredentialsProviderError', 'TokenProviderError'),
    says: ({ message }) =>
      `No AWS credentials were found (${message}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
      'or sign in: aws sso login',
    permanent: true,
  },
  {
    is: named(
      'UnrecognizedClientException',
      'InvalidSignatureException',
      'ExpiredTokenException',
      'ExpiredToken',
      'IncompleteSignature',
      'MissingAuthenticationToken',
    ),
    says: ({ name, message }) =>
      `The AWS credentials were refused (${name}: ${message}). Sign in again, or check AWS_PROFILE and the keys.`,
    permanent: true,
  },
  {
    is: ({ message }) => /region is missing/i.test(message),
    says: () => 'No AWS Region is set. Say --region eu-west-1, or set AWS_REGION.',
    permanent: true,
  },
  {
    is: named('AccessDeniedException', 'AccessDenied'),
    says: ({ message }) => `Access was denied: ${message}\nWhich right each command needs is in docs/cli.md.`,
    permanent: true,
  },
  {
    is: named('ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPROTO', 'ECONNRESET'),
    says: ({ message, code }, { place }) =>
      `DynamoDB ${place} cannot be reached (${message || code}). Check --endpoint, AWS_ENDPOINT_URL_DYNAMODB and --region.`,
    permanent: false,
  },
  {
    is: named('TimeoutError', 'AbortError', 'ETIMEDOUT'),
    says: ({ message }, { place }) =>
      `DynamoDB ${place} did not answer in time (${message}). Check the network and --endpoint.`,
    permanent: false,
  },
];

/** Explains the error that ended a command. */
export function explainError(error: unknown, where: Where): Explanation {
  if (error instanceof Failure) return { message: error.message, exitCode: error.exitCode, permanent: true };
  for (const cause of chain(error)) {
    const known = KNOWN.find(({ is }) => is(cause));
    if (known === undefined) continue;
    return { message: known.says(cause, where), exitCode: EXIT.failed, permanent: known.permanent };
  }
  if (isTenureError(error)) {
    const isMistake = error.code === 'BadOption' || error.code === 'RecordTooLarge';
    const cause = error.code === 'RequestFailed' && error.cause instanceof Error ? error.cause : undefined;
    const message = cause === undefined ? error.message : `DynamoDB ${where.place}: ${cause.name}: ${cause.message}`;
    return { message, exitCode: isMistake ? EXIT.usage : EXIT.failed, permanent: error.code !== 'RequestFailed' };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { message, exitCode: EXIT.failed, permanent: false };
}

function* chain(error: unknown): Generator<NodeJS.ErrnoException> {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) yield at;
}
