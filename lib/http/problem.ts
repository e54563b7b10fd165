/** How the API says no: problem details (RFC 9457), with a code to branch on and what is known of the office. */
import { isTenureError, show, type TenureErrorCode } from '../lease/errors.js';

/** What the API alone says; all other codes are those of a `TenureError`. */
const API_CODES = [
  'Held', // the office is not free for this candidate
  'AttemptUsed', // the attempt has had its term: a new acquisition takes a new one
  'BeatTaken', // the term goes on, but a write with this beat or a higher one has landed: the lease is not extended
  'NotLeading', // the answer of the health check where no leader is
  'NoCandidate', // the agent has no candidate in this election
  'NotFound',
  'MethodNotAllowed',
  'NotAcceptable',
  'NotJson',
  'BodyTooLarge',
  'Unauthorised',
  'WrongHost',
  'ForeignOrigin',
  'Internal',
] as const;

const TENURE_STATUS: Record<TenureErrorCode, number> = {
  BadOption: 400,
  RecordTooLarge: 400,
  LeadershipLost: 409,
  FenceBlocked: 409,
  Busy: 409,
  FenceUnsupported: 501,
  RequestFailed: 503,
  RefusedUnchanged: 503,
  RequestInvalid: 500,
  WrongKey: 500,
  AccessDenied: 500,
  NoRegion: 500,
  NoCredentials: 500,
  Closed: 503,
  MalformedRecord: 500,
  NewerFormat: 500,
  RecordVanished: 500,
  TermFell: 500,
  TableMissing: 500,
  WorkFailed: 500,
  WorkOverran: 500,
  NoticeFailed: 500,
  HealthCheckFailed: 500,
  ListenerFailed: 500,
};

/** Every code that a problem can carry. */
export const PROBLEM_CODES = [...API_CODES, ...(Object.keys(TENURE_STATUS) as TenureErrorCode[])] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Further fields: the office as it was seen, how long to wait, why a term ended. */
export type Extensions = Readonly<Record<string, unknown>>;

/** A refusal on its way to the client. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    /** What was expected, what came, what to do. */
    readonly detail: string,
    readonly extensions: Extensions = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** Any failure as a problem; a failure that was not foreseen shows no details. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isTenureError(error)) {
    const status = TENURE_STATUS[error.code];
    const headers: Record<string, string> = status === 503 ? { 'retry-after': '1' } : {};
    return new Problem(status, error.code, error.message, {}, headers);
  }
  return new Problem(500, 'Internal', 'The request failed for a reason that its log tells. Report it with that.');
}

/** The answer that carries a problem. */
export function problemResponse({ status, code, detail, extensions, headers }: Problem): Response {
  const body = { type: `urn:tenure:problem:${code}`, title: titleOf(code), status, detail, code, ...extensions };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}

/** `LeadershipLost` as `Leadership lost`. */
const titleOf = (code: ProblemCode): string => code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The problem of a value that is not what it must be. */
export const unfit = (what: string, expected: string, found: unknown): Problem =>
  new Problem(400, 'BadOption', `${what} must be ${expected}, but is ${show(found)}.`);
